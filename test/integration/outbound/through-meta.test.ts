import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject } from '../../../src/shared/json.js';
import { png } from '../../support/media-host.js';
import { startParlance, type TestParlance } from '../../support/parlance.js';
import { WHATSAPP_YAML } from '../../support/project.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';
import { createSimulator, type Simulator, saidIn } from '../../support/simulator.js';

const FLOW = `spec: 1
flow: welcome
handlers:
  status: [{ say: "could not say {{ input.data.step }}: {{ input.data.codes[0] ?? input.data.reason }}" }]
steps:
  - lookup: "{{ input.text }}"
    cases:
      offer: [{ id: offer, say: { template: { name: offer_june, language: en } } }]
      pickup: [{ id: pickup, say: { template: { name: come_back, language: en } } }]
      menu: [{ id: menu, say: { image: { file: menu.png } } }]
      news:
        - id: first
          say: { text: The first, outsideWindow: { template: { name: come_back, language: en } } }
        - id: second
          say: { text: The second, outsideWindow: { template: { name: come_back, language: en } } }
      shirts:
        - id: shirts
          say:
            template:
              name: shirts
              language: en
              offerEnds: "{{ date.add(date.now(), 1, 'day') }}"
              buttons: [{ code: SAVE20 }]
      gallery:
        - id: gallery
          say:
            template:
              name: gallery
              language: en
              cards:
                - { header: { image: { file: menu.png } }, body: [Red], buttons: [{ payload: take-red, goTo: took }] }
                - { header: { image: { file: menu.png } }, body: [Blue], buttons: [{ payload: take-blue, goTo: took }] }
        - wait: true
      person: [{ handover: { message: A person is coming } }, { say: I am back }]
    otherwise: [{ say: "you said {{ input.text }}" }]
  - stop: true
  - id: took
    say: "you took {{ input.text }}"
`;

/** From the webhook to Meta and back: what becomes of messages that Meta refuses after it took them, or would refuse. */
let redis: TestRedis;
let simulator: Simulator;
let bot: TestParlance;
beforeAll(async () => {
  redis = await startTestRedis({ aof: 'everysec' });
  simulator = await createSimulator();
  addTemplates();
  bot = await startParlance({
    redisUrl: redis.url,
    role: 'all',
    files: {
      'config/endpoints/whatsapp.yaml': `${WHATSAPP_YAML}messageDelayMs: 0\n`,
      'config/flows/welcome.yaml': FLOW,
      'config/flows/media/menu.png': png(3_000),
    },
    env: { GRAPH_API_URL: simulator.url },
  });
  simulator.setWebhookUrl(`${bot.url}/webhook/a-url-nobody-guesses`);
});
afterAll(async () => {
  await bot?.stop();
  await simulator?.stop();
  await redis?.stop();
});
afterEach(async () => {
  await simulator.webhooksSettled();
  simulator.reset();
  addTemplates();
});

function addTemplates(): void {
  const components = [{ type: 'BODY', text: 'Hello again' }];
  simulator.addTemplate({ name: 'come_back', language: 'en', category: 'UTILITY', components });
  const card = {
    components: [
      { type: 'HEADER', format: 'IMAGE' },
      { type: 'BODY', text: 'Only {{1}}', example: { body_text: [['Red']] } },
      { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'Take it' }] },
    ],
  };
  const cards = { type: 'CAROUSEL', cards: [card, card] };
  const offer = { type: 'LIMITED_TIME_OFFER', limited_time_offer: { text: 'Summer', has_expiration: true } };
  const copy = { type: 'BUTTONS', buttons: [{ type: 'COPY_CODE', example: 'SAVE20' }] };
  const more = { language: 'en', category: 'UTILITY' };
  simulator.addTemplate({ ...more, name: 'gallery', components: [...components, cards] });
  simulator.addTemplate({ ...more, name: 'shirts', components: [...components, offer, copy] });
  simulator.addTemplate({ name: 'offer_june', language: 'en', category: 'MARKETING', components });
}

/** The bot's next messages, as text, else as Meta's type with the name of a template, each with what becomes of it. */
async function hears(contact: string, count: number): Promise<string[]> {
  const said: string[] = [];
  for (let n = 0; n < count; n++) {
    const shown = await simulator.nextBotMessage(contact, { timeoutMs: 15_000 });
    const { template, type } = shown.message;
    said.push(saidIn(shown) || `${String(type)}${isJsonObject(template) ? ` ${String(template.name)}` : ''}`);
  }
  return said;
}

describe('a contact that wants no marketing', () => {
  const calls = () =>
    simulator
      .wireLog()
      .filter(({ url, ...entry }) => url.endsWith('/messages') && JSON.stringify(entry).includes('offer_june')).length;

  it('gets none, and Meta is not asked, until it wants it again; what is no marketing goes on', async () => {
    simulator.send('kofi', 'offer');
    expect(await hears('kofi', 1)).toEqual(['template offer_june']);
    expect(calls()).toBe(1);
    simulator.tell.preference('kofi', 'stop', {});
    await simulator.webhooksSettled();
    simulator.send('kofi', 'offer');
    expect(await hears('kofi', 1)).toEqual(['could not say offer: marketing_opt_out']);
    simulator.send('kofi', 'pickup');
    expect(await hears('kofi', 1)).toEqual(['template come_back']);
    expect(calls()).toBe(1);
    simulator.tell.preference('kofi', 'resume', {});
    await simulator.webhooksSettled();
    simulator.send('kofi', 'offer');
    expect(await hears('kofi', 1)).toEqual(['template offer_june']);
  });
});

describe('a template with cards, or with an offer', () => {
  it('is one the account has: each card shows its own file, and a tap on it leads where the flow says', async () => {
    simulator.send('kofi', 'gallery');
    const shown = await simulator.nextBotMessage('kofi', { timeoutMs: 15_000 });
    expect(shown.template?.cards).toMatchObject([
      { body: 'Only Red', header: { type: 'image', image: { id: expect.any(String) } } },
      { body: 'Only Blue' },
    ]);
    const { buttons } = Object(shown.template?.cards)[1];
    simulator.send('kofi', { type: 'tap', messageId: shown.wamid, id: buttons[0].payload });
    expect(await hears('kofi', 1)).toEqual(['you took take-blue']);
  });

  it('tells when the offer ends', async () => {
    simulator.send('zoe', 'shirts');
    const shown = await simulator.nextBotMessage('zoe', { timeoutMs: 15_000 });
    expect(shown.template).toMatchObject({ offer: { text: 'Summer', untilMs: expect.any(Number) } });
  });
});

describe('a conversation that another app takes', () => {
  it('is silent until it is given back: the flow goes on, and answers again', async () => {
    simulator.send('samira', 'person');
    expect(await hears('samira', 1)).toEqual(['A person is coming']);
    const tell = (id: 'handover-taken' | 'standby' | 'handover-passed') =>
      simulator.tell.sample(id, { contactId: 'samira' }).delivery;
    await tell('handover-taken');
    await tell('standby');
    await tell('handover-passed');
    expect(await hears('samira', 1)).toEqual(['I am back']);
    simulator.send('samira', 'hi');
    expect(await hears('samira', 1)).toEqual(['you said hi']);
  });
});

describe('a file that Meta has forgotten, as it says when it took the message', () => {
  const media = (contact: string) =>
    simulator.botMessages(contact).map(({ message, status }) => {
      return [isJsonObject(message.image) ? message.image.id : saidIn({ message }), status === 'failed'];
    });

  it('is uploaded again, and the message comes once more', async () => {
    simulator.send('zoe', 'menu');
    await hears('zoe', 1);
    simulator.injectError({ code: 131_053, via: 'status', contactId: 'zoe' });
    simulator.send('zoe', 'menu');
    await hears('zoe', 2);
    await expect.poll(() => media('zoe').map(([, failed]) => failed)).toEqual([false, true, false]);
    const [first, second, third] = media('zoe').map(([id]) => id);
    expect([second === first, third === first]).toEqual([true, false]);
  });

  it('is the file’s own fault when it was just uploaded again: the flow hears of it', async () => {
    simulator.send('zoe', 'menu');
    await hears('zoe', 1);
    simulator.addRule({
      via: 'status',
      effect: { code: 131_053 },
      match: { contactId: 'zoe', type: 'image' },
      times: 2,
    });
    simulator.send('zoe', 'menu');
    expect(await hears('zoe', 3)).toEqual(['image', 'image', 'could not say menu: 131053']);
  });
});

// Last: it puts Meta's clock forward for good.
describe('a window that only Meta knows to be closed', () => {
  it('puts the template in the place of the message, and of those behind it', async () => {
    simulator.send('rita', 'news');
    simulator.advanceClock(25 * 3_600_000);
    const said = await hears('rita', 3);
    expect(said[0]).toBe('The first');
    await expect
      .poll(() => simulator.botMessages('rita').filter(({ message }) => message.type === 'template').length)
      .toBe(2);
    const delivered = simulator.botMessages('rita').filter(({ status }) => status !== 'failed');
    expect(delivered.map(({ message }) => message.type)).toEqual(['template', 'template']);
    simulator.send('rita', 'hi');
    await expect.poll(() => simulator.botMessages('rita').map(saidIn).at(-1)).toBe('you said hi');
    expect(simulator.botMessages('rita').map(saidIn).join()).not.toContain('could not say');
  });
});

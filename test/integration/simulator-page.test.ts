import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Simulator } from '../../src/simulator/control.js';
import { createSimulator } from '../../src/simulator/simulator.js';
import { launchChromium } from '../support/chromium.js';
import type { FakeBot } from '../support/fake-bot.js';
import { startFakeBot } from '../support/fake-bot.js';

const PN = '700000000000001';
const TOKEN = 'token-of-a-test';
const SECRETS = { appSecret: 'app-secret-of-a-test', verifyToken: 'verify-token-of-a-test' };

/** A picture from elsewhere. */
const BREAD =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 30"><rect width="40" height="30" fill="#e8c48b"/><ellipse cx="20" cy="17" rx="13" ry="8" fill="#a9713a"/></svg>';
const PICTURE = 'https://x.example/bread.png';

/** What the bot says to a text or to the id of a tap. */
const ANSWERS: { [said: string]: object } = {
  hello: {
    type: 'interactive',
    interactive: {
      type: 'button',
      body: { text: 'Welcome to *Casa Verde*' },
      action: { buttons: [{ type: 'reply', reply: { id: 'menu', title: 'See the menu' } }] },
    },
  },
  menu: {
    type: 'interactive',
    interactive: {
      type: 'list',
      body: { text: 'Choose a dish' },
      action: {
        button: 'Dishes',
        sections: [
          { title: 'Soups', rows: [{ id: 'caldo', title: 'Caldo verde', description: 'the classic' }] },
          { title: 'Mains', rows: [{ id: 'risotto', title: 'Risotto' }] },
        ],
      },
    },
  },
  caldo: { type: 'text', text: { body: 'Caldo verde it is.' } },
  gallery: {
    type: 'interactive',
    interactive: {
      type: 'carousel',
      body: { text: 'Our bread' },
      action: {
        cards: ['Rye', 'Spelt', 'Oat'].map((title, card_index) => ({
          card_index,
          type: 'cta_url',
          header: { type: 'image', image: { link: PICTURE } },
          body: { text: `*${title}*\nfresh today` },
          action: { buttons: [{ type: 'quick_reply', quick_reply: { id: `take-${title}`, title: `Take ${title}` } }] },
        })),
      },
    },
  },
  'take-Spelt': {
    type: 'contacts',
    contacts: [{ name: { formatted_name: 'Ana Silva' }, phones: [{ phone: '+351 910 000 009' }] }],
  },
  number: {
    type: 'interactive',
    interactive: {
      type: 'request_contact_info',
      body: { text: 'May we have your number?' },
      action: { name: 'request_contact_info' },
    },
  },
  form: {
    type: 'interactive',
    interactive: {
      type: 'flow',
      body: { text: 'Book a table' },
      action: { name: 'flow', parameters: { flow_message_version: '3', flow_id: '1', flow_cta: 'Book now' } },
    },
  },
  place: {
    type: 'interactive',
    interactive: {
      type: 'location_request_message',
      body: { text: 'Where are you?' },
      action: { name: 'send_location' },
    },
  },
  address: {
    type: 'interactive',
    interactive: {
      type: 'address_message',
      body: { text: 'Where to?' },
      action: { name: 'address_message', parameters: { country: 'IN' } },
    },
  },
  call: {
    type: 'interactive',
    interactive: {
      type: 'voice_call',
      body: { text: 'Call us' },
      action: { name: 'voice_call', parameters: { display_text: 'Call the bakery' } },
    },
  },
  bill: { type: 'document', document: { link: 'https://x.example/bill', filename: 'bill.pdf' } },
  voice: { type: 'audio', audio: { link: 'https://x.example/a.ogg', voice: true } },
  film: { type: 'video', video: { link: 'https://x.example/a.mp4', caption: 'How we bake' } },
  template: {
    type: 'template',
    template: {
      name: 'pickup_ready',
      language: { code: 'en' },
      components: [
        { type: 'header', parameters: [{ type: 'document', document: { link: 'https://x.example/bill.pdf' } }] },
        { type: 'body', parameters: [{ type: 'text', text: 'Rita' }] },
        { type: 'button', sub_type: 'url', index: '1', parameters: [{ type: 'text', text: '17' }] },
      ],
    },
  },
  offer: {
    type: 'template',
    template: {
      name: 'bread_offer',
      language: { code: 'en' },
      components: [
        {
          type: 'limited_time_offer',
          parameters: [{ type: 'limited_time_offer', limited_time_offer: { expiration_time_ms: 1_900_000_000_000 } }],
        },
        {
          type: 'button',
          sub_type: 'copy_code',
          index: 0,
          parameters: [{ type: 'coupon_code', coupon_code: 'RYE20' }],
        },
        {
          type: 'button',
          sub_type: 'flow',
          index: 1,
          parameters: [{ type: 'action', action: { flow_token: 'token-of-a-form' } }],
        },
      ],
    },
  },
  cards: {
    type: 'template',
    template: {
      name: 'bread_cards',
      language: { code: 'en' },
      components: [
        {
          type: 'carousel',
          cards: ['Rye', 'Spelt'].map((title, card_index) => ({
            card_index,
            components: [
              { type: 'header', parameters: [{ type: 'image', image: { link: PICTURE } }] },
              {
                type: 'button',
                sub_type: 'quick_reply',
                index: 0,
                parameters: [{ type: 'payload', payload: `order-${title}` }],
              },
            ],
          })),
        },
      ],
    },
  },
  hack: { type: 'text', text: { body: '<img src=x onerror="document.title=1"> & <b>not bold</b>' } },
};

const PICKUP_READY = {
  name: 'pickup_ready',
  language: 'en',
  category: 'UTILITY',
  components: [
    { type: 'HEADER', format: 'DOCUMENT' },
    { type: 'BODY', text: 'Hello {{1}}, your bread is ready.', example: { body_text: [['Rita']] } },
    { type: 'FOOTER', text: 'Casa Verde' },
    {
      type: 'BUTTONS',
      buttons: [
        { type: 'QUICK_REPLY', text: 'On my way' },
        { type: 'URL', text: 'The bill', url: 'https://x.example/bill/{{1}}', example: ['7'] },
      ],
    },
  ],
};

const BREAD_OFFER = {
  name: 'bread_offer',
  language: 'en',
  category: 'MARKETING',
  components: [
    { type: 'LIMITED_TIME_OFFER', limited_time_offer: { text: 'This week only', has_expiration: true } },
    { type: 'BODY', text: 'Rye bread at half price.' },
    {
      type: 'BUTTONS',
      buttons: [
        { type: 'COPY_CODE', example: 'RYE20' },
        { type: 'FLOW', text: 'Order here', flow_id: '1' },
        { type: 'PHONE_NUMBER', text: 'Ring us', phone_number: '+351210000001' },
      ],
    },
    { type: 'CALL_PERMISSION_REQUEST' },
  ],
};

const BREAD_CARDS = {
  name: 'bread_cards',
  language: 'en',
  category: 'MARKETING',
  components: [
    { type: 'BODY', text: 'Two breads of today:' },
    {
      type: 'CAROUSEL',
      cards: ['dark', 'light'].map((text) => ({
        components: [
          { type: 'HEADER', format: 'IMAGE' },
          { type: 'BODY', text: `A ${text} one` },
          { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: `The ${text} one` }] },
        ],
      })),
    },
  ],
};

let browser: Browser;
let bot: FakeBot;
let simulator: Simulator;
let url: string;
let page: Page;
let problems: string[];

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser.close());

beforeEach(async () => {
  bot = await startFakeBot({ ...SECRETS, onMessage: answer });
  simulator = createSimulator({
    ...SECRETS,
    appId: '600000000000001',
    accessToken: TOKEN,
    webhookUrl: bot.webhookUrl,
    numbers: [
      { phoneNumberId: PN, displayPhoneNumber: '+351 21 000 0001', wabaId: '5', name: 'Casa Verde' },
      { phoneNumberId: '700000000000002', displayPhoneNumber: '+351 21 000 0002', wabaId: '5', name: 'Parcel Desk' },
    ],
    serviceWindow: false,
    timing: { sentMs: 0, deliveredMs: 1, readMs: 2, webhookRetryMs: [5] },
  });
  for (const template of [PICKUP_READY, BREAD_OFFER, BREAD_CARDS]) simulator.addTemplate(template);
  ({ url } = await simulator.start());
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  problems = [];
  page.on('pageerror', (err) => problems.push(err.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
});

afterEach(async () => {
  await page.close();
  await simulator.stop();
  await bot.stop();
});

async function answer(message: { [key: string]: unknown }, phoneNumberId: string): Promise<void> {
  const { button_reply, list_reply } = Object(message.interactive);
  const said = String(Object(button_reply ?? list_reply).id ?? Object(message.text).body);
  const to = message.from === undefined ? { recipient: message.from_user_id } : { to: `+${String(message.from)}` };
  await post(phoneNumberId, { status: 'read', message_id: message.id, typing_indicator: { type: 'text' } });
  if (said === 'nice') {
    await post(phoneNumberId, { ...to, type: 'reaction', reaction: { message_id: message.id, emoji: '🥐' } });
  }
  if (ANSWERS[said] !== undefined) await post(phoneNumberId, { ...to, ...ANSWERS[said] });
}

async function post(phoneNumberId: string, body: object): Promise<void> {
  const reply = await fetch(`${url}/v25.0/${phoneNumberId}/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ messaging_product: 'whatsapp', ...body }),
  });
  await reply.text();
}

async function open(contactId = 'rita'): Promise<void> {
  await page.goto(`${url}/phone?${new URLSearchParams({ contactId, phoneNumberId: PN })}`);
  // The chat is open for the simulator once its stream is.
  await page.locator('.welcome').waitFor();
}

async function write(text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.keyboard.press('Enter');
}

describe('the phone page', () => {
  it('holds a whole conversation: text, button, list row', async () => {
    await open();
    await write('hello');
    await page.getByRole('log').getByText('Casa Verde').waitFor();
    expect(await page.getByRole('log').locator('strong').first().textContent()).toBe('Casa Verde');
    await page.getByRole('button', { name: 'See the menu' }).click();
    await page.getByRole('button', { name: 'Dishes' }).click();
    const sheet = page.getByRole('dialog', { name: 'Dishes' });
    expect(await sheet.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
    await sheet.getByRole('radio', { name: /Caldo verde/ }).check();
    await sheet.getByRole('button', { name: 'Send' }).click();
    await page.getByText('Caldo verde it is.').waitFor();
    expect(await sheet.isHidden()).toBe(true);
    expect(simulator.messages('rita').map((message) => message.type)).toEqual([
      'text',
      'interactive',
      'interactive',
      'interactive',
      'interactive',
      'text',
    ]);
    // The chat is open, so the bot hears that its words were read; and the contact that theirs were.
    await page.getByRole('img', { name: 'the bot was told: read' }).nth(2).waitFor();
    await page.getByRole('img', { name: 'read', exact: true }).nth(2).waitFor();
    expect(problems).toEqual([]);
  });

  it('shows cards that can be tapped, contacts, files, forms and what a template holds', async () => {
    await page.route('https://x.example/**', (route) => route.fulfill({ contentType: 'image/svg+xml', body: BREAD }));
    await open();
    await write('gallery');
    await page.getByRole('list', { name: 'Cards' }).getByText('fresh today').nth(2).waitFor();
    await page.getByRole('button', { name: 'Take Spelt' }).click();
    await page.getByText('+351 910 000 009').waitFor();
    await page.locator('.tapped', { hasText: 'Take Spelt' }).waitFor();
    expect(
      simulator.messages('rita').find(({ by, type }) => by === 'contact' && type === 'interactive')?.message,
    ).toMatchObject({
      interactive: { type: 'button_reply', button_reply: { id: 'take-Spelt', title: 'Take Spelt' } },
    });
    await write('voice');
    await page.locator('audio[aria-label="Voice message"], .playable.audio').waitFor();
    await write('film');
    await page.getByText('How we bake').waitFor();
    await write('form');
    await page.getByRole('button', { name: 'Book now' }).click();
    const form = page.getByRole('dialog', { name: 'Book now' });
    await form.getByRole('textbox').fill('{"day":"Friday"}');
    await form.getByRole('button', { name: 'Send' }).click();
    await page.locator('.filled', { hasText: 'Friday' }).waitFor();
    await write('template');
    await page.getByRole('link', { name: 'bill.pdf' }).waitFor();
    await page.getByText('Hello Rita, your bread is ready.').waitFor();
    expect(await page.getByRole('link', { name: 'The bill' }).getAttribute('href')).toBe('https://x.example/bill/17');
    await page.getByRole('button', { name: 'On my way' }).click();
    await page.locator('.from-contact', { hasText: 'On my way' }).waitFor();
    // A picture from elsewhere stands in for films and sounds: that they cannot be played is all there is to say.
    expect(problems).toEqual([]);
  });

  it('shows a template with all it can have: an offer, codes, forms, numbers, cards', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url });
    await page.route('https://x.example/**', (route) => route.fulfill({ contentType: 'image/svg+xml', body: BREAD }));
    await open();
    await write('offer');
    await page
      .locator('.offer', { hasText: 'This week only' })
      .getByText(/^Ends .*2030|^Ends /)
      .waitFor();
    await page.getByRole('button', { name: 'Copy code' }).click();
    await page.getByText('Copied: RYE20').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('RYE20');
    expect(await page.getByRole('link', { name: 'Ring us' }).getAttribute('href')).toBe('tel:+351210000001');
    await page.getByRole('button', { name: 'Order here' }).click();
    await page.getByRole('dialog', { name: 'Order here' }).getByRole('button', { name: 'Send' }).click();
    const filled = Object(await bot.item('messages', 2));
    expect(JSON.parse(filled.interactive.nfm_reply.response_json)).toEqual({
      flow_token: 'token-of-a-form',
      day: 'Monday',
    });
    await page.getByRole('button', { name: 'Allow calls' }).click();
    await page.getByRole('button', { name: 'Always' }).click();
    expect(await bot.item('messages', 3)).toMatchObject({
      interactive: { type: 'call_permission_reply', call_permission_reply: { response: 'accept', is_permanent: true } },
    });
    await write('cards');
    await page.getByRole('list', { name: 'Cards' }).getByText('A light one').waitFor();
    await page.getByRole('button', { name: 'The light one' }).click();
    await page.locator('.tapped', { hasText: 'The light one' }).waitFor();
    expect(await bot.item('messages', 5)).toMatchObject({
      type: 'button',
      button: { payload: 'order-Spelt', text: 'The light one' },
    });
    expect(problems).toEqual([]);
  });

  it('shares the number when it is asked for', async () => {
    await open();
    await write('number');
    await page.getByRole('button', { name: 'Share phone number' }).click();
    await page.locator('.from-contact .contact-card').waitFor();
    const [, , shared] = simulator.messages('rita');
    expect(shared?.message).toMatchObject({ type: 'contacts', contacts: [{ origin: 'contact_request' }] });
    expect(problems).toEqual([]);
  });

  it('answers what a bot asks for with where it was asked', async () => {
    await open();
    await write('place');
    await page.getByRole('button', { name: 'Send location' }).click();
    await page
      .locator('.from-contact', { hasText: 'Rossio' })
      .locator('.quote', { hasText: 'Where are you?' })
      .waitFor();
    await write('address');
    await page.getByRole('button', { name: 'Provide address' }).click();
    await page.getByRole('dialog', { name: 'Address' }).getByRole('button', { name: 'Send' }).click();
    const [place, , address] = await Promise.all([2, 3, 4].map((n) => bot.item('messages', n)));
    const asked = simulator.messages('rita').filter(({ by }) => by === 'bot');
    expect(place).toMatchObject({ type: 'location', context: { id: asked[0]?.wamid } });
    expect(address).toMatchObject({ context: { id: asked[1]?.wamid }, interactive: { type: 'nfm_reply' } });
    const { nfm_reply } = Object(address?.interactive);
    expect(nfm_reply.name).toBe('address_message');
    expect(JSON.parse(nfm_reply.response_json)).toHaveProperty('values.in_pin_code');
    expect(problems).toEqual([]);
  });

  it('calls, and says so: every call is a new one', async () => {
    await open();
    await write('call');
    const button = page.getByRole('button', { name: 'Call the bakery' });
    await button.click();
    await page.getByText('Calling … the bot is told').waitFor();
    await button.click();
    const calls = await Promise.all([1, 2].map((n) => bot.change('calls', n)));
    const ids = calls.map(({ value }) => Object(value).calls[0].id);
    expect(new Set(ids).size).toBe(2);
  });

  it('quotes a message as it looks, and says of a file what it is', async () => {
    await open();
    await write('bill');
    await page.locator('.file', { hasText: 'bill.pdf' }).getByText('PDF', { exact: true }).waitFor();
    await page.getByRole('button', { name: /more: bill.pdf/ }).press('Enter');
    await page.getByRole('button', { name: 'Reply', exact: true }).press('Enter');
    expect(await page.locator('#reply-text').textContent()).toBe('bill.pdf');
    await write('hello');
    await page.getByRole('button', { name: 'See the menu' }).click();
    const quote = page.locator('.quote', { hasText: 'Welcome to Casa Verde' });
    expect(await quote.locator('strong').textContent()).toBe('Casa Verde');
  });

  it('gives a text back that nobody took, with what it answers', async () => {
    await open();
    await write('bill');
    await page.getByRole('button', { name: /more: bill.pdf/ }).press('Enter');
    await page.getByRole('button', { name: 'Reply', exact: true }).press('Enter');
    await page.route('**/sim/contacts/rita/messages', (route) =>
      route.request().method() === 'POST' ? route.abort() : route.continue(),
    );
    await write('is it paid?');
    await page.getByText('The simulator does not answer.').waitFor();
    expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('is it paid?');
    expect(await page.locator('#reply-text').textContent()).toBe('bill.pdf');
  });

  it('offers to take back only a reaction that is there', async () => {
    await open();
    await write('bill');
    const menu = page.getByRole('button', { name: /more: bill.pdf/ });
    const takeBack = page.getByRole('button', { name: 'Take the reaction back' });
    await menu.press('Enter');
    expect(await takeBack.count()).toBe(0);
    await page.getByRole('button', { name: 'React 🙏' }).press('Enter');
    await page.getByRole('img', { name: 'Reactions: 🙏' }).waitFor();
    await menu.press('Enter');
    await takeBack.press('Enter');
    await page.getByRole('img', { name: 'Reactions: 🙏' }).waitFor({ state: 'detached' });
    await menu.press('Enter');
    expect(await takeBack.count()).toBe(0);
  });

  it('shows a reaction at the message it belongs to', async () => {
    await open();
    await write('nice');
    const bubble = page.locator('.from-contact .bubble', { hasText: 'nice' });
    await bubble.getByRole('img', { name: 'Reactions: 🥐' }).waitFor();
    expect(problems).toEqual([]);
  });

  it('shows both directions on the wire, and what they carry', async () => {
    await open();
    await write('hello');
    await page.getByRole('button', { name: 'See the menu' }).waitFor();
    await page.locator('.wire summary', { hasText: 'interactive button' }).click();
    await page.locator('.wire pre', { hasText: 'Welcome to *Casa Verde*' }).waitFor();
    expect(await page.locator('.wire').textContent()).not.toContain(TOKEN);
    await page.locator('.wire summary', { hasText: 'text' }).first().click();
    await page
      .getByText(/^: sha256=[0-9a-f]{64}$/)
      .or(page.getByText('X-Hub-Signature-256'))
      .first()
      .waitFor();
  });

  it('is at the newest request when one comes back to the wire', async () => {
    await open();
    await page.getByRole('tab', { name: 'Faults' }).click();
    for (let n = 1; n <= 15; n += 1) await post(PN, { to: '+351910000101', type: 'text', text: { body: `${n}` } });
    await bot.item('statuses', 45);
    await page.getByRole('tab', { name: 'Wire' }).click();
    await expect.poll(() => page.locator('.wire > li').count()).toBeGreaterThanOrEqual(60);
    const last = page.locator('.wire > li').last();
    await expect.poll(() => last.evaluate((node) => node.getBoundingClientRect().bottom)).toBeLessThan(800);
    await page.locator('#panel-wire').evaluate((node) => node.scrollTo(0, 0));
    await post(PN, { to: '+351910000101', type: 'text', text: { body: 'one more' } });
    await bot.item('statuses', 48);
    await page.getByText('one more').waitFor();
    expect(await page.locator('#panel-wire').evaluate((node) => node.scrollTop)).toBe(0);
  });

  it('switches a fault on and off, and shows what it does', async () => {
    await open();
    await page.getByRole('tab', { name: 'Faults' }).click();
    const fault = page.getByRole('switch', { name: /Undeliverable/ });
    await fault.click();
    await page.locator('[data-fault="undeliverable"][aria-checked="true"]').waitFor();
    expect(await fault.evaluate((node) => node === node.ownerDocument.activeElement)).toBe(true);
    await write('hello');
    await page.getByText('Never arrived: 131026 Message undeliverable').waitFor();
    await fault.click();
    await page.locator('[data-fault="undeliverable"][aria-checked="false"]').waitFor();
  });

  it('changes hands: a username user has no number, and a chat of her own', async () => {
    await open();
    await write('hello');
    await page.getByRole('button', { name: 'See the menu' }).waitFor();
    const samira = page.getByRole('button', { name: /Samira Haddad/ });
    expect(await samira.textContent()).toContain('@samira.h · number hidden');
    await samira.click();
    await page.locator('.welcome').waitFor();
    await write('hello');
    await page.getByRole('button', { name: 'See the menu' }).waitFor();
    expect(bot.items('messages').map((message) => message.from)).toEqual(['351910000101', undefined]);
  });

  it('counts what came to another chat', async () => {
    await open();
    await post(PN, { to: '+233200000104', type: 'text', text: { body: 'Your order is ready' } });
    await page
      .getByRole('button', { name: /Kofi Mensah/ })
      .getByLabel('1 unread')
      .waitFor();
    await page.getByRole('button', { name: /Kofi Mensah/ }).click();
    await page.getByText('Your order is ready').waitFor();
    expect(await page.getByLabel('1 unread').count()).toBe(0);
  });

  it('shows typing until the message comes', async () => {
    await open();
    await write('a text the bot has no answer to');
    await page.getByText('typing…').waitFor();
    await post(PN, { to: '+351910000101', type: 'text', text: { body: 'Let me think' } });
    await page.getByText('Let me think').waitFor();
    expect(await page.getByText('typing…').count()).toBe(0);
  });

  it('sends other things: picture, place, poll and a burst, in order', async () => {
    await open();
    for (const name of [/^Picture/, /^Location/, /^A poll/, /^Five at once/]) {
      await page.getByRole('button', { name: 'Send something else' }).click();
      await page.getByRole('dialog').getByRole('button', { name }).click();
    }
    await bot.item('messages', 8);
    expect(bot.items('messages').map((message) => Object(message.text).body ?? message.type)).toEqual([
      ...['image', 'location', 'unsupported'],
      ...['One', 'Two', 'Three', 'Four', 'Five'],
    ]);
    const picture = page.getByRole('img', { name: 'Picture' });
    await picture.waitFor();
    expect(await picture.evaluate((node) => Reflect.get(node, 'naturalWidth'))).toBe(320);
    expect(problems).toEqual([]);
  });

  it('sends every kind of file, cards, carts and an ad', async () => {
    await open();
    const kinds = ['Video', 'Voice note', 'Document', 'Sticker', 'Contact', 'Order', 'From an ad'];
    for (const kind of kinds) {
      await page.getByRole('button', { name: 'Send something else' }).click();
      await page
        .getByRole('dialog')
        .getByRole('button', { name: new RegExp(`^${kind}`) })
        .click();
    }
    await bot.item('messages', kinds.length);
    const types = ['video', 'audio', 'document', 'sticker', 'contacts', 'order', 'text'];
    expect(
      bot
        .items('messages')
        .map(({ type }) => type)
        .sort(),
    ).toEqual([...types].sort());
    const duration = (kind: string) =>
      page.locator(`.from-contact ${kind}`).evaluate(async (node) => {
        if (Reflect.get(node, 'readyState') === 0) {
          await new Promise((resolve) => node.addEventListener('loadedmetadata', resolve, { once: true }));
        }
        return Reflect.get(node, 'duration');
      });
    expect(await duration('audio')).toBeGreaterThan(1);
    await page.getByText('7.00 EUR').waitFor();
    await page.getByText('Bread, warm at seven').waitFor();
    expect(problems).toEqual([]);
  });

  it('sends a file of this device', async () => {
    await open();
    await page.locator('#own-file').setInputFiles({
      name: 'list.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('bread'),
    });
    expect(await bot.item('messages', 1)).toMatchObject({
      type: 'document',
      document: { filename: 'list.txt', mime_type: 'text/plain' },
    });
    await page.getByRole('link', { name: 'list.txt' }).waitFor();
  });

  it.each([
    ['an empty file', 0, 'This file is empty.'],
    ['a file that is too big', 16_000_001, 'Files of up to 16 MB can be sent from here.'],
  ])('says why it does not send %s', async (_name, bytes, told) => {
    await open();
    const file = { name: 'list.txt', mimeType: 'text/plain', buffer: Buffer.alloc(bytes) };
    await page.locator('#own-file').setInputFiles(file);
    await page.getByText(told).waitFor();
    expect(simulator.messages('rita')).toEqual([]);
    expect(problems).toEqual([]);
  });

  it('answers, reacts, changes and deletes from the keyboard', async () => {
    await open();
    await write('helo');
    const menu = page.getByRole('button', { name: /^Reply, react and more: helo/ });
    const choose = async (name: string) => {
      await menu.first().press('Enter');
      await page.getByRole('dialog', { name: 'This message' }).getByRole('button', { name }).press('Enter');
    };
    await choose('React 👍');
    await page.getByRole('img', { name: 'Reactions: 👍' }).waitFor();
    await choose('Edit');
    const edit = page.getByRole('dialog', { name: 'Edit' });
    await edit.getByRole('textbox').fill('hello there');
    await edit.getByRole('button', { name: 'Save' }).press('Enter');
    await page.locator('.from-contact', { hasText: 'hello there' }).getByText('edited').waitFor();
    await choose('Reply');
    await write('I mean this one');
    await page.locator('.quote', { hasText: 'helo' }).waitFor();
    await choose('Delete for everybody');
    await page.getByText('You deleted this message').waitFor();
    await bot.item('messages', 5);
    expect(bot.items('messages').map(({ type }) => type)).toEqual(['text', 'reaction', 'edit', 'text', 'revoke']);
    expect(bot.items('messages')[3]).toHaveProperty('context.id', bot.items('messages')[0]?.id);
    expect(problems).toEqual([]);
  });

  it('tells what happens beside messages, and lets a day pass', async () => {
    await open();
    await page.getByRole('tab', { name: 'Events' }).click();
    await page.getByRole('button', { name: 'A warning about the account' }).click();
    await bot.change('account_alerts');
    await page.getByRole('button', { name: 'Hides the number' }).click();
    await page.getByText('Done: Hides the number').waitFor();
    await page.getByRole('button', { name: 'Is answered by the staff' }).click();
    await page.locator('.from-bot', { hasText: 'From the phone app' }).waitFor();
    await page.getByRole('button', { name: 'A day later' }).click();
    await page.getByText('Done: A day later').waitFor();
    await page.locator('.day', { hasText: 'Yesterday' }).waitFor();
    await write('who am I?');
    await page.locator('.day', { hasText: 'Today' }).waitFor();
    const message = await bot.item('messages', 1);
    expect(message).not.toHaveProperty('from');
    expect(Number(message.timestamp) * 1000).toBeGreaterThan(Date.now() + 23 * 3_600_000);
  });

  it('takes nothing a bot says for HTML', async () => {
    await open();
    await write('hack');
    await page.getByText('<img src=x onerror="document.title=1"> & <b>not bold</b>').waitFor();
    expect(await page.title()).toBe('Phone · Parlance simulator');
  });

  it('keeps the keyboard inside the sheet, and gives it back on Escape', async () => {
    await open();
    const more = page.getByRole('button', { name: 'Send something else' });
    await more.press('Enter');
    await page.getByRole('dialog').waitFor();
    expect(await page.locator('#composer').evaluate((node) => Reflect.get(node, 'inert'))).toBe(true);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await more.evaluate((node) => node === node.ownerDocument.activeElement)).toBe(true);
  });

  it('verifies the webhook', async () => {
    await open();
    await page.getByRole('button', { name: 'Verify webhook' }).click();
    await page.getByText('Verified: the bot gave the challenge back.').waitFor();
  });

  it('fits a narrow screen, with wire and contacts behind buttons', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await open();
    expect(await page.locator('html').evaluate((node) => Reflect.get(node, 'scrollWidth'))).toBe(390);
    await page.getByRole('button', { name: 'Contacts and numbers' }).click();
    await page.getByRole('button', { name: /Samira Haddad/ }).click();
    await page.locator('.welcome').waitFor();
    await write('hello');
    await page.getByRole('button', { name: 'See the menu' }).waitFor();
    await page.getByRole('button', { name: 'Wire and faults' }).click();
    await page.getByRole('tab', { name: 'Faults' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('tab', { name: 'Faults' }).waitFor({ state: 'hidden' });
  });

  it('tells over the drawer what an event far down did, and what went wrong', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await open();
    await page.getByRole('button', { name: 'Wire and faults' }).click();
    await page.getByRole('tab', { name: 'Events' }).click();
    const last = page.locator('#meta-events button').last();
    await last.click();
    const isOnTop = (selector: string) =>
      page.locator(selector).evaluate((node) => {
        const { x, y, width, height } = node.getBoundingClientRect();
        return node.contains(node.ownerDocument.elementFromPoint(x + width / 2, y + height / 2));
      });
    await page.getByText(/^Done: /).waitFor();
    expect(await isOnTop('#events-status')).toBe(true);
    await page.route('**/sim/webhooks/**', (route) => route.abort());
    await last.click();
    await page.getByText('The simulator does not answer.').waitFor();
    expect(await isOnTop('#notice')).toBe(true);
  });

  it('formats texts as WhatsApp does', async () => {
    const expected: { [text: string]: string } = {
      '*bold* and _italic_ and ~gone~': '<strong>bold</strong> and <em>italic</em> and <s>gone</s>',
      '_*both*_': '<em><strong>both</strong></em>',
      '2*3*4, a_b_c and snake_case_name': '2*3*4, a_b_c and snake_case_name',
      '* not bold * and *': '* not bold * and *',
      '*not\nbold*': '*not\nbold*',
      '```two\nlines``` and `one`': '<code>two\nlines</code> and <code>one</code>',
      '`*as it is*`': '<code>*as it is*</code>',
      '<i>&amp;': '&lt;i&gt;&amp;amp;',
      'see https://example.com/a_b_(c), now.': `see ${anchor('https://example.com/a_b_(c)')}, now.`,
      '(https://example.com/x?y=1&z=2)': `(${anchor('https://example.com/x?y=1&amp;z=2')})`,
      'javascript:alert(1)': 'javascript:alert(1)',
    };
    await open();
    for (const body of Object.keys(expected)) await post(PN, { to: '+351910000101', type: 'text', text: { body } });
    const texts = page.locator('.from-bot .text');
    await texts.nth(Object.keys(expected).length - 1).waitFor();
    const shown = await Promise.all((await texts.all()).map((text) => text.innerHTML()));
    expect(shown).toEqual(Object.values(expected));
  });
});

function anchor(escapedUrl: string): string {
  return `<a href="${escapedUrl}" target="_blank" rel="noopener noreferrer">${escapedUrl}</a>`;
}

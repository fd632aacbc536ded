import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkContent } from '../../../src/cloud-api/check-content.js';
import type { FlowVersion } from '../../../src/flow/definition.js';
import { loadFlows } from '../../../src/flow/load.js';
import { advance } from '../../../src/flow/turn/advance.js';
import type { TurnInput } from '../../../src/flow/turn/turn.js';
import { message, Talk } from './talk.js';

const folder = new URL('../../../config/flows/', import.meta.url);
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml') && !name.endsWith('.test.yaml'))
  .map((name) => ({ path: `config/flows/${name}`, text: readFileSync(new URL(name, folder), 'utf8') }));
const loaded = loadFlows(files);

function version(): FlowVersion {
  if (loaded.version === undefined) throw new Error(JSON.stringify(loaded.findings));
  return loaded.version;
}

it('load without a finding', () => {
  expect(loaded.findings).toEqual([]);
  expect(loaded.version?.flows).toEqual(['order-status', 'welcome']);
});

const MENU = { text: 'What can I do for you?', buttons: ['bread', 'hours', 'more'] };
const MENU_AGAIN = { ...MENU, text: 'Anything else I can do for you?' };

describe('the welcome bot', () => {
  it('gets to know a guest, tells about bread, and remembers', () => {
    const talk = new Talk(version(), { flow: 'welcome' });
    expect(talk.say('Hi')).toEqual([
      'Hello and welcome to *Crumb & Co.*, the bakery around the corner! 🥐',
      { text: 'Which language do you like best? / Welche Sprache magst du am liebsten?', buttons: ['en', 'de'] },
    ]);
    expect(talk.tap('en')).toEqual(['Lovely! What may I call you?']);
    expect(talk.say('Ana')).toEqual(['Nice to meet you, Ana! 👋', MENU]);
    expect(talk.profile).toEqual({ language: 'en', firstName: 'Ana' });
    expect(talk.tap('bread')).toEqual([
      { text: expect.stringContaining('Baked every night'), rows: ['sourdough', 'rye', 'walnut', 'brioche', 'back'] },
    ]);
    expect(talk.say('the walnut loaf')).toEqual([expect.stringContaining('*Walnut loaf*')]);
    expect(talk.ring()).toEqual([MENU_AGAIN]);
    expect(talk.say('when are you open?')).toEqual([expect.stringContaining('Tuesday to Sunday'), MENU_AGAIN]);
    expect(talk.ring()).toEqual(["I'll be here whenever you feel like bread. 👋"]);
    expect(talk.at).toBe('top');
    talk.turn({ kind: 'expired' });
    expect(talk.say('Hello again')).toEqual(['Welcome back, Ana! 🥐', MENU]);
  });

  it('speaks German, changes its mind and forgets', () => {
    const talk = new Talk(version(), { flow: 'welcome' });
    talk.say('Hallo');
    expect(talk.say('Deutsch')).toEqual(['Sehr gern! Wie darf ich dich nennen?']);
    expect(talk.sendSticker()).toEqual([
      'Das kann ich mir noch nicht ansehen, aber Texte und Knöpfe verstehe ich gut.',
    ]);
    expect(talk.say('Jörg')).toEqual([
      'Freut mich, Jörg! 👋',
      { text: 'Was kann ich für dich tun?', buttons: ['bread', 'hours', 'more'] },
    ]);
    expect(talk.say('3')).toEqual([
      { text: 'Gerne. Such dir aus, was du brauchst.', rows: ['order', 'english', 'rename', 'forget', 'back', 'bye'] },
    ]);
    expect(talk.tap('english')).toEqual(['English it is!', MENU_AGAIN]);
    talk.tap('more');
    expect(talk.tap('rename')).toEqual(['Of course. What shall I call you?']);
    expect(talk.say('George')).toEqual([expect.stringMatching(/^George(, noted| suits you)!$/), MENU_AGAIN]);
    talk.tap('more');
    expect(talk.tap('forget')).toEqual([expect.stringContaining('Done.')]);
    expect([talk.profile, talk.at]).toEqual([{}, 'ended']);
  });

  it('finds an order on the way and comes back', () => {
    const talk = new Talk(version(), { flow: 'welcome' });
    talk.profile = { language: 'en', firstName: 'Ana' };
    talk.say('Hi');
    talk.tap('more');
    expect(talk.tap('order')).toEqual([expect.stringContaining('What is your order number?')]);
    talk.say('100002');
    talk.ring();
    expect(talk.tap('yes')).toEqual(["You're welcome. Enjoy your bread! 🥖", MENU_AGAIN]);
  });
});

describe('the order bot', () => {
  const started = (locale = 'en-GB') => {
    const talk = new Talk(version(), { flow: 'order-status', locale });
    talk.say('Where is my order?');
    return talk;
  };

  it.each([
    [
      '100001',
      'en-GB',
      'Good news: two country loaves left our bakery and should reach you on *Wednesday, 7 January 2026*. 🚚',
    ],
    ['#100002', 'de-DE', 'Noch im Ofen! Wir verschicken ein Walnussbrot am *Donnerstag, 8. Januar 2026*. 🔥'],
    ['100003', 'en-GB', 'I am sorry: six brioches will be late. The new day is *Sunday, 11 January 2026*.'],
    [
      '100004',
      'de-DE',
      'Laut Zusteller kam ein Roggenbrot am *Montag, 5. Januar 2026* an. Vielleicht liegt es beim Nachbarn.',
    ],
  ])('finds %s in %s', (order, locale, answer) => {
    const talk = started(locale);
    expect(talk.say(order)).toEqual([expect.stringMatching(/^One moment|^Einen Moment/)]);
    const [said] = talk.ring();
    expect(String(said).replace('Wednesday 7', 'Wednesday, 7').replace('Sunday 11', 'Sunday, 11')).toBe(answer);
    expect(talk.warnings).toEqual([]);
  });

  it('hands over after three numbers that are none', () => {
    const talk = started();
    expect(talk.say('abc')).toEqual([expect.stringContaining('does not look like one')]);
    expect(talk.say('12')).toEqual([expect.stringContaining('not quite')]);
    expect(talk.say('what?')).toEqual([
      expect.stringContaining('Never mind'),
      expect.stringContaining('passing you on to a colleague'),
    ]);
    expect(talk.session?.handover).toBe(true);
    expect([talk.turn({ kind: 'handoverEnded' }), talk.at]).toEqual([
      ["It's me again, the bot. I hope that helped!"],
      'top',
    ]);
  });

  it('offers ways on from an unknown number', () => {
    const talk = started();
    talk.say('999999');
    expect(talk.ring()).toEqual([
      { text: "I can't find an order 999999. Shall we try another number?", buttons: ['again', 'person', 'done'] },
    ]);
    expect(talk.tap('again')).toEqual([expect.stringContaining('What is your order number?')]);
    expect(talk.tap('person')).toEqual([expect.stringContaining('passing you on')]);
  });

  it('does not wait for ever', () => {
    const talk = started();
    expect([talk.ring(), talk.at]).toEqual([["I'll be here when you have the number at hand."], 'top']);
  });
});

describe('whatever comes in', () => {
  const ids = [
    'en',
    'de',
    'bread',
    'hours',
    'more',
    'order',
    'back',
    'bye',
    'yes',
    'no',
    'again',
    'person',
    'forget',
    '__proto__',
  ];
  const texts = fc.oneof(
    fc.constantFrom('Hi', '1', '2', '100001', '100003', '999999', 'yes', 'nein', '{{ env }}', '', ...ids),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constant('x'.repeat(100_000)),
  );
  const arrival: fc.Arbitrary<(talk: Talk) => TurnInput> = fc.oneof(
    { weight: 6, arbitrary: texts.map((text) => () => ({ kind: 'message' as const, message: message({ text }) })) },
    {
      weight: 4,
      arbitrary: fc.constantFrom(...ids).map((id) => () => ({
        kind: 'message' as const,
        message: message({ type: 'interactive', text: id, data: { reply: { kind: 'button', id, title: id } } }),
      })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(texts, fc.dictionary(fc.string(), fc.jsonValue()), fc.boolean())
        .map(([text, data, supported]) => () => ({
          kind: 'message' as const,
          message: message({ text, data: JSON.parse(JSON.stringify(data)), supported, type: 'image' }),
        })),
    },
    {
      weight: 2,
      arbitrary: fc.constant((talk: Talk) => ({ kind: 'timer' as const, token: talk.session?.timers[0] ?? 'none' })),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom<TurnInput>(
          { kind: 'handoverEnded' },
          { kind: 'expired' },
          { kind: 'callResult', ordinal: 0, result: null },
        )
        .map((input) => () => input),
    },
  );

  it('advance never throws, gives the same again, keeps to JSON and to what Meta takes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('welcome', 'order-status'),
        fc.constantFrom('en-GB', 'de-DE', 'xx'),
        fc.array(arrival, { maxLength: 25 }),
        (flow, locale, arrivals) => {
          const talk = new Talk(version(), { flow, locale });
          for (const next of arrivals) {
            const input = next(talk);
            const again = {
              ...talk.request(input),
              seed: `conversation:${talk.turns + 1}`,
              sessionId: `session-${talk.turns + 1}`,
            };
            talk.turn(input);
            const second = advance(again);
            expect(second).toEqual(talk.last);
            expect(JSON.parse(JSON.stringify(second.session ?? null))).toEqual(second.session ?? null);
            expect(talk.failures).toEqual([]);
            for (const { message: said } of talk.effects('send')) expect(checkContent(said)).toEqual([]);
            expect(second.session?.timers.every((token) => token !== '')).not.toBe(false);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

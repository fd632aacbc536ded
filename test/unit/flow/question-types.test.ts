import { describe, expect, it } from 'vitest';
import { readTime } from '../../../src/flow/questions/clock-time.js';
import { readDay } from '../../../src/flow/questions/day.js';
import { readMoney } from '../../../src/flow/questions/money.js';
import { readPercentage } from '../../../src/flow/questions/percentage.js';
import { readPhone } from '../../../src/flow/questions/phone-number.js';
import { readTimeSpan } from '../../../src/flow/questions/time-span.js';
import { readUrl } from '../../../src/flow/questions/web-address.js';
import { message, talkTo } from './talk.js';

describe('a day', () => {
  const read = (text: string, locale: string) => readDay(text, { language: locale, locale, today: '2026-01-06' }); // a Tuesday

  it.each([
    ['2026-01-05', 'en', '2026-01-05'],
    ['5.1.26', 'de', '2026-01-05'],
    ['31.12.90', 'de', '1990-12-31'],
    ['01/25/2026', 'en-US', '2026-01-25'],
    ['25/01/2026', 'en-US', '2026-01-25'],
    ['3/4/2026', 'es-ES', '2026-04-03'],
    ['5 January', 'en', '2027-01-05'],
    ['January 7th, 2027', 'en', '2027-01-07'],
    ['29 February', 'en', '2028-02-29'],
    ['am 24. Dezember', 'de', '2026-12-24'],
    ['le 1er mars', 'fr', '2026-03-01'],
    ['5 de enero de 2027', 'es', '2027-01-05'],
    ['3 marzo', 'it', '2026-03-03'],
    ['14 juli', 'nl', '2026-07-14'],
    ['5 stycznia', 'pl', '2027-01-05'],
    ['today', 'en', '2026-01-06'],
    ['the day after tomorrow, please', 'en', '2026-01-08'],
    ['übermorgen', 'de', '2026-01-08'],
    ['après-demain', 'fr', '2026-01-08'],
    ['pasado mañana', 'es', '2026-01-08'],
    ['mañana a las 3 de la tarde', 'es', '2026-01-07'],
    ['amanhã às 15h', 'pt', '2026-01-07'],
    ['dopodomani', 'it', '2026-01-08'],
    ['overmorgen', 'nl', '2026-01-08'],
    ['yesterday', 'en', '2026-01-05'],
    ['in two weeks', 'en', '2026-01-20'],
    ['in a week', 'en', '2026-01-13'],
    ['vor 3 Tagen', 'de', '2026-01-03'],
    ['dentro de una semana', 'es', '2026-01-13'],
    ['il y a 3 jours', 'fr', '2026-01-03'],
    ['Friday', 'en', '2026-01-09'],
    ['am Freitag', 'de', '2026-01-09'],
    ['letzten Freitag', 'de', '2026-01-02'],
    ['segunda', 'pt', '2026-01-12'],
    ['morgen', 'en', '2026-01-07'],
  ])('"%s" in %s is %s', (text, locale, day) => expect(read(text, locale)).toEqual({ value: day }));

  it.each([
    ['03/04/2026', 'en-GB', '2026-04-03'],
    ['03/04/2026', 'en-US', '2026-03-04'],
    ['next Friday', 'en', '2026-01-09'],
    ['Tuesday', 'en', '2026-01-13'],
    ['next week', 'en', '2026-01-13'],
  ])('"%s" in %s may be %s', (text, locale, day) => expect(read(text, locale)).toEqual({ value: day, unsure: true }));

  it.each([
    '',
    'hello',
    '31.2.2026',
    '12',
    '3.5',
    '3 January and 5 January',
    'constructor',
    `tomorrow ${'x'.repeat(500)}`,
  ])('"%s" is none', (text) => expect(read(text, 'en')).toBeUndefined());

  it.each(['UTC', 'Pacific/Auckland', 'America/Los_Angeles'])(
    'never shifts, whatever the zone of the machine or of %s',
    (timeZone) => {
      const talk = talkTo('steps:\n- id: q\n  question: { type: date, text: When?, into: context.day }\n- say: ok', {
        timeZone,
      });
      talk.say('Hi');
      talk.say('2026-03-29');
      expect(talk.session?.context).toEqual({ day: '2026-03-29' });
    },
  );

  it("counts from the endpoint's day", () => {
    const talk = talkTo('steps:\n- id: q\n  question: { type: date, text: When?, into: context.day }\n- say: ok', {
      timeZone: 'Pacific/Auckland',
      nowMs: Date.UTC(2026, 0, 6, 20),
    });
    talk.say('Hi');
    talk.say('tomorrow');
    expect(talk.session?.context).toEqual({ day: '2026-01-08' });
  });
});

describe('a time of day', () => {
  it.each([
    ['15:30', '15:30'],
    ['3pm', '15:00'],
    ['at 3:30 p.m.', '15:30'],
    ['12 am', '00:00'],
    ['15 Uhr', '15:00'],
    ['um 8 Uhr abends', '20:00'],
    ['15h30', '15:30'],
    ['às 15h', '15:00'],
    ['a las 3 de la tarde', '15:00'],
    ['à 9 heures du matin', '09:00'],
    ["om 3 uur 's middags", '15:00'],
    ['alle 18', '18:00'],
    ['noon', '12:00'],
    ['Mitternacht', '00:00'],
  ])('"%s" is %s', (text, time) => expect(readTime(text)).toEqual({ value: time }));

  it('may be before or after noon', () => expect(readTime('8')).toEqual({ value: '08:00', unsure: true }));
  it.each(['', '25:00', '9:75', 'between 3 and 5', '3/4', '1.5', 'hello'])('"%s" is none', (text) =>
    expect(readTime(text)).toBeUndefined(),
  );
});

it.each([
  ['90 minutes', 'en', 5400],
  ['2 Stunden', 'de', 7200],
  ['1,5 Stunden', 'de', 5400],
  ['1h30', 'fr', 5400],
  ['half an hour', 'en', 1800],
  ['une demi-heure', 'fr', 1800],
  ['1 hour and 20 minutes', 'en', 4800],
  ['una hora', 'es', 3600],
  ['due ore', 'it', 7200],
  ['twee weken', 'nl', 1_209_600],
  ['3 godziny', 'pl', 10_800],
  ['10 days', 'xx', 864_000],
  ['3', 'en', undefined],
  ['soon', 'en', undefined],
])('"%s" in %s lasts %s s', (text, language, seconds) => expect(readTimeSpan(text, language)).toBe(seconds));

it.each([
  ['4,80 €', 'de', 'DE', { amount: 4.8, currency: 'EUR' }],
  ['5EUR', 'en', 'US', { amount: 5, currency: 'EUR' }],
  ['$5', 'en', 'CA', { amount: 5, currency: 'CAD' }],
  ['$5', 'en', 'DE', { amount: 5, currency: 'USD' }],
  ['R$ 1.234,50', 'pt', 'BR', { amount: 1234.5, currency: 'BRL' }],
  ['fünf Euro', 'de', 'CH', { amount: 5, currency: 'EUR' }],
  ['100 kr', 'sv', 'SE', { amount: 100, currency: 'SEK' }],
  ['12', 'en', 'GB', { amount: 12, currency: 'GBP' }],
  ['12', 'en', '', { amount: 12, currency: null }],
  ['all 5', 'en', 'US', { amount: 5, currency: 'USD' }],
  ['5€ or $5', 'en', 'US', undefined],
  ['much', 'en', 'US', undefined],
])('"%s" in %s, %s, is %o', (text, language, country, money) =>
  expect(readMoney(text, language, country, undefined)).toEqual(money),
);

it.each([
  ['12.5 %', 'en', 12.5],
  ['12,5%', 'de', 12.5],
  ['20 percent', 'en', 20],
  ['20 por ciento', 'es', 20],
  ['20 Prozent', 'de', 20],
  ['20', 'en', 20],
  ['half', 'en', undefined],
])('"%s" in %s is %s percent', (text, language, share) => expect(readPercentage(text, language)).toBe(share));

it.each([
  ['030 123456', 'DE', '+4930123456'],
  ['call me on 07400 123456 please', 'GB', '+447400123456'],
  ['+351 912 345 678', 'DE', '+351912345678'],
  ['+1 415 555 2671', '', '+14155552671'],
  ['12', 'DE', undefined],
  ['0151 12345678 or 0151 12345679', 'DE', undefined],
])('"%s" in %s is the phone number %s', (text, country, phone) => expect(readPhone(text, country)).toBe(phone));

it.each([
  ['example.com', 'https://example.com/'],
  ['see http://Example.com/Shop?a=1.', 'http://example.com/Shop?a=1'],
  ['bäcker.de', 'https://xn--bcker-gra.de/'],
  ['ana@example.com', undefined],
  ['3.5', undefined],
  ['javascript:alert(1)', undefined],
  ['http://localhost', undefined],
  ['a.de and b.de', undefined],
])('"%s" is the address %s', (text, url) => expect(readUrl(text)).toBe(url));

it('a question for a file asks again when the file could not be had, and can say why', () => {
  const talk = talkTo(`steps:
- id: q
  question:
    type: image
    text: A picture?
    reprompt: "Another one, please: {{ input.attachments[0].reason }}"
    into: context.a
- say: thanks`);
  talk.say('Hi');
  const attachments = [{ type: 'image', mediaId: '1', state: 'refused', reason: 'tooLarge' }];
  expect(talk.turn({ kind: 'message', message: message({ type: 'image', attachments }) })).toEqual([
    'Another one, please: tooLarge',
  ]);
});

describe('a question for', () => {
  const asking = (fields: string) =>
    `steps:\n- id: q\n  question: { text: Well?, ${fields}, into: context.a }\n- say: thanks`;
  const image = { type: 'image', mediaId: '1' };
  const audio = { type: 'audio', mediaId: '2' };
  const place = { latitude: 1, longitude: 2 };
  const card = { name: 'Ana', phones: [] };

  it.each([
    ['integer', {}, { text: '3' }, 3],
    ['money', { more: ', currency: CHF' }, { text: '3' }, { amount: 3, currency: 'CHF' }],
    ['attachment', {}, { attachments: [audio] }, audio],
    ['image', {}, { attachments: [audio, image], text: 'my cat' }, image],
    ['audio', {}, { attachments: [audio] }, audio],
    [
      'image',
      {},
      {
        attachments: [
          { ...image, state: 'failed' },
          { ...image, state: 'ready' },
        ],
      },
      { ...image, state: 'ready' },
    ],
    ['location', {}, { data: { location: place } }, place],
    ['contact', {}, { data: { contacts: [card] } }, card],
    ['data', {}, { data: { form: { a: 1 } } }, { form: { a: 1 } }],
    [
      'custom',
      { more: ', result: "input.text.startsWith(\'A\') ? input.text.toUpperCase() : null"' },
      { text: 'Ab' },
      'AB',
    ],
  ] as const)('%s takes %o', (type, options, parts, result) => {
    const more = 'more' in options ? options.more : '';
    const talk = talkTo(asking(`type: ${type}${more}`));
    talk.say('Hi');
    expect(talk.turn({ kind: 'message', message: message(JSON.parse(JSON.stringify(parts))) })).toEqual(['thanks']);
    expect(talk.session?.context).toEqual({ a: result });
  });

  it.each([
    ['integer', '3.5'],
    ['image', 'a picture'],
    ['document', 'a file'],
    ['location', 'Berlin'],
    ['contact', 'Ana'],
    ['custom, result: "input.text == \'yes\'"', 'no'],
    ['data', 'text'],
  ])('%s does not take "%s"', (type, text) => {
    const talk = talkTo(asking(`type: ${type}`));
    talk.say('Hi');
    talk.say(text);
    expect(talk.at).toBe('q');
  });
});

describe('a question that confirms', () => {
  const flow = (more: string) => `steps:
- id: q
  question: { type: date, text: When?, ${more}into: context.day, maxAttempts: 3, onMaxAttempts: [{ say: Never mind }] }
- id: end
  say: "{{ input.result }}"`;
  // Versions of Node differ in the comma behind the weekday.
  const asked = (day: string, rest: string) => ({
    text: expect.stringMatching(new RegExp(`^Did you mean \\*${day},? ${rest}\\*\\?$`)),
    buttons: ['yes', 'no'],
  });

  it('asks back by itself where a date can be read in two ways', () => {
    const talk = talkTo(flow(''));
    talk.say('Hi');
    expect(talk.say('03/04/2026')).toEqual([asked('Friday', '3 April 2026')]);
    expect(talk.session?.context).toEqual({});
    expect(talk.tap('yes')).toEqual(['2026-04-03']);
  });

  it('asks the question again after a no, and takes another answer instead of yes or no', () => {
    const talk = talkTo(flow(''));
    talk.say('Hi');
    talk.say('03/04/2026');
    expect(talk.say('nope')).toEqual(['When?']);
    talk.say('03/04/2026');
    expect(talk.say('4 March 2026')).toEqual(['2026-03-04']);
  });

  it('counts a no as an attempt', () => {
    const talk = talkTo(flow(''));
    for (const text of ['Hi', '03/04/2026', 'no', '03/04/2026', 'no', '03/04/2026']) talk.say(text);
    expect(talk.say('no')).toEqual(['Never mind']);
  });

  it.each([
    ['confirm: true, ', '4 March 2026', asked('Wednesday', '4 March 2026')],
    ['confirm: false, ', '03/04/2026', '2026-04-03'],
    ['confirm: "Really {{ input.result }}?", ', '4 March 2026', { text: 'Really 2026-03-04?', buttons: ['yes', 'no'] }],
  ])('does as `%s` says', (more, answer, said) => {
    const talk = talkTo(flow(more));
    talk.say('Hi');
    expect(talk.say(answer)).toEqual([said]);
  });
});

it('has a reprompt for each attempt, the last for all that follow', () => {
  const talk = talkTo(`steps:
- id: q
  question: { type: number, text: How many?, reprompt: [A number please, { text: Digits please }, [{ say: One }, { say: Two }]] }`);
  expect(['Hi', 'a', 'b', 'c', 'd'].map((text) => talk.say(text))).toEqual([
    ['How many?'],
    ['A number please'],
    ['Digits please'],
    ['One', 'Two'],
    ['One', 'Two'],
  ]);
});

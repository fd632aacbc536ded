import { describe, expect, it } from 'vitest';
import { loadFlows } from '../../../src/flow/load.js';
import { flowFiles } from './talk.js';

/** What is found in a message of a flow, without its place, in the order of the file. */
function found(said: string): string[] {
  const { findings } = loadFlows(flowFiles({ bot: `steps:\n  - say: ${said}` }));
  return findings.map(({ code, severity, message, hint }) => {
    const shown = hint === undefined ? message : `${message} (${hint})`;
    return `${severity === 'warning' ? '~' : ''}${code}: ${shown}`;
  });
}

const long = (length: number) => 'x'.repeat(length);
const picture = 'image: "https://x.example/a.png"';
const card = (more = 'cta: { title: See, url: "https://x.example" }') => `{ ${picture}, ${more} }`;

describe('what is found in a message', () => {
  it.each<[string, string[]]>([
    [
      `{ text: Hi, ${picture} }`,
      ['invalid-combination: the text of an image is its `caption` (write image: { link: …, caption: … })'],
    ],
    [
      '{ text: Hi, sticker: "https://x.example/a.webp" }',
      ['invalid-combination: a sticker has no text of its own (say it in a step of its own)'],
    ],
    [`{ ${picture}, footer: Bye }`, ['invalid-combination: an image has no footer']],
    [
      '{ image: { link: "https://x.example", media: "1" } }',
      ['invalid-combination: an image has one of `link`, `file` and `media`'],
    ],
    [
      '{ video: { caption: Hi } }',
      [
        'missing-key: a video needs `link` (or `file` with one of the folder `media`, or `media` with the id of a file that was uploaded to Meta)',
      ],
    ],
    [
      '{ audio: { link: "https://x.example", caption: Hi } }',
      ['unknown-key: `caption` is not a key of an audio (it has link, media, file)'],
    ],
    ['{ location: { latitude: 1 } }', ['missing-key: a location needs `longitude`']],
    ['{ askLocation: true }', ['missing-key: a request for a location needs `text`']],
    [
      `{ askLocation: ${long(1025)} }`,
      ['whatsapp-limit: the text of a request for a location has 1025 characters; WhatsApp takes 1024'],
    ],
    ['{ text: Hi, askLocation: Where? }', ['invalid-combination: the text stands in `askLocation` already']],
    [
      '{ text: Hi, header: { text: A, video: "https://x.example" }, buttons: [A] }',
      ['invalid-combination: a header is one of text, image, video and document'],
    ],
    [
      '{ text: Hi, buttons: [A, { title: B, url: "https://x.example" }] }',
      [
        'whatsapp-limit: WhatsApp shows a button with a `url` only alone (send it in a message of its own, or write the link into the text)',
      ],
    ],
    [
      '{ text: Hi, buttons: [{ id: a, title: A, url: "https://x.example" }] }',
      ['invalid-combination: nobody is told when a button with a `url` is tapped (leave `id` and `goTo` out)'],
    ],
    [
      '{ text: Hi, buttons: [{ title: A, phone: "+351" }] }',
      [
        'whatsapp-limit: WhatsApp has phone buttons in templates only (write the number into the text: WhatsApp makes a link of it; or send `contacts`)',
      ],
    ],
    ['{ text: Hi, buttons: [{ title: A }] }', ['missing-key: a button needs `id`']],
    [
      `{ text: Hi, cta: { title: ${long(21)}, url: x.example } }`,
      [
        'whatsapp-limit: the title of a button has 21 characters; WhatsApp takes 20',
        'whatsapp-limit: a link begins with https://',
      ],
    ],
    ['{ text: Hi, whatsappFlow: { button: Go } }', ['missing-key: whatsappFlow needs `id` or `name`, one of them']],
    [
      '{ text: Hi, products: { catalog: 1, sections: [{ items: [a] }] } }',
      ['missing-key: a list of products needs `header`'],
    ],
    [`{ text: Hi, carousel: [${card()}] }`, ['whatsapp-limit: 1 card; a carousel has 2 to 10']],
    [
      `{ text: Hi, carousel: [${card()}, ${card('buttons: [A]')}] }`,
      [
        'whatsapp-limit: the cards of a carousel are alike: this one has an image and 1 buttons, the first an image and a link',
      ],
    ],
    [
      `{ text: Hi, carousel: [${card('buttons: [A, B, C]')}, ${card('buttons: [D, E, F]')}] }`,
      ['whatsapp-limit: 3 buttons; a card has 2 at most', 'whatsapp-limit: 3 buttons; a card has 2 at most'],
    ],
    [
      `{ text: Hi, carousel: [${card('buttons: [A]')}, ${card('buttons: [A]')}] }`,
      ['whatsapp-limit: two buttons or rows have the id `A`'],
    ],
    [
      `{ text: Hi, carousel: [${card('text: Hi')}, ${card()}] }`,
      ['invalid-combination: a card needs `cta` or `buttons`'],
    ],
    [
      '{ template: { name: Pick Up, language: en } }',
      ['whatsapp-limit: the name of a template has lower-case letters, digits and _ only'],
    ],
    [
      '{ template: { name: t, language: en, cards: [{ buttons: [{ payload: a }, { payload: b }, { payload: c }] }] } }',
      [
        'whatsapp-limit: 1 card; the carousel of a template has 2 to 10',
        'whatsapp-limit: 3 buttons; a card has 2 at most',
      ],
    ],
    [
      `{ template: { name: t, language: en, buttons: [{ products: { sections: [{ items: [${Array(31).fill('a').join()}] }] } }] } }`,
      ['whatsapp-limit: 31 products; WhatsApp takes 30 in all sections together'],
    ],
    [
      '{ template: { name: t, language: en, buttons: [{ products: { sections: [{ items: [a] }] }, url: a }] } }',
      ['invalid-combination: a button of a template is one of payload, url, code, flow, catalog and products'],
    ],
    ['{ template: { name: t } }', ['missing-key: a template needs `language`']],
    [
      '{ template: { name: t, language: en, buttons: [{ goTo: x, url: a }] } }',
      ['invalid-combination: `goTo` needs `payload` beside it'],
    ],
    [
      '{ template: { name: t, language: en }, outsideWindow: skip }',
      ['invalid-combination: a template is sent outside the window, too'],
    ],
    [
      '{ text: Hi, outsideWindow: template }',
      ['invalid-value: which template? (write { template: { name: …, language: … } })'],
    ],
    [
      '{ text: Hi, outsideWindow: wat }',
      ['invalid-value: `wat` is not one of wait, skip, template (did you mean `wait`?)'],
    ],
    [
      '{ text: Hi, then: deliverd }',
      ['invalid-value: `deliverd` is not one of sent, delivered (did you mean `delivered`?)'],
    ],
    [
      '{ text: Hi, delay: 2m }',
      ['invalid-value: a message is delayed by a minute at most (use a `sleep` step before it)'],
    ],
    ['{ text: Hi, delay: soon }', ['invalid-value: a time is expected (write 1500ms or 2s)']],
    ['{ text: Hi, mode: loop }', ['invalid-combination: `mode` chooses among several texts, and there is one']],
    ['{ text: Hi, buttons: [A], previewUrl: true }', ['invalid-combination: only plain texts have link previews']],
    [
      '{ raw: { text: { body: Hi } } }',
      ['missing-key: a raw message needs `type` (write { type: text, text: { body: Hello } })'],
    ],
    ['{ raw: { type: text } }', ['missing-key: a raw message of type text has its content under `text`']],
    [
      '{ raw: { type: txet, txet: {} } }',
      ['~whatsapp-limit: `txet` is no type of message that is known here (did you mean `text`?)'],
    ],
    ['{ raw: { type: text, text: {}, to: "1" } }', ['~unknown-key: `to` is written by Parlance; leave it out']],
    ['{ raw: Hello }', ['invalid-value: a raw message is a map (write { type: text, text: { body: Hello } })']],
    [
      `{ text: Hi, buttons: [A, B, { id: c, title: ${long(22)}, when: input.text }, { id: d, title: D, when: input.text }] }`,
      ['~may-be-too-long: when `when` leaves three buttons or fewer, a title of 22 characters is cut to 20'],
    ],
  ])('%s', (said, expected) => expect(found(said)).toEqual(expected));

  it('is nothing in messages of every kind', () => {
    const fine = [
      `{ text: Hi, carousel: [${card()}, ${card()}] }`,
      '{ text: Hi, buttons: [{ title: Open, url: "{{ env.URL }}" }] }',
      '{ raw: { _cognigy: { _default: { _text: { text: Hi } } } } }',
      '{ text: [A, B], mode: loop, delay: 0ms, typing: true, markRead: true, then: sent, outsideWindow: wait, replyTo: true }',
      '{ template: { name: t, language: en, body: { a: "1" }, buttons: [{ payload: p, index: 2 }] } }',
    ];
    expect(fine.flatMap(found)).toEqual([]);
  });
});

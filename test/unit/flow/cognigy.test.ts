import { describe, expect, it } from 'vitest';
import { checkContent } from '../../../src/cloud-api/check-content.js';
import type { MessageContent } from '../../../src/shared/message.js';
import { type Talk, talkTo } from './talk.js';

/** What a bot says with this payload, checked as it is before it is sent. */
function says(payload: object): { talk: Talk; messages: MessageContent[] } {
  const raw = JSON.stringify(payload);
  const talk = talkTo(`steps:\n  - say: { raw: ${raw} }`);
  talk.say('Hi');
  const messages = talk.effects('send').map(({ message }) => message);
  for (const one of messages) expect(checkContent(one)).toEqual([]);
  return { talk, messages };
}
const ofDefault = (form: object) => says({ _cognigy: { _default: form } }).messages;
const failing = (form: object) => says({ _cognigy: { _default: form } }).talk.failures;

const postback = (title: string, payload = title.toLowerCase()) => ({ type: 'postback', title, payload });
const link = (title: string, url: string) => ({ type: 'web_url', title, url });
const item = (title: string, ...buttons: object[]) => ({
  title,
  subtitle: `About ${title}`,
  imageUrl: `https://x.example/${title}.png`,
  buttons,
});

describe("a payload of Cognigy's default channel", () => {
  it('says a text, its HTML as marks', () => {
    expect(ofDefault({ _text: { text: '<p>Hello <b>you</b></p><p>and<br><i>you</i></p>' } })).toEqual([
      { type: 'text', text: 'Hello *you*\nand\n_you_' },
    ]);
    expect(ofDefault({ text: 'Hello' })).toEqual([{ type: 'text', text: 'Hello' }]);
  });

  it('shows quick replies as buttons, whose payload is the answer', () => {
    const quickReplies = [
      { contentType: 'postback', title: 'Yes', payload: 'y' },
      { contentType: 'trigger_intent', title: 'Agent', intentName: 'human' },
      { contentType: 'postback', title: 'Later' },
    ];
    const messages = ofDefault({ _quickReplies: { type: 'quick_replies', text: 'Well?', quickReplies } });
    expect(messages).toEqual([
      {
        type: 'buttons',
        text: 'Well?',
        buttons: [
          { id: 'y', title: 'Yes' },
          { id: 'cIntent:human', title: 'Agent' },
          { id: 'Later', title: 'Later' },
        ],
      },
    ]);
  });

  it('makes a list of four buttons, and pages of more than ten', () => {
    const buttons = (count: number) => Array.from({ length: count }, (_, index) => postback(`B${index}`));
    const [four] = ofDefault({ _buttons: { type: 'buttons', text: 'Which?', buttons: buttons(4) } });
    expect(four).toMatchObject({ type: 'list', sections: [{ rows: [{ id: 'b0' }, {}, {}, { id: 'b3' }] }] });
    const [many] = ofDefault({ _buttons: { type: 'buttons', text: 'Which?', buttons: buttons(15) } });
    expect(many?.type === 'list' && many.sections[0]?.rows.length).toBe(10);
  });

  it('writes links and numbers into the text beside other buttons', () => {
    const buttons = [
      postback('Yes'),
      link('Site', 'https://x.example'),
      { type: 'phone_number', title: 'Call', payload: '+351 1' },
    ];
    expect(ofDefault({ _buttons: { text: 'Hello', buttons } })).toEqual([
      { type: 'buttons', text: 'Hello\nSite: https://x.example\nCall: +351 1', buttons: [{ id: 'yes', title: 'Yes' }] },
    ]);
    expect(ofDefault({ _buttons: { text: 'Hello', buttons: buttons.slice(1) } })).toEqual([
      { type: 'text', text: 'Hello\nSite: https://x.example\nCall: +351 1' },
    ]);
  });

  it('makes a lone link the button it is', () => {
    expect(ofDefault({ _buttons: { text: 'Hello', buttons: [link('Site', 'https://x.example')] } })).toEqual([
      { type: 'cta', text: 'Hello', title: 'Site', url: 'https://x.example' },
    ]);
  });

  it('shows a list whose items can be tapped as a list, also a short one', () => {
    const [list] = ofDefault({
      _list: { items: [item('Rye', postback('Take', 'rye')), item('Spelt', postback('Take', 'spelt'))] },
    });
    expect(list).toEqual({
      type: 'list',
      text: 'Choose',
      button: 'Choose',
      sections: [
        {
          rows: [
            { id: 'rye', title: 'Rye', description: 'About Rye' },
            { id: 'spelt', title: 'Spelt', description: 'About Spelt' },
          ],
        },
      ],
    });
  });

  it('shows a list nobody could tap as a text', () => {
    const items = [
      { title: 'Rye', subtitle: 'Dark', defaultActionUrl: 'https://x.example/rye' },
      item('Spelt', link('See', 'https://x.example/s')),
    ];
    expect(ofDefault({ _list: { items } })).toEqual([
      { type: 'text', text: '*Rye*\nDark\nhttps://x.example/rye\n\n*Spelt*\nAbout Spelt\nSee: https://x.example/s' },
    ]);
  });

  it('shows a gallery of like cards as a carousel that can be tapped', () => {
    const items = ['Rye', 'Spelt'].map((title) =>
      item(title, postback('Take', `take-${title}`), postback('More', `more-${title}`)),
    );
    const { talk, messages } = says({
      _cognigy: { _default: { _gallery: { type: 'carousel', fallbackText: 'Our bread', items } } },
    });
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({
      type: 'carousel',
      text: 'Our bread',
      cards: [
        { text: '*Rye*\nAbout Rye', buttons: [{ id: 'take-Rye', title: 'Take' }, { id: 'more-Rye' }] },
        { buttons: [{ id: 'take-Spelt' }, { id: 'more-Spelt' }] },
      ],
    });
    expect(JSON.stringify(talk.session?.state.menus)).toContain('more-Spelt');
  });

  it('shows any other gallery as a picture with its buttons for each card', () => {
    const items = [
      item('Rye', postback('Take', 'rye')),
      item('Spelt', link('See', 'https://x.example/s')),
      item('Oat'),
    ];
    expect(ofDefault({ _gallery: { items } })).toEqual([
      {
        type: 'buttons',
        text: '*Rye*\nAbout Rye',
        header: { type: 'image', link: 'https://x.example/Rye.png' },
        buttons: [{ id: 'rye', title: 'Take' }],
      },
      {
        type: 'cta',
        text: '*Spelt*\nAbout Spelt',
        header: { type: 'image', link: 'https://x.example/Spelt.png' },
        title: 'See',
        url: 'https://x.example/s',
      },
      { type: 'image', link: 'https://x.example/Oat.png', caption: '*Oat*\nAbout Oat' },
    ]);
  });

  it.each([
    [
      { _image: { imageUrl: 'https://x.example/a.png', imageAltText: 'Bread' } },
      { type: 'image', link: 'https://x.example/a.png', caption: 'Bread' },
    ],
    [{ _video: { videoUrl: 'https://x.example/a.mp4' } }, { type: 'video', link: 'https://x.example/a.mp4' }],
    [
      { _audio: { audioUrl: 'https://x.example/a.mp3', audioAltText: 'Song' } },
      { type: 'audio', link: 'https://x.example/a.mp3' },
    ],
  ])('sends the file of %j', (form, expected) => expect(ofDefault(form)).toEqual([expected]));

  it('has nothing to send of a typing indicator', () => {
    const { talk, messages } = says({ _cognigy: { _default: { _typing: { type: 'typing' } } } });
    expect([messages, talk.failures]).toEqual([[], []]);
  });

  it.each([
    [
      { _image: { imageUrl: 'kitten.png' } },
      '`_image` of Cognigy needs `imageUrl`, an address that begins with https://',
    ],
    [
      { _adaptiveCard: {} },
      '`_adaptiveCard` of Cognigy has no form on WhatsApp: send a text, an image or buttons instead',
    ],
    [{ _text: { text: 'a' }, _list: { items: [] } }, 'a Cognigy output has one form, this one has _text and _list'],
    [{ _buttons: 'no' }, '`_buttons` of a Cognigy output is a map'],
    [
      { _buttons: { text: 'a', buttons: [{ ...postback('Yes'), condition: 'context.x' }] } },
      'a `condition` in a Cognigy payload is not evaluated: use buttons with `when`',
    ],
    [
      { _buttons: { text: 'a', buttons: [{ type: 'share', title: 'x' }] } },
      'a Cognigy button is of the type postback, web_url, phone_number or trigger_intent',
    ],
  ])('%j is refused with what is wrong', (form, detail) => expect(failing(form)).toEqual([detail]));
});

describe('`_cognigy._whatsapp`', () => {
  it('is the Cloud API body, or several, whose buttons are remembered', () => {
    const body = {
      type: 'interactive',
      interactive: {
        type: 'button',
        body: { text: 'Well?' },
        action: { buttons: [{ type: 'reply', reply: { id: 'y', title: 'Yes' } }] },
      },
    };
    const { talk, messages } = says({ _cognigy: { _whatsapp: [body, { text: { body: 'And?' } }] } });
    expect(messages).toEqual([
      { type: 'raw', body },
      { type: 'raw', body: { type: 'text', text: { body: 'And?' } } },
    ]);
    expect(JSON.stringify(talk.session?.state.menus)).toContain('"y":null');
  });

  it('remembers rows and template replies, too', () => {
    const list = {
      type: 'list',
      body: { text: 'a' },
      action: { button: 'b', sections: [{ rows: [{ id: 'row-1', title: 'r' }] }] },
    };
    const template = {
      name: 't',
      language: { code: 'en' },
      components: [
        { type: 'button', sub_type: 'quick_reply', index: '0', parameters: [{ type: 'payload', payload: 'pay-1' }] },
      ],
    };
    const { talk } = says({
      _cognigy: {
        _whatsapp: [
          { type: 'interactive', interactive: list },
          { type: 'template', template },
        ],
      },
    });
    expect(JSON.stringify(talk.session?.state.menus)).toMatch(/row-1.*pay-1/);
  });
});

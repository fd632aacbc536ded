import { describe, expect, it } from 'vitest';
import { NoRecipientError, toMarkReadBody, toRequestBody } from '../../../src/cloud-api/to-wire.js';
import type { MessageContent } from '../../../src/shared/message.js';

const RITA = { waId: '351910000002', bsuid: 'PT.9' };
const buttons = [
  { id: 'a', title: 'A' },
  { id: 'b', title: 'B' },
];

describe('toRequestBody', () => {
  it.each<[string, MessageContent, object]>([
    ['a text', { type: 'text', text: 'Olá' }, { type: 'text', text: { body: 'Olá' } }],
    [
      'a text with a preview',
      { type: 'text', text: 'https://a.example', previewUrl: true },
      { type: 'text', text: { body: 'https://a.example', preview_url: true } },
    ],
    [
      'an image',
      { type: 'image', link: 'https://a.example/1.jpg', caption: 'one' },
      { type: 'image', image: { link: 'https://a.example/1.jpg', caption: 'one' } },
    ],
    [
      'an image without caption',
      { type: 'image', link: 'https://a.example/1.jpg' },
      { type: 'image', image: { link: 'https://a.example/1.jpg' } },
    ],
    [
      'buttons',
      { type: 'buttons', text: 'Which?', header: { type: 'text', text: 'Choose' }, footer: 'please', buttons },
      {
        type: 'interactive',
        interactive: {
          type: 'button',
          header: { type: 'text', text: 'Choose' },
          body: { text: 'Which?' },
          footer: { text: 'please' },
          action: {
            buttons: [
              { type: 'reply', reply: { id: 'a', title: 'A' } },
              { type: 'reply', reply: { id: 'b', title: 'B' } },
            ],
          },
        },
      },
    ],
    [
      'buttons under an image',
      { type: 'buttons', text: 'Which?', header: { type: 'image', link: 'https://a.example/1.jpg' }, buttons: [] },
      {
        type: 'interactive',
        interactive: {
          type: 'button',
          header: { type: 'image', image: { link: 'https://a.example/1.jpg' } },
          body: { text: 'Which?' },
          action: { buttons: [] },
        },
      },
    ],
    [
      'a list',
      {
        type: 'list',
        text: 'When?',
        button: 'Times',
        sections: [
          { title: 'Tuesday', rows: [{ id: '1', title: '9:00', description: 'early' }] },
          { rows: [{ id: '2', title: '10:00' }] },
        ],
      },
      {
        type: 'interactive',
        interactive: {
          type: 'list',
          body: { text: 'When?' },
          action: {
            button: 'Times',
            sections: [
              { title: 'Tuesday', rows: [{ id: '1', title: '9:00', description: 'early' }] },
              { rows: [{ id: '2', title: '10:00' }] },
            ],
          },
        },
      },
    ],
  ])('spells %s as Meta does', (_what, content, expected) => {
    expect(toRequestBody(content, RITA)).toEqual({
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: '+351910000002',
      ...expected,
    });
  });

  it('sends to the number when there is one, with a plus, else to the user id', () => {
    const text: MessageContent = { type: 'text', text: 'Olá' };
    expect(toRequestBody(text, RITA)).toMatchObject({ to: '+351910000002' });
    expect(toRequestBody(text, RITA)).not.toHaveProperty('recipient');
    expect(toRequestBody(text, { bsuid: 'PT.9' })).toMatchObject({ recipient: 'PT.9' });
    expect(toRequestBody(text, { waId: '', bsuid: 'PT.9' })).not.toHaveProperty('to');
    expect(() => toRequestBody(text, {})).toThrow(NoRecipientError);
    expect(() => toRequestBody(text, { waId: '', bsuid: '' })).toThrow(NoRecipientError);
  });

  it('carries our id and the quoted message when given', () => {
    const text: MessageContent = { type: 'text', text: 'Olá' };
    expect(toRequestBody(text, RITA, { callbackData: 'out-1', replyTo: 'wamid.1' })).toMatchObject({
      biz_opaque_callback_data: 'out-1',
      context: { message_id: 'wamid.1' },
    });
    expect(Object.keys(toRequestBody(text, RITA))).toEqual([
      'messaging_product',
      'recipient_type',
      'to',
      'type',
      'text',
    ]);
  });

  it('sends no key Meta does not know, whatever stands in a stored message', () => {
    const stored: MessageContent = JSON.parse(
      '{"type":"list","text":"t","note":1,"button":"b","sections":[{"id":7,"rows":[{"id":"1","title":"x","goTo":"y"}]}]}',
    );
    expect(JSON.stringify(toRequestBody(stored, RITA))).not.toMatch(/note|goTo|:7/);
  });
});

describe('toMarkReadBody', () => {
  it('marks as read, with typing or without', () => {
    const read = { messaging_product: 'whatsapp', status: 'read', message_id: 'wamid.1' };
    expect(toMarkReadBody('wamid.1', false)).toEqual(read);
    expect(toMarkReadBody('wamid.1', true)).toEqual({ ...read, typing_indicator: { type: 'text' } });
  });
});

import { expect, it } from 'vitest';
import { contactMessage, offersOf, tapMessage } from '../../../src/rehearsal/contact-message.js';
import type { Said } from '../../../src/rehearsal/conversation.js';
import type { JsonObject } from '../../../src/shared/json.js';
import { readItem } from '../../../src/webhook/read-item.js';

const MENU: Said = {
  wamid: 'wamid.bot-1',
  content: { type: 'buttons', text: 'Well?', buttons: [{ id: 'yes', title: 'Yes!' }] },
  flow: 'bot',
  step: 'ask',
  atMs: 0,
};
const LIST: Said = {
  ...MENU,
  wamid: 'wamid.bot-2',
  content: {
    type: 'list',
    text: 'Which?',
    button: 'Choose',
    sections: [{ rows: [{ id: 'rye', title: 'Rye', description: 'Dark' }] }],
  },
};

function readBack(message: JsonObject) {
  return readItem({ messageId: 'm', message: { id: 'wamid.contact-1', from: '1', ...message } });
}

it.each<[string, JsonObject, JsonObject]>([
  ['a text', { text: 'Hi' }, { type: 'text', text: 'Hi' }],
  [
    'a picture',
    { image: { caption: 'Look' } },
    { type: 'image', text: 'Look', attachments: [expect.objectContaining({ type: 'image', mimeType: 'image/jpeg' })] },
  ],
  ['a voice message', { voice: {} }, { type: 'audio', attachments: [expect.objectContaining({ voice: true })] }],
  [
    'a file',
    { document: { filename: 'a.pdf' } },
    { type: 'document', attachments: [expect.objectContaining({ name: 'a.pdf' })] },
  ],
  [
    'a place',
    { location: { latitude: 38.7, longitude: -9.1 } },
    { type: 'location', data: { location: { latitude: 38.7, longitude: -9.1 } } },
  ],
  [
    'a card',
    { contacts: { name: 'Ben', phone: '+44 7700 900123' } },
    {
      type: 'contacts',
      data: { contacts: [expect.objectContaining({ phones: [expect.objectContaining({ waId: '447700900123' })] })] },
    },
  ],
  [
    'a reaction',
    { reaction: '👍' },
    { type: 'reaction', data: { reaction: { messageId: 'wamid.bot-1', emoji: '👍', removed: false } } },
  ],
  [
    'a form',
    { form: { size: 'L' } },
    { type: 'interactive', data: { form: { name: 'flow', body: 'Sent', response: { size: 'L' } } } },
  ],
  ['something unknown', { unsupported: 'poll' }, { type: 'unsupported', supported: false }],
  ['a message of Meta’s own', { raw: { type: 'text', text: { body: 'raw' } } }, { type: 'text', text: 'raw' }],
  ['a text behind an ad', { text: 'Hi', referral: { source_id: '7' } }, { text: 'Hi', referral: { sourceId: '7' } }],
])('%s arrives as what flows know', (_name, sent, seen) =>
  expect(readBack(contactMessage(sent, [MENU])).message).toMatchObject(seen),
);

it.each<[string, Said, JsonObject]>([
  ['button', MENU, { kind: 'button', id: 'yes', title: 'Yes!' }],
  ['row', LIST, { kind: 'list', id: 'rye', title: 'Rye', description: 'Dark' }],
])('a tap on a %s quotes its message', (_name, said, reply) => {
  const [offer] = offersOf([said]);
  if (offer === undefined) throw new Error('nothing is offered');
  const { message } = readBack(tapMessage(offer));
  expect(message).toMatchObject({ text: reply.id, data: { reply }, repliedTo: { id: said.wamid } });
});

it('offers the newest first', () =>
  expect(offersOf([MENU, LIST]).map(({ choice }) => choice.id)).toEqual(['rye', 'yes']));

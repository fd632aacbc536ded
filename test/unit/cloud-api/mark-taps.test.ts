import { expect, it } from 'vitest';
import { checkContent } from '../../../src/cloud-api/check-content.js';
import { markTaps } from '../../../src/cloud-api/mark-taps.js';
import type { MessageContent } from '../../../src/shared/message.js';
import { markedId, readMarkedId } from '../../../src/shared/tap-id.js';
import { readMessage } from '../../../src/webhook/read-message.js';

const CARD = { header: { type: 'image' as const, link: 'https://x.example/1.png' } };
const KINDS: MessageContent[] = [
  { type: 'buttons', text: 'Which?', buttons: [{ id: 'a', title: 'A' }] },
  { type: 'list', text: 'Which?', button: 'Open', sections: [{ rows: [{ id: 'a', title: 'A' }] }] },
  { type: 'carousel', text: 'Which?', cards: [1, 2].map(() => ({ ...CARD, buttons: [{ id: 'a', title: 'A' }] })) },
  { type: 'template', name: 't', language: 'en', buttons: [{ index: 0, type: 'reply', payload: 'a' }] },
  {
    type: 'template',
    name: 't',
    language: 'en',
    cards: [1, 2].map(() => ({ buttons: [{ index: 0, type: 'reply', payload: 'a' }] })),
  },
];

it.each(KINDS.map((content) => [content.type, content] as const))(
  'every id of a %s says which menu it is of',
  (_type, content) => {
    const marked = JSON.stringify(markTaps(content, 'k3f'));
    expect(marked).toBe(JSON.stringify(content).replaceAll('"a"', '"a~of~k3f"'));
  },
);

it('what is no menu, and what a flow spelled for Meta itself, stays as it is', () => {
  const raw: MessageContent = { type: 'raw', body: { type: 'interactive', interactive: { reply: { id: 'a' } } } };
  for (const content of [raw, { type: 'text', text: 'a' } satisfies MessageContent])
    expect(markTaps(content, 'k3f')).toBe(content);
});

it('an id that would be too long for Meta stays as it is', () => {
  const longest: MessageContent = { type: 'buttons', text: 'Which?', buttons: [{ id: 'ä'.repeat(250), title: 'A' }] };
  const fits: MessageContent = { type: 'buttons', text: 'Which?', buttons: [{ id: 'ä'.repeat(249), title: 'A' }] };
  expect(markTaps(longest, 'k3f')).toEqual(longest);
  expect(checkContent(markTaps(fits, 'k3f'))).toEqual([]);
  expect(markTaps(fits, 'k3f')).not.toEqual(fits);
});

it.each([
  [
    'button_reply',
    { type: 'interactive', interactive: { type: 'button_reply', button_reply: { id: 'a~of~k3f', title: 'A' } } },
    'button',
  ],
  [
    'list_reply',
    { type: 'interactive', interactive: { type: 'list_reply', list_reply: { id: 'a~of~k3f', title: 'A' } } },
    'list',
  ],
  ['a template', { type: 'button', button: { payload: 'a~of~k3f', text: 'A' } }, 'template'],
])('a tap on %s is read without it', (_name, message, kind) => {
  const read = readMessage({ messageId: 'm', type: message.type, message });
  expect(read).toMatchObject({ text: 'a', menu: 'k3f', data: { reply: { kind, id: 'a', title: 'A' } } });
});

it.each(['a', '~of~k3f', 'a~of~', 'a~of~K3', 'a~of~12345678', 'a~of~k3f '])('%j names no menu', (id) => {
  expect(readMarkedId(id)).toEqual({ id });
});

it('an id with anything in it comes back whole', () => {
  for (const id of ['a~of~b', 'line\nbreak', '🙂', ' ']) {
    expect(readMarkedId(markedId(id, 'k3f', 256))).toEqual({ id, menu: 'k3f' });
  }
});

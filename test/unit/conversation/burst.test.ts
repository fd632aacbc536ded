import { describe, expect, it } from 'vitest';
import { joinMessages, type PlanInput, planTurn } from '../../../src/conversation/burst.js';
import type { InboxItem, MessageItem } from '../../../src/inbound/item.js';
import { message } from '../flow/talk.js';

const text = (acceptedMs: number, type = 'text'): MessageItem => ({
  kind: 'message',
  messageId: `m${acceptedMs}`,
  acceptedMs,
  timestampMs: undefined,
  contact: {},
  message: { type },
});
const timer: InboxItem = { kind: 'timer', token: 't', acceptedMs: 0 };
const plan = (items: PlanInput['items'], other: Partial<PlanInput> = {}) =>
  planTurn({
    items,
    arrival: undefined,
    duringSleep: 'interrupt',
    collectMs: 1_000,
    nowMs: 0,
    joins: (item) => item.message.type === 'text',
    ...other,
  });

describe('a burst', () => {
  it.each<[string, PlanInput['items'], Partial<PlanInput>, ReturnType<typeof planTurn>]>([
    ['waits for its window', [text(0)], { nowMs: 999 }, { do: 'collect', untilMs: 1_000 }],
    ['waits anew with each message', [text(0), text(900)], { nowMs: 1_000 }, { do: 'collect', untilMs: 1_900 }],
    ['is handled when nothing came', [text(0), text(900)], { nowMs: 1_900 }, { do: 'turn', items: 2 }],
    [
      'does not wait for ever',
      [0, 900, 1_800, 2_700, 3_600, 4_500].map((ms) => text(ms)),
      { nowMs: 4_600 },
      { do: 'collect', untilMs: 5_000 },
    ],
    ['ends with a tap, which is a turn of its own', [text(0), text(1, 'interactive')], {}, { do: 'turn', items: 1 }],
    ['ends with a timer', [text(0), text(1), timer, text(2)], {}, { do: 'turn', items: 2 }],
    ['is none for a tap', [text(0, 'interactive'), text(1)], {}, { do: 'turn', items: 1 }],
    ['is none for what cannot be read', [undefined, text(1)], {}, { do: 'turn', items: 1 }],
    [
      'has the window of the open question',
      [text(0)],
      { collectMs: 0, arrival: { collectMs: 50 } },
      { do: 'collect', untilMs: 50 },
    ],
    ['is not collected when nobody asked for it', [text(0), text(1)], { collectMs: 0 }, { do: 'turn', items: 1 }],
    ['ends a sleep at once', [text(0)], { arrival: { asleep: true } }, { do: 'turn', items: 1 }],
    ['waits for the end of a sleep', [text(0)], { arrival: { asleep: true }, duringSleep: 'queue' }, { do: 'sleepOn' }],
    [
      'lets the end of a sleep go first',
      [timer, text(0)],
      { arrival: { asleep: true }, duringSleep: 'queue' },
      { do: 'turn', items: 1 },
    ],
  ])('%s', (_what, items, other, expected) => expect(plan(items, other)).toEqual(expected));
});

describe('joined messages', () => {
  it('are one: texts below each other, all attachments, the last one answered', () => {
    const joined = joinMessages([
      message({ messageId: 'a', text: 'Hello', referral: { source: 'ad' } }),
      message({ messageId: 'b', type: 'image', text: '', attachments: [{ id: 1 }], data: { x: 1 } }),
      message({ messageId: 'c', type: 'sticker', supported: false, attachments: [{ id: 2 }] }),
      message({ messageId: 'd', text: 'there', data: { y: 2 }, repliedTo: { id: 'q' } }),
    ]);
    expect(joined).toEqual(
      message({
        messageId: 'd',
        type: 'sticker',
        text: 'Hello\nthere',
        data: { x: 1, y: 2 },
        attachments: [{ id: 1 }, { id: 2 }],
        referral: { source: 'ad' },
        repliedTo: { id: 'q' },
      }),
    );
  });

  it('are themselves when there is only one', () => {
    const one = message({ text: 'x' });
    expect(joinMessages([one])).toBe(one);
  });
});

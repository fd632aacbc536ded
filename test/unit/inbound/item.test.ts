import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeItem, encodeMessage, splitStored } from '../../../src/inbound/item.js';
import type { JsonObject } from '../../../src/shared/json.js';

describe('an inbox item', () => {
  it('comes back as it was stored, whatever a contact wrote', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.option(fc.integer()), (text, ts) => {
        const message: JsonObject = { id: 'wamid.1', type: 'text', text: { body: text } };
        const contact = { waId: '351', bsuid: 'PT.1', name: text };
        const timestampMs = ts ?? undefined;
        const event = { kind: 'message', phoneNumberId: '1', wamid: 'w', timestampMs, contact, type: 'text', message };
        const payload = encodeMessage({ ...event, kind: 'message' }, 'id', 5);
        expect(splitStored(`17|${payload}`)).toEqual({ seq: '17', payload });
        expect(decodeItem(payload)).toEqual({
          kind: 'message',
          messageId: 'id',
          acceptedMs: 5,
          timestampMs,
          contact,
          message,
        });
      }),
    );
  });

  it('of a timer is what the due script writes', () => {
    expect(decodeItem('{"k":"timer","token":"x","at":5}')).toEqual({ kind: 'timer', token: 'x', acceptedMs: 5 });
  });

  it.each([
    '',
    'null',
    '[]',
    '{',
    '{"k":"timer","at":5}',
    '{"k":"message","id":"a","at":5,"c":{}}',
    '{"k":"message","id":"a","at":"5","c":{},"m":{}}',
    '{"k":"telegram","at":5}',
  ])('that no version of ours wrote (%s) is undefined', (payload) => {
    expect(decodeItem(payload)).toBeUndefined();
  });

  it('takes only what it knows of an identity', () => {
    const item = decodeItem('{"k":"message","id":"a","at":5,"c":{"waId":7,"bsuid":"PT.1","evil":"x"},"m":{}}');
    expect(item?.kind === 'message' && item.contact).toEqual({ bsuid: 'PT.1' });
  });
});

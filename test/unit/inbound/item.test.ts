import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeItem, encodeMessage, splitStored } from '../../../src/inbound/item.js';
import type { JsonObject } from '../../../src/shared/json.js';

const id = fc.constantFrom('351910000000', 'PT.1', '+351910000000', '');
const ids = fc.record({ waId: id, bsuid: id }, { requiredKeys: [] });
/** What Meta says in the message as well, the same or something else. */
const said = fc.record(
  { from: id, from_user_id: id, timestamp: fc.constantFrom('1772000000', '', 'soon', '99999999999999') },
  { requiredKeys: [] },
);

describe('an inbox item', () => {
  it('comes back as it was stored, whatever a contact wrote', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.option(fc.integer()),
        ids,
        said,
        (text, ts, contactIds, repeated) => {
          const message: JsonObject = { id: 'wamid.1', type: 'text', text: { body: text }, ...repeated };
          const contact = { ...contactIds, name: text };
          const timestampMs = ts === null ? undefined : ts % 3 === 0 ? 1_772_000_000_000 : ts;
          const event = { phoneNumberId: '1', wamid: 'w', timestampMs, contact, type: 'text', message };
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
        },
      ),
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
    '{"id":"a","at":5,"c":{}}',
    '{"id":"a","at":"5","c":{},"m":{}}',
    '{"k":"telegram","at":5}',
  ])('that no version of ours wrote (%s) is undefined', (payload) => {
    expect(decodeItem(payload)).toBeUndefined();
  });

  it('takes only what it knows of an identity', () => {
    const item = decodeItem('{"id":"a","at":5,"c":{"waId":7,"bsuid":"PT.1","evil":"x"},"m":{}}');
    expect(item?.kind === 'message' && item.contact).toEqual({ bsuid: 'PT.1' });
  });
});

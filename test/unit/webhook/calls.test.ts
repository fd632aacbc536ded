import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/shared/json.js';
import { callsIn } from '../../../src/webhook/calls.js';

const PHONE = '700000000000001';
const call = {
  id: 'wacid.A1',
  from: '351910000002',
  to: '351210000001',
  event: 'connect',
  timestamp: '1763700000',
  direction: 'USER_INITIATED',
  session: { sdp_type: 'offer', sdp: 'v=0' },
};
const called = {
  kind: 'routing',
  phoneNumberId: PHONE,
  id: 'wacid.A1',
  timestampMs: 1_763_700_000_000,
  contact: { waId: '351910000002' },
  is: 'called',
};

describe('calls', () => {
  it('of contacts are read, with what is known of who they are', () => {
    expect(callsIn({ calls: [call] }, PHONE)).toEqual([called]);
    const value = {
      contacts: [{ user_id: 'PT.1', profile: { name: 'Rita' } }],
      calls: [{ ...call, from: '', from_user_id: 'PT.1' }],
    };
    expect(callsIn(value, PHONE)).toMatchObject([{ contact: { bsuid: 'PT.1' } }]);
  });

  it('are one event however many steps they have', () => {
    const ids = callsIn({ calls: [call, { ...call, event: 'terminate' }] }, PHONE).map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set(['wacid.A1']));
  });

  it.each<[string, JsonObject]>([
    ['of the business', { calls: [{ ...call, direction: 'BUSINESS_INITIATED' }] }],
    ['of nobody', { calls: [{ ...call, from: '' }] }],
    ['without an id', { calls: [{ ...call, id: 7 }] }],
    ['that ring', { statuses: [{ id: 'wacid.A1', status: 'RINGING', recipient_id: '351910000002' }] }],
    ['of no shape', { calls: ['x', null, [], { from: {} }] }],
    ['that are no list', { calls: 'x' }],
  ])('%s are none of ours', (_what, value) => expect(callsIn(value, PHONE)).toEqual([]));
});

import { describe, expect, it } from 'vitest';
import { judgeGraphVersion } from '../../../src/cloud-api/graph-versions.js';

const at = (day: string) => Date.parse(`${day}T12:00:00Z`);

describe('a Graph API version', () => {
  it.each([
    ['v25.0', '2026-11-21', 'supported'],
    ['v26.0', '2031-01-01', 'supported'],
    ['v25.0', '2028-04-29', 'supported'],
    ['v25.0', '2028-05-01', 'ending'],
    ['v25.0', '2028-07-28', 'ending'],
    ['v25.0', '2028-07-29', 'ended'],
    ['v20.0', '2026-11-21', 'ended'],
    ['v99.0', '2026-11-21', 'unknown'],
    ['constructor', '2026-11-21', 'unknown'],
  ])('%s on %s is %s', (version, day, state) => {
    expect(judgeGraphVersion(version, at(day)).state).toBe(state);
  });

  it('says what to do before it ends, and after', () => {
    expect(judgeGraphVersion('v25.0', at('2028-07-01'))).toEqual({
      state: 'ending',
      daysLeft: 28,
      advice:
        'Graph API v25.0 ends on 2028-07-29, in 28 days: set graphVersion to v26.0, here and for the webhook subscription of the app',
    });
    expect(judgeGraphVersion('v20.0', at('2026-11-21')).advice).toBe(
      'Graph API v20.0 ended on 2026-09-24, Meta answers as another version: set graphVersion to v26.0, here and for the webhook subscription of the app',
    );
    expect(judgeGraphVersion('v99.0', at('2026-11-21')).advice).toContain('v20.0 to v26.0');
  });

  it('says nothing while all is well', () => {
    expect(judgeGraphVersion('v25.0', at('2026-11-21'))).toMatchObject({ advice: '' });
  });
});

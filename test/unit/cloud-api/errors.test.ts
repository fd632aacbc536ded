import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GraphError, ruleFor, verdictFor } from '../../../src/cloud-api/errors.js';

const error = (code: number, overrides: Partial<GraphError> = {}): GraphError => ({
  code,
  httpStatus: 400,
  isTransient: false,
  ...overrides,
});
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

const PAUSING = [
  ...[0, 3, 10, 33, 102, 104, 190, 463, 467, 368, 131005, 131031, 131037, 131042, 131044, 131045, 131048, 131064],
  ...[133000, 133005, 133006, 133010, 134011],
  ...range(200, 299),
];
const FINAL = [
  ...[100, 130403, 130472, 130497, 131008, 131009, 131020, 131021, 131026, 131030, 131036, 131041, 131049, 131050],
  ...[131051, 131052, 131055, 131062, 131063, 131201, 131202, 131204, 131207, 132000, 132001, 132005, 132007, 132008],
  ...[132012, 132015, 132016, 132018, 132068, 134100, 134102, 135000, 136024, 139100, 139101],
  ...range(138000, 138025),
  ...range(147001, 147005),
  ...range(2593107, 2593109),
  ...[141002, 2388093],
];
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe('verdictFor', () => {
  it.each(PAUSING)('pauses the endpoint on %i', (code) => {
    for (const httpStatus of [200, 400, 401, 403, 500]) {
      expect(verdictFor(error(code, { httpStatus }), 1)).toEqual({
        outcome: 'paused',
        code,
        reason: expect.stringMatching(/^[a-z_]+$/),
        mayHaveBeenSent: false,
      });
    }
  });

  it.each(FINAL)('gives a message up on %i', (code) => {
    for (const httpStatus of [200, 400, 404, 500]) {
      expect(verdictFor(error(code, { httpStatus }), 1)).toEqual({
        outcome: 'rejected',
        code,
        reason: expect.stringMatching(/^[a-z_]+$/),
        mayHaveBeenSent: false,
      });
    }
  });

  it('asks for a template when the 24 hours are over', () => {
    expect(verdictFor(error(131047), 1)).toEqual({
      outcome: 'rejected',
      code: 131047,
      reason: 'window_closed',
      remedy: 'template',
      mayHaveBeenSent: false,
    });
  });

  it.each([
    ['the app rate', 4, 'number', [MINUTE, 2 * MINUTE, 4 * MINUTE]],
    ['the account rate', 80007, 'number', [MINUTE, 2 * MINUTE, 4 * MINUTE]],
    ['the throughput', 130429, 'number', [SECOND, 2 * SECOND, 4 * SECOND]],
    ['the pair rate', 131056, 'pair', [SECOND, 4 * SECOND, 16 * SECOND, 64 * SECOND, 256 * SECOND, 270 * SECOND]],
    ['maintenance', 131057, 'number', [MINUTE, MINUTE]],
    ['a migration', 2494100, 'number', [MINUTE, MINUTE]],
    ['the group rate', 131208, 'message', [SECOND, 2 * SECOND]],
    ['a flow’s rate', 132069, 'message', [HOUR, HOUR]],
    ['too many PIN guesses', 133008, 'number', [MINUTE, 2 * MINUTE]],
    ['too quick PIN guesses', 133009, 'number', [MINUTE, 2 * MINUTE]],
    ['a deleted number', 133015, 'number', [5 * MINUTE]],
    ['too many registrations', 133016, 'number', [72 * HOUR]],
    ['a template that is syncing', 134101, 'message', [10 * MINUTE]],
    ['a concurrent block', 139102, 'message', [SECOND]],
    ['a failed block', 139103, 'message', [SECOND]],
  ])('waits out %s (%i) for the %s, and nothing was sent', (_what, code, scope, waits) => {
    for (const [i, afterMs] of waits.entries()) {
      expect(verdictFor(error(code), i + 1)).toMatchObject({
        outcome: 'retry',
        code,
        scope,
        afterMs,
        mayHaveBeenSent: false,
      });
    }
    expect(verdictFor(error(code), 100).outcome).toBe('retry');
  });

  it.each([
    [1, 'message', 2],
    [2, 'number', 3],
    [131000, 'message', 3],
    [131016, 'number', 3],
    [133004, 'number', 3],
  ])('tries again after %i, for the %s, but %i times at most: it may have been sent', (code, scope, tries) => {
    for (const attempt of range(1, tries - 1)) {
      expect(verdictFor(error(code, { httpStatus: 500 }), attempt)).toMatchObject({
        outcome: 'retry',
        scope,
        afterMs: SECOND * 2 ** (attempt - 1),
        mayHaveBeenSent: true,
      });
    }
    expect(verdictFor(error(code), tries)).toMatchObject({ outcome: 'rejected', code, mayHaveBeenSent: true });
  });

  it('fetches linked media once more', () => {
    expect(verdictFor(error(131053), 1)).toMatchObject({ outcome: 'retry', scope: 'message', mayHaveBeenSent: false });
    expect(verdictFor(error(131053), 2)).toMatchObject({ outcome: 'rejected', reason: 'media_failed' });
  });

  it.each([4, 80007])('waits after %i as long as Meta estimates', (code) => {
    expect(verdictFor(error(code, { regainAccessMs: 7 * MINUTE }), 5)).toMatchObject({ afterMs: 7 * MINUTE });
  });

  it('does not take Meta’s estimate for limits it does not speak of', () => {
    expect(verdictFor(error(131056, { regainAccessMs: HOUR }), 1)).toMatchObject({ afterMs: SECOND });
  });

  it('believes Meta when it calls a final error transient, three times', () => {
    const transient = error(100, { isTransient: true });
    expect(verdictFor(transient, 1)).toMatchObject({ outcome: 'retry', scope: 'message', mayHaveBeenSent: false });
    expect(verdictFor(transient, 2)).toMatchObject({ outcome: 'retry', afterMs: 2 * SECOND });
    expect(verdictFor(transient, 3)).toMatchObject({ outcome: 'rejected', reason: 'invalid_parameter' });
    expect(verdictFor(error(3, { isTransient: true, httpStatus: 500 }), 1)).toMatchObject({ mayHaveBeenSent: true });
    expect(verdictFor(error(3, { isTransient: true, httpStatus: 500 }), 3)).toMatchObject({ outcome: 'paused' });
  });

  it.each([
    ['a client’s fault', 400, { outcome: 'rejected', reason: 'unknown_code', mayHaveBeenSent: false }],
    ['a transient one', 400, { outcome: 'retry', mayHaveBeenSent: false }],
    ['a throttle', 429, { outcome: 'retry', scope: 'number', mayHaveBeenSent: false }],
    ['a server’s fault', 500, { outcome: 'retry', scope: 'message', mayHaveBeenSent: true }],
    ['an error in a success', 200, { outcome: 'unknown', mayHaveBeenSent: true }],
  ])('goes by the HTTP status for a code to come: %s', (what, httpStatus, expected) => {
    const isTransient = what === 'a transient one';
    expect(verdictFor(error(999_999, { httpStatus, isTransient }), 1)).toMatchObject({ code: 999_999, ...expected });
  });

  it('bounds the tries of an unknown server’s fault', () => {
    expect(verdictFor(error(999_999, { httpStatus: 503 }), 3)).toMatchObject({
      outcome: 'rejected',
      reason: 'unknown_server_error',
      mayHaveBeenSent: true,
    });
  });

  it('never waits for no time, for more than 72 hours, or without a word for it', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.integer(), fc.integer({ min: 130_000, max: 140_000 }), fc.integer({ min: 0, max: 400 })),
        fc.integer({ min: 100, max: 599 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 10_000 }),
        (code, httpStatus, isTransient, attempt) => {
          const verdict = verdictFor({ code, httpStatus, isTransient }, attempt);
          expect(verdict.reason).toMatch(/^[a-z_]+$/);
          if (verdict.outcome !== 'retry') return;
          expect(verdict.afterMs).toBeGreaterThanOrEqual(SECOND);
          expect(verdict.afterMs).toBeLessThanOrEqual(72 * HOUR);
        },
      ),
    );
  });
});

describe('ruleFor', () => {
  it('says where a rule comes from when it is not Meta’s page', () => {
    expect(ruleFor(132008)?.source).toBe('clients');
    expect(ruleFor(463)?.source).toBe('unconfirmed');
    expect(ruleFor(190)?.source).toBeUndefined();
  });

  it.each([5, 199, 300, 138026, 147006, 2387999])('does not know %i', (code) => expect(ruleFor(code)).toBeUndefined());
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodePointer,
  encodePointer,
  fateOf,
  type Pointer,
  rolledBack,
  switched,
  versionFor,
  withCanary,
  withdrawn,
} from '../../../src/flow-versions/pointer.js';

const never = () => false;
/** Switched to each version, one after the other. */
function pointerAfter(...versions: string[]): Pointer {
  const [first = 'a', ...others] = versions;
  return others.reduce((pointer, version) => switched(pointer, version, 0), switched(undefined, first, 0));
}
const pointer = fc
  .array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 8 })
  .map((versions) => pointerAfter(...versions));
const contact = fc.string({ minLength: 1, maxLength: 20 });

describe('a canary', () => {
  it('keeps a contact on its side for as long as it grows', () => {
    fc.assert(
      fc.property(contact, fc.integer({ min: 1, max: 98 }), fc.integer({ min: 1, max: 99 }), (who, one, other) => {
        const [small, large] = [Math.min(one, other), Math.max(one, other)];
        const at = (percent: number) => versionFor(withCanary(pointerAfter('a'), { version: 'b', percent }, 0), who);
        expect(at(small)).toBe(at(small));
        if (at(small) === 'b') expect(at(large)).toBe('b');
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([1, 10, 50, 99])('of %i % is met by about that share of contacts', (percent) => {
    const split = withCanary(pointerAfter('a'), { version: 'b', percent }, 0);
    const contacts = Array.from({ length: 20_000 }, (_, i) => `contact-${i}`);
    const share = contacts.filter((who) => versionFor(split, who) === 'b').length / contacts.length;
    // Six standard deviations.
    expect(Math.abs(share - percent / 100)).toBeLessThan(
      6 * Math.sqrt(((percent / 100) * (1 - percent / 100)) / 20_000),
    );
  });

  it('is met by others than the last one', () => {
    const contacts = Array.from({ length: 2_000 }, (_, i) => `contact-${i}`);
    const met = (version: string) =>
      contacts.filter((who) => versionFor(withCanary(pointerAfter('a'), { version, percent: 50 }, 0), who) === version);
    const second = new Set(met('c'));
    const both = met('b').filter((who) => second.has(who)).length;
    expect(both).toBeGreaterThan(350);
    expect(both).toBeLessThan(650);
  });

  it('ends with a rollback, and becomes the version of all with a switch', () => {
    const split = withCanary(pointerAfter('a', 'b'), { version: 'c', percent: 10 }, 0);
    expect(rolledBack(split, 0, never)).toMatchObject({ version: 'b', canary: undefined, earlier: ['a'] });
    expect(switched(split, 'c', 0)).toMatchObject({ version: 'c', canary: undefined, earlier: ['a', 'b'] });
  });

  it('leaves the sessions of both sides alone', () => {
    const moved = { ...pointerAfter('a', 'b'), fates: { b: 'move', c: 'end' } } as const;
    const split = withCanary(moved, { version: 'c', percent: 10 }, 0);
    expect([fateOf(split, 'b'), fateOf(split, 'c')]).toEqual(['keep', 'keep']);
  });
});

describe('a rollback', () => {
  it('takes one step back at a time', () => {
    const once = rolledBack(pointerAfter('a', 'b', 'c'), 0, never);
    expect(once?.version).toBe('b');
    const twice = rolledBack(once ?? expect.fail(), 0, never);
    expect(twice?.version).toBe('a');
    expect(rolledBack(twice ?? expect.fail(), 0, never)).toBeUndefined();
  });

  it('to a version forgets what came behind it; to one never used here it remembers where it was', () => {
    const to = (target: string) => rolledBack(pointerAfter('a', 'b', 'c'), 0, never, target);
    expect(to('a')).toMatchObject({ version: 'a', earlier: [] });
    expect(to('x')).toMatchObject({ version: 'x', earlier: ['a', 'b', 'c'] });
    expect(to('c')).toBeUndefined();
  });

  it('passes over what was withdrawn', () => {
    expect(rolledBack(pointerAfter('a', 'b', 'c'), 0, (one) => one === 'b')?.version).toBe('a');
    expect(rolledBack(pointerAfter('a', 'b'), 0, (one) => one === 'a')).toBeUndefined();
  });

  it('touches no running session', () => {
    expect(rolledBack(pointerAfter('a', 'b'), 0, never)?.fates).toEqual({});
  });
});

describe('a switch', () => {
  it('moves or ends the sessions of all versions before, but spares no withdrawn one', () => {
    const out = withdrawn(pointerAfter('a', 'b'), 'a', 'end', 0, never) ?? expect.fail();
    const moved = switched(out, 'c', 0, 'move');
    expect(['a', 'b', 'c'].map((one) => fateOf(moved, one))).toEqual(['end', 'move', 'keep']);
  });

  it('to what is in use changes nothing but its revision', () => {
    expect(switched(pointerAfter('a', 'b'), 'b', 5)).toEqual({ ...pointerAfter('a', 'b'), revision: 3, changedMs: 5 });
  });

  it('back to a version saves the sessions of it that have not met their fate yet', () => {
    const moved = switched(pointerAfter('a'), 'b', 0, 'move');
    expect(fateOf(moved, 'a')).toBe('move');
    expect(fateOf(switched(moved, 'a', 0), 'a')).toBe('keep');
  });

  it('remembers no more than it needs, however often a file is saved', () => {
    let at = pointerAfter('v0');
    for (let i = 1; i < 600; i++) at = switched(at, `v${i}`, 0, 'move');
    expect(at.earlier).toHaveLength(50);
    expect(Object.keys(at.fates).length).toBeLessThanOrEqual(500);
    expect(fateOf(at, 'v598')).toBe('move');
  });
});

describe('withdrawing', () => {
  it.each([
    ['the version in use goes back to the one before', pointerAfter('a', 'b'), 'b', { version: 'a', earlier: [] }],
    ['one from before leaves the use as it is', pointerAfter('a', 'b'), 'a', { version: 'b', earlier: [] }],
    [
      'a canary ends it',
      withCanary(pointerAfter('a'), { version: 'b', percent: 5 }, 0),
      'b',
      { version: 'a', canary: undefined },
    ],
    [
      'the version beside a canary ends both',
      withCanary(pointerAfter('a', 'b'), { version: 'c', percent: 5 }, 0),
      'b',
      { version: 'a', canary: undefined },
    ],
  ] as const)('%s', (_what, before, version, expected) => {
    const out = withdrawn(before, version, 'end', 0, never) ?? expect.fail();
    expect(out).toMatchObject(expected);
    expect(fateOf(out, version)).toBe('end');
  });

  it('the only version there is, is refused', () => {
    expect(withdrawn(pointerAfter('a'), 'a', 'move', 0, never)).toBeUndefined();
  });

  it('never leaves the version in use, nor as a place to go back to', () => {
    fc.assert(
      fc.property(
        pointer,
        fc.constantFrom('a', 'b', 'c', 'd'),
        fc.constantFrom('keep', 'move', 'end'),
        (at, out, fate) => {
          const left = withdrawn(at, out, fate, 0, never);
          if (left === undefined) {
            expect(at.version).toBe(out);
            return;
          }
          expect(left.version).not.toBe(out);
          expect(left.earlier).not.toContain(out);
          expect(fateOf(left, out)).toBe(fate);
          expect(left.revision).toBe(at.revision + 1);
        },
      ),
    );
  });
});

it('is stored as the same text every time', () => {
  fc.assert(
    fc.property(pointer, fc.boolean(), (at, hasCanary) => {
      const one = hasCanary ? withCanary(at, { version: 'x', percent: 2.5 }, 7) : switched(at, 'y', 7, 'end');
      expect(encodePointer(decodePointer(encodePointer(one)))).toBe(encodePointer(one));
      expect(decodePointer(encodePointer(one))).toEqual(one);
    }),
  );
  expect(() => decodePointer('{"revision":"1"}')).toThrow(TypeError);
});

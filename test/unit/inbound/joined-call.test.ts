import { describe, expect, it } from 'vitest';
import { createJoinedCall } from '../../../src/inbound/joined-call.js';

/** Answers each row with itself and a mark; what the calls held is kept. */
function scene(fail: (rows: readonly string[]) => Error | undefined = () => undefined) {
  const calls: string[][] = [];
  const store = createJoinedCall<string>(async (rows) => {
    calls.push([...rows]);
    const err = fail(rows);
    if (err !== undefined) throw err;
    return rows.map((row) => `${row}!`);
  });
  return { calls, store };
}

const rows = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}${i}`);

describe('calls of one turn of the event loop', () => {
  it('go as one, in their order, and each gets its own answers', async () => {
    const { calls, store } = scene();
    expect(await Promise.all([store(['a', 'b']), store(['c']), store([])])).toEqual([['a!', 'b!'], ['c!'], []]);
    expect(calls).toEqual([['a', 'b', 'c']]);
  });

  it('do not wait for those of the next turn', async () => {
    const { calls, store } = scene();
    const first = store(['a']);
    await first;
    await store(['b']);
    expect(calls).toEqual([['a'], ['b']]);
  });

  it('go as soon as there are enough of them', async () => {
    const { calls, store } = scene();
    const all = rows('r', 40).map((row) => store([row]));
    expect(calls.map((call) => call.length)).toEqual([16, 16]);
    await Promise.all(all);
    expect(calls.flat()).toEqual(rows('r', 40));
  });

  it('never pass one another: a big one pushes out what waits, and is not joined', async () => {
    const { calls, store } = scene();
    await Promise.all([store(['a']), store(rows('b', 100)), store(['c'])]);
    expect(calls).toEqual([['a'], rows('b', 100), ['c']]);
  });
});

describe('a call that fails', () => {
  const named = (name: string) => Object.assign(new Error('no'), { name });

  it('fails for all of them when nobody answered', async () => {
    const { calls, store } = scene(() => named('MaxRetriesPerRequestError'));
    const ended = await Promise.allSettled([store(['a']), store(['b'])]);
    expect(ended.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(calls).toHaveLength(1);
  });

  it('fails for the one whose rows Redis could not store', async () => {
    const { store } = scene((some) => (some.includes('bad') ? named('ReplyError') : undefined));
    const ended = await Promise.allSettled([store(['a']), store(['bad']), store(['c'])]);
    expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readInstall } from '../../../src/redis/install.js';
import { assignLanes, distinctLanes } from '../../../src/redis/lanes.js';
import { script } from '../../../src/redis/script.js';
import { type Core, LANE, startCore } from '../../support/core.js';
import { textFrom } from '../../support/events.js';

let core: Core;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());
afterEach(() => core.client.flushall());

const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(1_000 + i));
const namesOf = async (ids: readonly string[]) =>
  Object.fromEntries([...(await assignLanes(core.client, ids))].map(([id, lane]) => [id, lane.name]));

describe('lanes', () => {
  it('are given to numbers in order, one each, and shared above 64', async () => {
    const names = await namesOf(numbers(70));
    expect(names['1000']).toBe('0');
    expect(names['1063']).toBe('63');
    expect(names['1064']).toBe('0');
    expect(distinctLanes(await assignLanes(core.client, []))).toHaveLength(64);
  });

  it('stay what they are when numbers come, go and change places', async () => {
    const before = await namesOf(['1', '2', '3']);
    expect(await namesOf(['9', '3', '1'])).toEqual({ ...before, 9: '3' });
  });

  it('are agreed on by processes that start at once, and none is left out', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => namesOf(numbers(10))));
    for (const names of all) expect(names).toEqual(await namesOf([]));
    expect(Object.values(all[0] ?? {}).sort()).toEqual(numbers(10).map((_, i) => String(i)));
  });
});

describe('an installation', () => {
  it('has one salt and one id for all its processes, for ever', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => readInstall(core.client)));
    expect(new Set(all.map(({ salt }) => salt)).size).toBe(1);
    expect(all[0]?.id).toMatch(/^[\w-]{6}$/);
    expect(await readInstall(core.client)).toEqual(all[0]);
  });
});

describe('a script', () => {
  it('is sent whole only to a server that does not know it', async () => {
    await core.client.script('FLUSH');
    const [event] = [textFrom({ waId: '351910000001' }, 'hi')];
    expect((await core.accept([event], 'any')).messages).toHaveLength(1);
    await core.client.script('FLUSH');
    expect((await core.accept([event], 'any')).duplicates).toBe(1);
  });

  it('tells how much waits in a lane, and since when', async () => {
    const lag = () => script('lag').run(core.client, LANE.prefix, []);
    expect(await lag()).toEqual([0, 0, '', '', 0, 0]);
    await core.accept([textFrom({ waId: '351910000001' }, 'hi')], 'any');
    const [pending, , oldest] = (await lag()) as [number, number, string];
    expect(pending).toBe(1);
    expect(oldest).toMatch(new RegExp(`^1\\|.*"at":${core.clock.nowMs()}`));
  });

  it('passes on an error that is not about being known', async () => {
    await core.client.set(`${LANE.prefix}seq`, 'not a number');
    await expect(core.accept([textFrom({ waId: '351910000001' }, 'hi')], 'any')).rejects.toThrow('not an integer');
  });
});

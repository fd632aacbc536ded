import { afterEach, describe, expect, it } from 'vitest';
import { isSameStep } from '../../../src/flow/turn/move-session.js';
import { inspect } from '../../../src/flow-versions/inspection.js';
import { createInspector, InspectionRefused, type Inspector } from '../../../src/flow-versions/inspector.js';

const flow = (text: string, name = 'welcome') => ({
  path: `${name}.yaml`,
  text: `spec: 1\nflow: ${name}\nsteps:\n  - say: ${text}\n  - { id: ask, wait: true }\n  - wait: true\n`,
});
/** Takes seconds to read, some milliseconds for 25 steps. */
const heavy = (text: string, steps = 25_000) => ({
  path: 'welcome.yaml',
  text: `spec: 1\nflow: welcome\nsteps:\n${`  - say: "${text} {{ profile.name }}"\n`.repeat(steps)}`,
});

let inspector: Inspector;
const open = (limits = {}) => {
  inspector = createInspector({ timeMs: 30_000, memoryMb: 512, waiting: 4, ...limits });
  return inspector;
};
afterEach(() => inspector.close());

describe('an inspection in a thread', () => {
  it('finds what one in place finds, and knows every step', async () => {
    const files = [flow('hello'), flow('bye', 'other')];
    const [there, here] = [await open().inspect(files), inspect(files)];
    expect(there.findings).toEqual(here.findings);
    expect(there.outline).toMatchObject({ hash: here.outline?.hash, flows: ['other', 'welcome'] });
    const { outline } = there;
    if (outline === undefined) throw new Error('these flows have no errors');
    const steps = outline.byName.get('welcome')?.steps;
    expect(steps?.get('ask')).toEqual({ id: 'ask', kind: 'wait' });
    expect(steps?.get('steps[2]')).toEqual({ id: undefined, kind: 'wait' });
    expect(steps?.get('constructor')).toBeUndefined();
    const changed = await inspector.inspect([flow('good day'), flow('bye', 'other')]);
    if (changed.outline === undefined) throw new Error('these flows have no errors');
    for (const [flowName, at, same] of [
      ['welcome', 'ask', true],
      ['welcome', 'steps[2]', false],
      ['other', 'steps[2]', true],
      ['gone', 'ask', false],
    ] as const)
      expect(isSameStep({ flow: flowName, at }, outline, changed.outline)).toBe(same);
  });

  it('says where the errors are', async () => {
    const { outline, findings } = await open().inspect([
      { path: 'a.yaml', text: 'spec: 1\nflow: a\nsteps: [{ sai: x }]' },
    ]);
    expect(outline).toBeUndefined();
    expect(findings).toMatchObject([{ severity: 'error', file: 'a.yaml', line: 3 }]);
  });

  it('of the same files is made once', async () => {
    const first = open().inspect([flow('hello')]);
    expect(inspector.inspect([flow('hello')])).toBe(first);
    expect(inspector.inspect([flow('hello', 'other')])).not.toBe(first);
    await first;
    expect(inspector.inspect([flow('hello')])).toBe(first);
  });

  it('leaves the event loop alone', async () => {
    const inspection = open().inspect([heavy('hello', 10_000)]);
    let [longestMs, lastMs] = [0, performance.now()];
    const timer = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - lastMs);
      lastMs = performance.now();
    }, 5);
    const startedMs = performance.now();
    const { outline } = await inspection;
    clearInterval(timer);
    expect(outline?.flows).toEqual(['welcome']);
    expect(longestMs).toBeLessThan((performance.now() - startedMs) / 3);
  });
});

describe('what cannot be looked at is refused by name', () => {
  it('when it takes too long', async () => {
    await expect(open({ timeMs: 5 }).inspect([heavy('slow')])).rejects.toMatchObject({
      reason: 'too_heavy',
      message: expect.stringContaining('took more than 0.005 s'),
    });
  });

  it('when it takes too much memory', async () => {
    await expect(open({ memoryMb: 24 }).inspect([heavy('large')])).rejects.toMatchObject({
      reason: 'too_heavy',
      message: expect.stringContaining('more than 24 MiB'),
    });
  });

  it('when others wait already; afterwards it is looked at', async () => {
    const first = open({ waiting: 1 }).inspect([flow('1')]);
    const second = inspector.inspect([flow('2')]);
    await expect(inspector.inspect([flow('3')])).rejects.toMatchObject({ reason: 'busy' });
    await Promise.all([first, second]);
    expect((await inspector.inspect([flow('3')])).findings).toBeDefined();
  });

  it('when the server stops', async () => {
    const inspection = open().inspect([heavy('stopped')]);
    const waiting = inspector.inspect([flow('behind it')]);
    const refusals = Promise.allSettled([inspection, waiting]);
    await inspector.close();
    for (const one of await refusals)
      expect(one).toMatchObject({ status: 'rejected', reason: expect.any(InspectionRefused) });
  });
});

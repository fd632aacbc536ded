import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createFlowVersions } from '../../../src/conversation/flow-versions.js';
import type { FlowVersion } from '../../../src/flow/definition.js';
import { type Core, startCore } from '../../support/core.js';

let core: Core;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());
afterEach(() => core.client.flushall());

const versionOf = (hash: string) => ({ hash, flows: new Map() }) as unknown as FlowVersion;
const sources = (text: string) => [{ path: 'welcome.yaml', text }];

/** A process of its own: it knows only what it deployed and what lies in Redis. */
function versions(compiled: string[] = []) {
  return createFlowVersions({
    redis: core.client,
    compile(files) {
      compiled.push(...files.map(({ text }) => text));
      return files[0]?.text.startsWith('bad') ? undefined : versionOf(files[0]?.text ?? '');
    },
  });
}

it('are numbered as they come; the same files again make no new one', async () => {
  const one = versions();
  expect(await one.deploy(versionOf('a'), sources('a'))).toEqual({ number: 1, isNew: true });
  expect(await one.deploy(versionOf('b'), sources('b'))).toEqual({ number: 2, isNew: true });
  expect(one.current().hash).toBe('b');
  const two = versions();
  expect(await two.deploy(versionOf('a'), sources('a'))).toEqual({ number: 1, isNew: false });
  expect(two.current().hash).toBe('a');
});

it('can be run by a process that has other files, and are compiled once', async () => {
  await versions().deploy(versionOf('old'), sources('old'));
  const compiled: string[] = [];
  const later = versions(compiled);
  expect((await later.get('old'))?.hash).toBe('old');
  await later.get('old');
  expect(compiled).toEqual(['old']);
});

it.each([
  ['nobody has', 'gone', undefined],
  ['this program cannot read any more', 'bad', 'bad version'],
])('that %s are undefined', async (_what, hash, text) => {
  if (text !== undefined) await versions().deploy(versionOf(hash), sources(text));
  expect(await versions().get(hash)).toBeUndefined();
});

it('are missed loudly when none is deployed', () => {
  expect(() => versions().current()).toThrow('no flows are deployed');
});

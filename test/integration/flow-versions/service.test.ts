import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadFlows } from '../../../src/flow/load.js';
import { createFlowCache, type FlowCache } from '../../../src/flow-versions/cache.js';
import { compile } from '../../../src/flow-versions/compile.js';
import { inspect } from '../../../src/flow-versions/inspection.js';
import { countSessions } from '../../../src/flow-versions/live-sessions.js';
import {
  createFlowService,
  type FlowEndpoint,
  type FlowService,
  isRefused,
} from '../../../src/flow-versions/service.js';
import { createFlowStore, type FlowStore } from '../../../src/flow-versions/store.js';
import { DeployRequest } from '../../../src/flow-versions/wire.js';
import type { RedisClient } from '../../../src/redis/connections.js';
import { type Core, silent, snapshot, startCore } from '../../support/core.js';
import { talkTo } from '../../unit/flow/talk.js';

let core: Core;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());
afterEach(() => core.client.flushall());

const BOT: FlowEndpoint = { id: 'bot', flow: 'welcome', phoneNumberId: '101' };
const SHOP: FlowEndpoint = { id: 'shop', flow: 'orders', phoneNumberId: '102' };

interface Process {
  cache: FlowCache;
  service: FlowService;
  compiled: number;
}

/** What one process of an installation knows; only Redis is common. */
function startProcess(
  redis: RedisClient = core.client,
  endpoints: readonly FlowEndpoint[] = [BOT],
  store: FlowStore = createFlowStore(redis),
): Process {
  const process = { compiled: 0 };
  const counted: typeof compile = (files) => {
    process.compiled += 1;
    return compile(files);
  };
  const cache = createFlowCache({ store, compile: counted, log: silent, pollMs: 20 });
  const service = createFlowService({
    store,
    inspect: async (files) => inspect(files),
    missingFiles: async () => [],
    endpoints: () => endpoints,
    countSessions: () => countSessions(core.client, 5_000),
    onChanged: () => cache.refresh(),
    clock: core.clock,
  });
  return Object.assign(process, { cache, service });
}

const flow = (text: string, name = 'welcome') => ({
  path: `${name}.yaml`,
  text: `spec: 1\nflow: ${name}\nsteps:\n  - say: ${text}\n  - { id: ask, wait: true }\n`,
});
const asking = (text: string, other: Partial<DeployRequest> = {}) =>
  DeployRequest.parse({ files: [flow(text)], by: 'ana', message: `say ${text}`, ...other });

let one: Process;
beforeEach(() => {
  one = startProcess();
});
const hashOf = (text: string) => loadFlows([flow(text)]).version?.hash ?? '';
const saidBy = ({ cache }: Process, contact = 'c1', endpoint = 'bot') => cache.current(endpoint, contact).hash;

describe('deploying', () => {
  it('numbers versions as they come; the same content is the same version and no new number', async () => {
    expect(await one.service.deploy(asking('one'))).toMatchObject({
      version: { number: 1, isNew: true },
      switched: [{ endpoint: 'bot', to: 1 }],
    });
    expect(await one.service.deploy(asking('two'))).toMatchObject({
      version: { number: 2 },
      switched: [{ from: 1, to: 2 }],
    });
    const again = await one.service.deploy(asking('two'));
    expect(again).toMatchObject({ version: { number: 2, isNew: false }, switched: [] });
    expect(await one.service.deploy(asking('one'))).toMatchObject({
      version: { number: 1, isNew: false },
      switched: [{ from: 2, to: 1 }],
    });
    const { versions, history, endpoints } = await one.service.list(false);
    expect(versions.map(({ number, by, message }) => [number, by, message])).toEqual([
      [2, 'ana', 'say two'],
      [1, 'ana', 'say one'],
    ]);
    expect(history.map(({ did, version }) => [did, version])).toEqual([
      ['deployed', 1],
      ['deployed', 2],
      ['deployed', 1],
    ]);
    expect(endpoints).toMatchObject([{ endpoint: 'bot', version: 1, revision: 3 }]);
  });

  it('keeps every text once, and gives the files back as they were', async () => {
    const other = flow('same', 'other');
    await one.service.deploy(asking('', { files: [flow('one'), other] }));
    await one.service.deploy(asking('', { files: [flow('two'), other] }));
    expect(await core.client.hlen('{p:ops}:flows:texts')).toBe(3);
    expect(await one.service.sources(1)).toMatchObject({ version: { number: 1 }, files: [flow('one'), other] });
    expect(await one.service.sources(9)).toMatchObject({ error: 'no_such_version' });
  });

  it.each([
    [
      'what has errors',
      { files: [{ path: 'welcome.yaml', text: 'spec: 1\nflow: welcome\nsteps: [{ sai: hello }]' }] },
      'flows_unfit',
    ],
    ['flows no endpoint begins with', { files: [flow('x', 'orders')] }, 'no_endpoint'],
    ['an endpoint nobody has', { endpoints: ['bto'] }, 'unknown_endpoint'],
    ['a canary before there is anything to stay on', { canaryPercent: 10 }, 'nothing_to_share'],
  ])('refuses %s, and changes nothing', async (_what, other, error) => {
    const answer = await one.service.deploy(asking('one', other));
    expect(answer).toMatchObject({ error });
    expect(isRefused(answer) && answer.message).not.toBe('');
    expect(await snapshot(core.client)).toEqual({});
  });

  it('tells what it would do, and does nothing, when asked to', async () => {
    await one.service.deploy(asking('one'));
    const before = await snapshot(core.client);
    expect(await one.service.deploy(asking('two', { dryRun: true }))).toMatchObject({
      version: { number: 2, isNew: true },
      switched: [{ endpoint: 'bot', from: 1, to: 2 }],
      revisions: { bot: 1 },
      affected: { open: 0, gone: [], complete: true },
    });
    expect(await snapshot(core.client)).toEqual(before);
  });

  it('switches the endpoints that begin with one of the flows, and names the others', async () => {
    const both = startProcess(core.client, [BOT, SHOP]);
    expect(await both.service.deploy(asking('one'))).toMatchObject({
      switched: [{ endpoint: 'bot' }],
      unchanged: [],
      untouched: [{ endpoint: 'shop', flow: 'orders' }],
    });
    expect(await both.service.deploy(asking('one'))).toMatchObject({
      switched: [],
      unchanged: [{ endpoint: 'bot', version: 1 }],
    });
    const all = { files: [flow('one'), flow('two', 'orders')] };
    expect(await both.service.deploy(asking('', { ...all, endpoints: ['shop'] }))).toMatchObject({
      switched: [{ endpoint: 'shop', to: 2 }],
      untouched: [],
    });
    expect(await both.service.deploy(asking('one', { endpoints: ['bot', 'shop'] }))).toMatchObject({
      error: 'no_endpoint',
    });
    expect((await both.service.list(false)).endpoints.map(({ version }) => version)).toEqual([1, 2]);
  });
});

describe('a switch', () => {
  it('reaches another process within a moment, compiled before it is used, without a round trip in a turn', async () => {
    await one.service.deploy(asking('one'));
    const two = startProcess();
    await two.cache.refresh();
    two.cache.start();
    expect(saidBy(two)).toBe(hashOf('one'));
    await one.service.deploy(asking('two'));
    expect(saidBy(one)).toBe(hashOf('two'));
    await expect.poll(() => saidBy(two), { timeout: 5_000, interval: 5 }).toBe(hashOf('two'));
    expect(two.compiled).toBe(2);
    // What was in use until now is still at hand for its sessions.
    expect((await two.cache.get(hashOf('one')))?.hash).toBe(hashOf('one'));
    expect(two.compiled).toBe(2);
    await two.cache.stop();
  });

  it('to a version that a process cannot run leaves that process with the one before', async () => {
    await one.service.deploy(asking('one'));
    const old = createFlowCache({
      store: createFlowStore(core.client),
      compile: async (files) => (files[0]?.text.includes('two') ? undefined : compile(files)),
      log: silent,
      pollMs: 20,
    });
    await old.refresh();
    await one.service.deploy(asking('two'));
    await old.refresh();
    expect(old.current('bot', 'c').hash).toBe(hashOf('one'));
    await one.service.deploy(asking('three'));
    await old.refresh();
    expect(old.current('bot', 'c').hash).toBe(hashOf('three'));
  });

  it('is missed loudly by an endpoint that has none', () => {
    expect(() => one.cache.current('bot', 'c')).toThrow('no flow version');
  });

  it('holds no more old versions than it needs', async () => {
    for (let i = 0; i < 20; i++) await one.service.deploy(asking(`v${i}`));
    const compiledBefore = one.compiled;
    await one.cache.get(hashOf('v18'));
    expect(one.compiled).toBe(compiledBefore);
    await one.cache.get(hashOf('v0'));
    expect(one.compiled).toBe(compiledBefore + 1);
    expect(await one.cache.get('nobody')).toBeUndefined();
  });
});

describe('two deploys at once', () => {
  it('both become versions; who decided on what was there before is told, and one wins', async () => {
    await one.service.deploy(asking('zero'));
    const seen = await one.service.deploy(asking('x', { dryRun: true }));
    const expected = isRefused(seen) ? {} : seen.revisions;
    const names = ['a', 'b', 'c', 'd', 'e'];
    const answers = await Promise.all(
      names.map((name) => startProcess().service.deploy(asking(name, { expect: expected }))),
    );
    const winners = answers.filter((answer) => !isRefused(answer));
    expect(winners).toHaveLength(1);
    for (const answer of answers) if (isRefused(answer)) expect(answer.error).toBe('changed');
    const loser = answers.find(isRefused);
    expect(loser?.message).toMatch(/endpoint bot was switched to version \d at \d{4}-/);
    const { versions, endpoints } = await one.service.list(false);
    expect(versions).toHaveLength(6);
    const won = winners[0];
    expect(endpoints[0]?.version).toBe(won !== undefined && !isRefused(won) ? won.version.number : 0);
    expect(endpoints[0]?.revision).toBe(2);
  });

  it('without expectations all go through, one after the other, and no number is given twice', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const answers = await Promise.all(names.map((name) => startProcess().service.deploy(asking(name))));
    const numbers = answers.map((answer) => (isRefused(answer) ? 0 : answer.version.number));
    expect(numbers.sort()).toEqual([1, 2, 3, 4, 5]);
    expect((await one.service.list(false)).endpoints[0]?.revision).toBe(5);
  });

  it('is no quarrel when the answer of the first try was lost and it was sent again', async () => {
    await one.service.deploy(asking('zero'));
    const store = createFlowStore(core.client);
    const twice = startProcess(core.client, [BOT], {
      ...store,
      async change(change) {
        await store.change(change);
        return store.change(change);
      },
    });
    expect(await twice.service.deploy(asking('one', { expect: { bot: 1 } }))).toMatchObject({
      version: { number: 2 },
      switched: [{ from: 1, to: 2 }],
    });
  });

  it('of the same content are one version', async () => {
    await Promise.all([1, 2, 3].map(() => startProcess().service.deploy(asking('same'))));
    const { versions, endpoints } = await one.service.list(false);
    expect(versions).toHaveLength(1);
    expect(endpoints).toMatchObject([{ version: 1, revision: 1 }]);
  });
});

describe('going back', () => {
  it('leads to the version before, step by step, for new sessions only', async () => {
    for (const name of ['one', 'two', 'three']) await one.service.deploy(asking(name));
    const back = { by: 'ana', message: '' };
    expect(await one.service.rollback(back)).toEqual({ switched: [{ endpoint: 'bot', from: 3, to: 2 }] });
    expect(await one.service.rollback(back)).toEqual({ switched: [{ endpoint: 'bot', from: 2, to: 1 }] });
    expect(await one.service.rollback(back)).toMatchObject({ error: 'no_version_before' });
    expect(await one.service.rollback({ ...back, to: 3 })).toEqual({ switched: [{ endpoint: 'bot', from: 1, to: 3 }] });
    expect(await one.service.rollback({ ...back, to: 3 })).toMatchObject({ error: 'no_version_before' });
    expect(await one.service.rollback({ ...back, to: 7 })).toMatchObject({ error: 'no_such_version' });
    expect(one.cache.fate('bot', hashOf('one'))).toBe('keep');
  });

  it('passes over versions that do not have the flow the endpoint begins with', async () => {
    await one.service.deploy(asking('one'));
    await startProcess(core.client, [{ ...BOT, flow: 'orders' }]).service.deploy(
      asking('', { files: [flow('x', 'orders')] }),
    );
    await one.service.deploy(asking('three'));
    expect(await one.service.rollback({ by: '', message: '' })).toMatchObject({ switched: [{ from: 3, to: 1 }] });
    expect(await one.service.rollback({ by: '', message: '', to: 2 })).toMatchObject({ error: 'no_endpoint' });
  });

  it('from a canary ends it', async () => {
    await one.service.deploy(asking('one'));
    expect(await one.service.deploy(asking('two', { canaryPercent: 50 }))).toMatchObject({
      switched: [{ from: 1, to: 2, canaryPercent: 50 }],
    });
    expect(await one.service.deploy(asking('two', { canaryPercent: 50 }))).toMatchObject({
      switched: [],
      unchanged: [{ endpoint: 'bot', version: 1, canary: { version: 2, percent: 50 } }],
    });
    expect(await one.service.deploy(asking('two', { canaryPercent: 60, dryRun: true }))).toMatchObject({
      switched: [{ from: 1, to: 2, canaryPercent: 60, canaryBefore: { version: 2, percent: 50 } }],
      affected: { open: 0 },
    });
    const contacts = Array.from({ length: 200 }, (_, i) => `c${i}`);
    const side = contacts.map((contact) => saidBy(one, contact));
    expect(new Set(side)).toEqual(new Set([hashOf('one'), hashOf('two')]));
    const two = startProcess();
    await two.cache.refresh();
    expect(contacts.map((contact) => saidBy(two, contact))).toEqual(side);
    expect(await one.service.rollback({ by: '', message: '' })).toEqual({
      switched: [{ endpoint: 'bot', from: 2, to: 1, canaryBefore: { version: 2, percent: 50 } }],
    });
    expect(new Set(contacts.map((contact) => saidBy(one, contact)))).toEqual(new Set([hashOf('one')]));
  });

  it('by withdrawing takes the version out of every use, until its content is deployed again', async () => {
    for (const name of ['one', 'two', 'three']) await one.service.deploy(asking(name));
    const out = { sessions: 'end', by: 'ana', message: 'wrong prices', dryRun: false } as const;
    expect(await one.service.withdraw(3, { ...out, dryRun: true })).toMatchObject({ switched: [{ from: 3, to: 2 }] });
    expect(saidBy(one)).toBe(hashOf('three'));
    expect(await one.service.withdraw(3, out)).toMatchObject({ version: 3, switched: [{ from: 3, to: 2 }] });
    expect(saidBy(one)).toBe(hashOf('two'));
    expect(one.cache.fate('bot', hashOf('three'))).toBe('end');
    expect(await one.service.rollback({ by: '', message: '', to: 3 })).toMatchObject({ error: 'withdrawn' });
    expect(await one.service.withdraw(1, { ...out, sessions: 'keep' })).toMatchObject({ switched: [] });
    expect(await one.service.withdraw(2, out)).toMatchObject({ error: 'no_version_before' });
    expect((await one.service.list(false)).versions.map(({ withdrawn }) => withdrawn)).toEqual([true, false, true]);
    await one.service.deploy(asking('three'));
    expect(one.cache.fate('bot', hashOf('three'))).toBe('keep');
    expect((await one.service.list(false)).versions.map(({ withdrawn }) => withdrawn)).toEqual([false, false, true]);
  });
});

describe('who is affected', () => {
  /** A session as turns store them, that waits at the step `ask`, at one without an id, or at the top. */
  async function session(conversation: string, version: string, at: 'ask' | 'path' | 'top', lane = '0'): Promise<void> {
    const steps = { ask: '{ id: ask, wait: true }', path: 'wait: true', top: 'stop: true' }[at];
    const talk = talkTo({ welcome: `steps: [{ say: hello }, { ${steps.replace(/^\{ | \}$/g, '')} }]` });
    talk.say('hi');
    await core.client.set(
      `{p:${lane}}:s:${conversation}`,
      JSON.stringify({ version, touchedMs: 0, flow: talk.session }),
    );
  }

  it('is counted by version and step, in every lane, for the endpoints that are switched', async () => {
    await one.service.deploy(asking('one'));
    const waiting = Array.from({ length: 1_200 }, (_, i) => `101.${String(i).padStart(16, '0')}`);
    const hash = hashOf('one');
    await Promise.all(waiting.map((conversation) => session(conversation, hash, 'ask')));
    await session('101.aaaaaaaaaaaaaaaa', hashOf('one'), 'top', '7');
    await session('101.bbbbbbbbbbbbbbbb', hashOf('one'), 'path', '7');
    await session('102.cccccccccccccccc', hashOf('one'), 'ask', '7');
    await core.client.set('{p:0}:s:101.unreadable', '[]');
    const gone = { files: [{ ...flow('two'), text: flow('two').text.replace('ask', 'other') }] };
    expect(await one.service.deploy(asking('two', { ...gone, dryRun: true }))).toMatchObject({
      affected: {
        open: 1_202,
        versions: [{ version: 1, count: 1_202, gone: 1_201 }],
        gone: [
          { version: 1, flow: 'welcome', step: 'ask', count: 1_200 },
          { version: 1, flow: 'welcome', step: 'steps[1]', count: 1 },
        ],
        looked: 1_203,
        complete: true,
      },
    });
    // The step is still there: only the one without an id would lose its place.
    expect(await one.service.deploy(asking('two', { dryRun: true }))).toMatchObject({
      affected: { open: 1_202, gone: [{ step: 'steps[1]', count: 1 }] },
    });
    expect((await one.service.list(true)).versions).toMatchObject([{ number: 1, sessions: 1_203 }]);
  });

  it('is answered in time, and says so when not everybody was seen', async () => {
    for (let i = 0; i < 100; i++) await session(`101.${String(i).padStart(16, '0')}`, 'v', 'ask');
    const late = await countSessions(core.client, -1);
    expect(late).toEqual({ groups: [], looked: 0, complete: false });
  });
});

import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadFlows } from '../../../src/flow/load.js';
import { createFlowCache } from '../../../src/flow-versions/cache.js';
import { compile } from '../../../src/flow-versions/compile.js';
import { countSessions } from '../../../src/flow-versions/live-sessions.js';
import { switched } from '../../../src/flow-versions/pointer.js';
import { createFlowStore, type FlowChange } from '../../../src/flow-versions/store.js';
import { connectPatient, type RedisClient, whenReady } from '../../../src/redis/connections.js';
import { silent } from '../../support/core.js';
import { startTestCluster, type TestCluster } from '../../support/redis.js';

let cluster: TestCluster;
let client: RedisClient;
beforeAll(async () => {
  cluster = await startTestCluster(3);
  client = connectPatient({
    url: `redis-cluster://${cluster.nodes.map(({ host, port }) => `${host}:${port}`).join(',')}`,
  });
  await whenReady(client);
});
afterAll(async () => {
  client?.disconnect();
  await cluster?.stop();
});

const FILES = [{ path: 'welcome.yaml', text: 'spec: 1\nflow: welcome\nsteps: [{ say: hello }]\n' }];
const HASH = loadFlows(FILES).version?.hash ?? '';

it('versions, switches and counts work on a cluster: one slot for versions, every node walked for sessions', async () => {
  const store = createFlowStore(client);
  const change: FlowChange = {
    version: {
      record: { hash: HASH, createdMs: 1, by: 'ana', message: '', flows: ['welcome'], files: 1, bytes: 1 },
      sources: FILES,
    },
    pointers: [{ endpoint: 'bot', before: undefined, after: switched(undefined, HASH, 1) }],
    folder: HASH,
    log: { atMs: 1, by: 'ana', did: 'deployed', version: HASH, endpoints: ['bot'], message: '' },
  };
  expect(await store.change(change)).toEqual({ outcome: 'ok', number: 1, isNew: true });
  // Decided on a state that is not any more.
  expect(await store.change(change)).toEqual({ outcome: 'changed', number: 1, isNew: false });
  expect(await store.read()).toMatchObject({ folder: HASH, versions: [{ number: 1, by: 'ana' }] });
  expect(await store.sources(HASH)).toEqual(FILES);
  const cache = createFlowCache({ store, compile, log: silent, pollMs: 1_000 });
  await cache.refresh();
  expect(cache.current('bot', 'c').hash).toBe(HASH);

  const lanes = Array.from({ length: 12 }, (_, i) => `{p:${i}}`);
  const flow = { id: 's', startedMs: 0, context: {}, state: {}, timers: [], handover: false };
  for (const [i, lane] of lanes.entries())
    await client.set(
      `${lane}:s:101.${String(i).padStart(16, '0')}`,
      JSON.stringify({ version: HASH, touchedMs: 0, flow }),
    );
  expect(await countSessions(client, 10_000)).toEqual({
    groups: [{ phoneNumberId: '101', version: HASH, at: [], count: 12 }],
    looked: 12,
    complete: true,
  });
});

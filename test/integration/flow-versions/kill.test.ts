import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadFlows } from '../../../src/flow/load.js';
import { inspect } from '../../../src/flow-versions/inspection.js';
import { createFlowService, isRefused } from '../../../src/flow-versions/service.js';
import { createFlowStore } from '../../../src/flow-versions/store.js';
import { DeployRequest } from '../../../src/flow-versions/wire.js';
import { systemClock } from '../../../src/shared/clock.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';

let redis: TestRedis;
let client: Redis;
beforeAll(async () => {
  redis = await startTestRedis({ aof: 'always' });
  client = new Redis(redis.url, { maxRetriesPerRequest: null });
  client.on('error', () => undefined);
});
afterAll(async () => {
  client.disconnect();
  await redis.stop();
});

const flow = (name: string, text: string) => ({
  path: `${name}.yaml`,
  text: `spec: 1\nflow: ${name}\nsteps:\n${`  - say: ${text}\n`.repeat(50)}`,
});

it('Redis killed in the middle of deploys leaves whole versions only, and a pointer to one of them', async () => {
  const store = createFlowStore(client);
  const service = createFlowService({
    store,
    inspect: async (files) => inspect(files),
    missingFiles: async () => [],
    endpoints: () => [{ id: 'bot', flow: 'welcome', phoneNumberId: '101' }],
    countSessions: async () => ({ groups: [], looked: 0, complete: true }),
    onChanged: async () => undefined,
    clock: systemClock,
  });
  const answered: number[] = [];
  for (let round = 0; round < 3; round++) {
    const deploys = Array.from({ length: 12 }, async (_, i) => {
      const name = `r${round}-${i}`;
      const files = [flow('welcome', name), flow('other', `${name} too`)];
      const answer = await service.deploy(DeployRequest.parse({ files, message: name }));
      if (!isRefused(answer)) answered.push(answer.version.number);
    });
    // Somewhere among them.
    await Promise.race(deploys);
    await redis.kill();
    await sleep(50);
    await redis.restart();
    // What was under way when it died is sent again by the client and done once, or its deploy is told that it broke off.
    await Promise.allSettled(deploys);

    const { versions, pointers } = await store.read();
    expect(new Set(versions.map(({ hash }) => hash)).size).toBe(versions.length);
    expect(versions.map(({ number }) => number)).toEqual(versions.map((_, index) => index + 1));
    for (const { hash } of versions) expect(loadFlows((await store.sources(hash)) ?? []).version?.hash).toBe(hash);
    expect(versions.map(({ hash }) => hash)).toContain(pointers.get('bot')?.version);
    expect(pointers.get('bot')?.revision).toBeGreaterThanOrEqual(1);
  }
  const { versions } = await store.read();
  for (const number of answered) expect(versions[number - 1]).toBeDefined();
  expect(answered.length).toBeGreaterThan(0);
}, 60_000);

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createFlowCache } from '../../../src/flow-versions/cache.js';
import { compile } from '../../../src/flow-versions/compile.js';
import { inspect } from '../../../src/flow-versions/inspection.js';
import { countSessions } from '../../../src/flow-versions/live-sessions.js';
import { createFlowService } from '../../../src/flow-versions/service.js';
import { createFlowStore } from '../../../src/flow-versions/store.js';
import { createDiskStore } from '../../../src/media/disk-store.js';
import { createOwnFileStore } from '../../../src/media/own-file-store.js';
import { FlowsUnfit, startFlows } from '../../../src/roles/deploy-flows.js';
import { type Core, silent, startCore } from '../../support/core.js';

let core: Core;
let dir: string;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'flows-'));
});
afterEach(async () => {
  rmSync(dir, { recursive: true });
  await core.client.flushall();
});

/** A process of an installation starts. @param handlers what the endpoint names; undefined: nothing */
async function start(handlers: string | undefined): Promise<string | undefined> {
  const store = createFlowStore(core.client);
  const endpoints = [
    { id: 'bot', flow: 'welcome', phoneNumberId: '101', source: 'config/endpoints/bot.yaml', handlers },
  ];
  const ownFiles = createOwnFileStore(createDiskStore(join(dir, '.kept')), join(dir, '.arriving'));
  const cache = createFlowCache({ store, compile, log: silent, pollMs: 20 });
  const service = createFlowService({
    store,
    inspect: async (files) => inspect(files),
    missingFiles: ownFiles.missing,
    endpoints: () => endpoints,
    countSessions: () => countSessions(core.client, 5_000),
    onChanged: () => cache.refresh(),
    clock: core.clock,
  });
  const cleaning = { what: 'nothing', sweep: async () => 0 };
  const flows = { store, cache, service, ownFiles, cleaning, close: async () => undefined };
  try {
    await startFlows({ dir, projectDir: dir, applyAtStart: true, flows, endpoints, log: silent });
  } catch (err) {
    if (err instanceof FlowsUnfit) return err.message;
    throw err;
  }
  return cache.current('bot', 'c1').version.flows.join(' ');
}

const write = (name: string) =>
  writeFileSync(join(dir, `${name}.yaml`), `spec: 1\nflow: ${name}\nsteps:\n  - say: ${name}\n`);

it('a start refuses flows without the one whose handlers an endpoint names', async () => {
  write('welcome');
  expect(await start('house-rules')).toBe(
    'The flows cannot be run:\n  config/endpoints/bot.yaml: endpoint bot has its handlers in the flow "house-rules", and no file declares it (there are: welcome)',
  );
  write('house-rules');
  expect(await start('house-rules')).toBe('house-rules welcome');
});

it('also flows that were applied before', async () => {
  write('welcome');
  expect(await start(undefined)).toBe('welcome');
  expect(await start('hous-rules')).toContain('in the flow "hous-rules", and no file declares it');
});

it('an endpoint that runs what was deployed from elsewhere is left alone', async () => {
  write('welcome');
  await start(undefined);
  rmSync(join(dir, 'welcome.yaml'));
  write('other');
  expect(await start('house-rules')).toBe('welcome');
});

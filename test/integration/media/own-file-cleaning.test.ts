import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { writeManifest } from '../../../src/flow/reading/own-files.js';
import { inspect } from '../../../src/flow-versions/inspection.js';
import { countSessions, type LiveSessions } from '../../../src/flow-versions/live-sessions.js';
import { namedFiles } from '../../../src/flow-versions/named-files.js';
import { createFlowService, isRefused } from '../../../src/flow-versions/service.js';
import { createFlowStore } from '../../../src/flow-versions/store.js';
import { DeployRequest } from '../../../src/flow-versions/wire.js';
import { createDiskStore } from '../../../src/media/disk-store.js';
import { createOwnFileCleaner } from '../../../src/media/own-file-cleaner.js';
import { createOwnFileStore } from '../../../src/media/own-file-store.js';
import { flowFileKey, type MediaStore } from '../../../src/media/store.js';
import { type Core, startCore } from '../../support/core.js';
import { startParlance } from '../../support/parlance.js';

const DAY_MS = 86_400_000;
const DAYS = 90;

let core: Core;
let dir: string;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'parlance-own-'));
});
afterEach(async () => {
  rmSync(dir, { recursive: true });
  await core.client.flushall();
});

function open(count: () => Promise<LiveSessions> = () => countSessions(core.client, 5_000), removing = async () => {}) {
  const disk = createDiskStore(dir);
  const media: MediaStore = {
    ...disk,
    async remove(key) {
      await removing();
      await disk.remove(key);
    },
  };
  const files = createOwnFileStore(media, join(dir, 'arriving'));
  const cleaner = createOwnFileCleaner({ store: media, redis: core.client, clock: core.clock, days: DAYS });
  const store = createFlowStore(core.client);
  const service = createFlowService({
    store,
    inspect: async (sources) => inspect(sources),
    async missingFiles(wanted) {
      await cleaner.claim(wanted.map(({ sha256 }) => sha256));
      return files.missing(wanted);
    },
    endpoints: () => [{ id: 'bot', flow: 'welcome', phoneNumberId: '101' }],
    countSessions: count,
    onChanged: async () => undefined,
    clock: core.clock,
  });

  /** A version that says a picture of its own. */
  const upload = async (n: number): Promise<string> => {
    const { sha256, bytes } = picture(n);
    expect(await files.take(sha256, Readable.from([bytes]))).toBe('taken');
    return sha256;
  };
  const deploy = async (n: number): Promise<string> => {
    const { bytes, sha256 } = picture(n);
    const manifest = writeManifest([{ path: 'menu.png', sha256, bytes: bytes.length, type: 'image/png' }]);
    const text = `spec: 1\nflow: welcome\nsteps:\n  - say: { image: { file: menu.png } }\n`;
    const request = {
      files: [
        { path: 'welcome.yaml', text },
        { path: 'media.manifest', text: manifest },
      ],
    };
    const deployed = await service.deploy(DeployRequest.parse(request));
    if (isRefused(deployed)) throw new Error(deployed.error);
    return deployed.version.hash;
  };
  const clean = async (): Promise<number> => cleaner.clean(await namedFiles(store, count));
  const isThere = async (n: number) => (await media.bytesOf(flowFileKey(picture(n).sha256))) !== undefined;
  return { service, upload, deploy, clean, isThere };
}

function picture(n: number): { bytes: Buffer; sha256: string } {
  const bytes = Buffer.from(`\x89PNG\r\n\x1a\n picture ${n}`, 'latin1');
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** As many versions as no rollback leads back from. */
async function deployMany(bot: ReturnType<typeof open>, from: number): Promise<void> {
  for (let n = from; n < from + 52; n++) {
    await bot.upload(n);
    await bot.deploy(n);
  }
}

it('a file goes some time after the last version that names it, and no rollback or session does', async () => {
  const bot = open();
  await bot.upload(1);
  const first = await bot.deploy(1);
  await bot.upload(2);
  const second = await bot.deploy(2);
  const session = `{p:0}:s:101.${'0'.repeat(16)}`;
  await core.client.set(session, JSON.stringify({ version: second, flow: { state: {} } }));
  await deployMany(bot, 3);

  expect(await bot.clean()).toBe(0);
  core.clock.advance((DAYS - 1) * DAY_MS);
  expect(await bot.clean()).toBe(0);
  core.clock.advance(DAY_MS);
  expect(await bot.clean()).toBe(2);
  // 1 is nobody's any more; 3 and 4 as well, but 2 is of a conversation under way, and 5 is where a rollback ends.
  expect([await bot.isThere(1), await bot.isThere(2), await bot.isThere(3), await bot.isThere(4)]).toEqual([
    false,
    true,
    false,
    true,
  ]);
  await core.client.del(session);
  expect(await bot.clean()).toBe(0);
  core.clock.advance(DAYS * DAY_MS);
  expect(await bot.clean()).toBe(1);
  expect([await bot.isThere(2), await bot.isThere(54)]).toEqual([false, true]);

  const back = await bot.service.rollback({ to: 1, by: '', message: '' });
  expect(back).toMatchObject({
    error: 'missing_files',
    message: expect.stringContaining('menu.png. Deploy its flows again'),
  });
  await bot.upload(1);
  expect(await bot.deploy(1)).toBe(first);
});

it('a file that was sent and not yet deployed waits for its version', async () => {
  const bot = open();
  await bot.upload(1);
  expect(await bot.clean()).toBe(0);
  core.clock.advance((DAYS - 1) * DAY_MS);
  expect(await bot.clean()).toBe(0);
  expect(await bot.isThere(1)).toBe(true);
  await bot.deploy(1);
  core.clock.advance(10 * DAY_MS);
  expect(await bot.clean()).toBe(0);
});

it('a file that is claimed while it is looked at stays', async () => {
  const bot = open();
  await bot.upload(1);
  await bot.clean();
  core.clock.advance(DAYS * DAY_MS);
  // Somebody asks whether it is there, and is told so: it must be there when the version is.
  const manifest = writeManifest([{ path: 'a.png', sha256: picture(1).sha256, bytes: 10, type: 'image/png' }]);
  const files = [
    { path: 'welcome.yaml', text: 'spec: 1\nflow: welcome\nsteps:\n  - say: hi\n' },
    { path: 'media.manifest', text: manifest },
  ];
  expect(await bot.service.deploy(DeployRequest.parse({ files, dryRun: true }))).not.toHaveProperty('missingFiles');
  expect(await bot.clean()).toBe(0);
  expect(await bot.isThere(1)).toBe(true);
});

it('a file that is just being deleted is missing for whoever asks, not there for a moment more', async () => {
  const events: string[] = [];
  let asked: Promise<unknown> | undefined;
  const bot = open(undefined, async () => {
    asked = bot.deploy(1).catch((err) => events.push(`deploy: ${err.message}`));
    // The claim has come, and waits.
    await vi.waitFor(async () => expect(await core.client.info('commandstats')).toContain('cmdstat_exists:'));
    events.push('deleted');
  });
  await bot.upload(1);
  await bot.clean();
  core.clock.advance(DAYS * DAY_MS);
  await core.client.config('RESETSTAT');
  expect(await bot.clean()).toBe(1);
  await asked;
  expect(events).toEqual(['deleted', 'deploy: missing_files']);
});

it('nothing goes while not all conversations could be seen', async () => {
  const bot = open(async () => ({ groups: [], looked: 0, complete: false }));
  await expect(bot.clean()).rejects.toThrow('not all sessions could be read');
});

it('a server does so when it starts, once a day', async () => {
  const [old, fresh, used] = [picture(1), picture(2), picture(3)];
  const flows = join(dir, 'flow');
  mkdirSync(flows);
  for (const { sha256, bytes } of [old, fresh]) writeFileSync(join(flows, sha256), bytes);
  await core.client.hset('{p:ops}:media:unnamed', { [old.sha256]: 1, [used.sha256]: 1 });
  const bot = await startParlance({
    redisUrl: core.redis.url,
    role: 'worker',
    files: {
      'config/flows/welcome.yaml': 'spec: 1\nflow: welcome\nsteps:\n  - say: { image: { file: menu.png } }\n',
      'config/flows/media/menu.png': used.bytes,
    },
    env: { PARLANCE_MEDIA_DIR: dir },
  });
  await vi.waitFor(() => expect(readdirSync(flows).sort()).toEqual([fresh.sha256, used.sha256].sort()));
  await vi.waitFor(async () =>
    expect(Object.keys(await core.client.hgetall('{p:ops}:media:unnamed'))).toEqual([fresh.sha256]),
  );
  // The next process to start today leaves it at that.
  expect(await core.client.ttl('{p:ops}:media:cleaned')).toBeGreaterThan(80_000);
  await bot.stop();
});

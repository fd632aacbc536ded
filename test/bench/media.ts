import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import S3rver from 's3rver';
import { createMayConnect } from '../../src/calls/allowed-hosts.js';
import { createGuardedAgent } from '../../src/calls/guarded-agent.js';
import { createCloudApiClient } from '../../src/cloud-api/client.js';
import { createDiskStore } from '../../src/media/disk-store.js';
import { createFetchMedia } from '../../src/media/fetch-media.js';
import { createOwnFileStore } from '../../src/media/own-file-store.js';
import { uploadResumably } from '../../src/media/resumable-upload.js';
import { createS3Store } from '../../src/media/s3-store.js';
import type { MediaStore } from '../../src/media/store.js';
import { createUploads } from '../../src/media/uploads.js';
import { systemClock } from '../../src/shared/clock.js';
import { startTestRedis } from '../support/redis.js';
import { FILES, writePart } from './page.js';
import { markdown } from './report.js';

/**
 * What a file of 100 MB costs a process in memory and time: taken down from Meta, stored, handed out, uploaded. Meta, the
 * S3 server and whoever has a link are in another process than the one that is measured. `--write` writes its part of
 * docs/benchmarks.md. Ends with 1 when a process grows by more than it may.
 */
const MIB = 1_048_576;
const FILE_BYTES = 100 * MIB;
/** What a process may grow by. */
const MOST_BYTES = 64 * MIB;
const CHUNK = Buffer.from(Array.from({ length: MIB }, (_, at) => (at * 2_654_435_761) >>> 24));
CHUNK.write('%PDF-1.7');
/** Before anything is measured: what a process needs for the first file of all, it needs once. */
const WARM_BYTES = 8 * MIB;

interface Places {
  graphUrl: string;
  s3Url: string;
  redisUrl: string;
  dir: string;
}

function sha256Of(bytes: number): string {
  const hash = createHash('sha256');
  for (let sent = 0; sent < bytes; sent += MIB) hash.update(CHUNK);
  return hash.digest('hex');
}

async function sendFile(res: ServerResponse, bytes: number): Promise<void> {
  res.writeHead(200, { 'content-length': bytes });
  for (let sent = 0; sent < bytes; sent += MIB) if (!res.write(CHUNK)) await once(res, 'drain');
  res.end();
}

/** Of uploads for templates; of those for messages an id. */
const answers: readonly [path: string, answer: string][] = [
  ['/uploads', '{"id":"upload:1?sig=2"}'],
  ['/upload:', '{"h":"4::3"}'],
];

/** Node, file and upload, as Meta has them; a file's id is its size. */
const graph = createServer((req, res) => {
  const bytes = Number(/\/(\d+)(\?|$)/.exec(req.url ?? '')?.[1]);
  if (req.url?.startsWith('/file')) return void sendFile(res, bytes).catch(() => res.destroy());
  const answer = answers.find(([path]) => req.url?.includes(path))?.[1] ?? '{"id":"900000000000001"}';
  if (req.method === 'POST') return void req.resume().on('end', () => res.end(answer));
  const url = `http://${req.headers.host}/file/${bytes}`;
  res.end(JSON.stringify({ url, mime_type: 'application/pdf', file_size: bytes }));
});

async function main(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'parlance-bench-'));
  const redis = await startTestRedis();
  const s3 = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory: join(dir, 's3'),
    configureBuckets: [{ name: 'files', configs: [] }],
  });
  const { port } = await s3.run();
  await new Promise<void>((resolve) => graph.listen(0, '127.0.0.1', resolve));
  const address = graph.address();
  const graphUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const places: Places = { graphUrl, s3Url: `http://127.0.0.1:${port}/files`, redisUrl: redis.url, dir };
  try {
    const rows: Figures[] = [];
    for (const store of ['disk', 's3']) {
      const child = fork(fileURLToPath(import.meta.url), [store, JSON.stringify(places)], {
        execArgv: process.execArgv,
      });
      child.on('message', (row: Figures) => rows.push(row));
      // All it has told has come when the line to it ends.
      const [[code]] = await Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
      if (code !== 0) throw new Error(`the measured process ended with ${code}`);
    }
    const table = markdown(
      ['100 MiB', 'time', 'memory at most'],
      rows.map(({ what, tookMs, grownBytes }) => [
        what,
        `${(tookMs / 1000).toFixed(2)} s`,
        `${Math.round(grownBytes / MIB)} MiB`,
      ]),
    );
    const text = `${FILES}
\`npm run bench:media -- --write\` makes this part: one process fetches a file of 100 MiB from a double of Meta, hands it out,
takes it as \`parlance deploy\` sends it, and uploads it, with the disk and with an S3 server (in the other process, as Meta's double is)
as the store. Before that it has done the same with 8 MiB. Memory is how much the resident set grew at most, read every 5 ms.
Aim: less than 64 MiB.

${table}
`;
    process.stdout.write(text);
    if (process.argv.includes('--write')) writePart({ files: text });
    process.exitCode = rows.every(({ grownBytes }) => grownBytes < MOST_BYTES) ? 0 : 1;
  } finally {
    await s3.close();
    graph.closeAllConnections();
    graph.close();
    await redis.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function measured(store: string, { graphUrl, s3Url, redisUrl, dir }: Places): Promise<void> {
  const arrivingDir = join(dir, 'arriving');
  await mkdir(arrivingDir, { recursive: true });
  const files: MediaStore =
    store === 's3'
      ? createS3Store({
          url: s3Url,
          region: 'us-east-1',
          accessKeyId: 'S3RVER',
          secretAccessKey: 'S3RVER',
          timeoutMs: 10_000,
        })
      : createDiskStore(join(dir, 'disk'));
  const client = createCloudApiClient({ baseUrl: graphUrl, timeoutMs: 60_000, connections: 4 });
  const dispatcher = createGuardedAgent({ mayConnect: createMayConnect([new URL(graphUrl).host]), connections: 4 });
  const redis = new Redis(redisUrl);
  const ownFiles = createOwnFileStore(files, arrivingDir);
  const endpoint = {
    id: 'bench',
    phoneNumberId: '700000000000001',
    graphVersion: 'v25.0',
    graphApiUrl: graphUrl,
    accessToken: 'token',
    appSecrets: [],
    media: { accept: { document: 100 }, types: ['application/pdf'] },
  };
  const fetchMedia = createFetchMedia({
    clientFor: () => client,
    dispatcher,
    store: files,
    arrivingDir,
    scan: undefined,
    clock: systemClock,
    pausesMs: [],
    onStoreFailed(err) {
      throw err;
    },
  });
  const uploads = createUploads({ store: files, redis, clientFor: () => client, timeoutMs: 60_000 });
  const read = async (key: string) => {
    const body = await files.read(key);
    if (body === undefined) throw new Error('the file is not there');
    return body;
  };
  const run = async (bytes: number, row: Row) => {
    const sha256 = sha256Of(bytes);
    const ref = { kind: 'document' as const, mediaId: String(bytes), mimeType: 'application/pdf', sha256 };
    let key = '';
    await row(`fetched, to ${store}`, async () => {
      const result = await fetchMedia(endpoint, ref, `bench-${store}`, new AbortController().signal);
      if (result.state !== 'ready') throw new Error(result.reason);
      key = result.file.key;
    });
    await row(`handed out, from ${store}`, async () => {
      const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
      await pipeline(await read(key), nowhere);
    });
    await row(`taken from \`parlance deploy\`, to ${store}`, async () => {
      if ((await ownFiles.take(sha256, await read(key))) !== 'taken') throw new Error('the file was not taken');
    });
    await row(`uploaded, from ${store}`, async () => {
      const file = { path: 'a.pdf', sha256, bytes, type: 'application/pdf' };
      const result = await uploads.idOf(endpoint, file, 1);
      if (result.outcome !== 'ready') throw new Error(result.reason);
      // The next round uploads as well.
      await uploads.forget(endpoint, file, result.mediaId);
    });
    if (store !== 'disk') return;
    await row('four at once fetched, to disk', async () => {
      const ids = [1, 2, 3, 4].map((n) => `bench-${n}`);
      const results = await Promise.all(ids.map((id) => fetchMedia(endpoint, ref, id, new AbortController().signal)));
      if (results.some(({ state }) => state !== 'ready')) throw new Error('one was not fetched');
    });
    await row('uploaded resumably, for a template', async () => {
      const path = join(dir, 'disk', key);
      const { phoneNumberId, graphVersion, accessToken } = endpoint;
      const { outcome } = await uploadResumably({
        client,
        call: { phoneNumberId, graphVersion, accessToken },
        appId: '1',
        file: { path, name: 'a.pdf', type: 'application/pdf', bytes },
        timeoutMs: 60_000,
        signal: new AbortController().signal,
      });
      if (outcome !== 'finished') throw new Error(outcome);
    });
  };
  await run(WARM_BYTES, async (_what, work) => work());
  await run(FILE_BYTES, measure);
  redis.disconnect();
  await Promise.all([client.close(), dispatcher.destroy()]);
}

type Row = (what: string, work: () => Promise<void>) => Promise<void>;

/** A line of the table. */
interface Figures {
  what: string;
  tookMs: number;
  /** of the resident set, at most */
  grownBytes: number;
}

/** How long something took, and by how much the process grew. */
async function measure(what: string, work: () => Promise<void>): Promise<void> {
  globalThis.gc?.();
  await sleep(200);
  const before = process.memoryUsage().rss;
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 5);
  const startedMs = performance.now();
  await work();
  const tookMs = performance.now() - startedMs;
  clearInterval(timer);
  peak = Math.max(peak, process.memoryUsage().rss);
  process.send?.({ what, tookMs, grownBytes: peak - before } satisfies Figures);
}

const [store, places] = process.argv.slice(2);
await (store === undefined || places === undefined ? main() : measured(store, JSON.parse(places)));
// Nothing more is told.
process.disconnect?.();

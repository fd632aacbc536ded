import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CloudApiClient, createCloudApiClient } from '../../../src/cloud-api/client.js';
import { uploadResumably } from '../../../src/media/resumable-upload.js';
import type { Rule } from '../../../src/simulator/rules.js';
import { type CutLine, startCutLine } from '../../support/cut-line.js';
import { APP_ID, PN, type SimulatorRig, startSimulatorRig, TOKEN } from '../../support/simulator-rig.js';

const MIB = 1_048_576;
const BYTES = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), randomBytes(4 * MIB)]);
const PIECE = 'POST /v25.0/upload:';

let rig: SimulatorRig;
let line: CutLine;
let client: CloudApiClient;
let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parlance-upload-'));
  writeFileSync(join(dir, 'logo.png'), BYTES);
  rig = await startSimulatorRig();
  line = await startCutLine(rig.url);
  client = createCloudApiClient({ baseUrl: line.url, timeoutMs: 5_000, connections: 2 });
});
afterAll(async () => {
  await client?.close();
  await line?.stop();
  await rig?.stop();
  rmSync(dir, { recursive: true });
});
afterEach(() => rig.simulator.reset());

const CALL = { phoneNumberId: PN, graphVersion: 'v25.0', accessToken: TOKEN, appSecret: 'app-secret-of-a-test' };

const give = ({ accessToken = TOKEN, signal = new AbortController().signal } = {}) =>
  uploadResumably({
    client,
    call: { ...CALL, accessToken },
    appId: APP_ID,
    file: { path: join(dir, 'logo.png'), name: 'logo & Söhne.png', type: 'image/png', bytes: BYTES.length },
    timeoutMs: 5_000,
    signal,
    pauseMs: 1,
  });

/** The picture people see after this handle was made the profile's. */
async function shown(handle: string): Promise<Buffer> {
  expect(await client.setProfilePicture({ ...CALL, handle })).toEqual({ outcome: 'done' });
  const { body } = await rig.graph(`/${PN}/whatsapp_business_profile?fields=profile_picture_url`);
  const [{ profile_picture_url: url }] = Object(body.data);
  return Buffer.from(await (await fetch(url)).arrayBuffer());
}

const asked = (what: RegExp) =>
  rig.simulator.wireLog().filter(({ method, url }) => what.test(`${method} ${url}`)).length;
const failing = (effect: Rule['effect'], path: string, times: number) =>
  rig.sim('POST', '/rules', { via: 'call', effect, match: { path }, times });

async function handleOf(given: ReturnType<typeof give>): Promise<string> {
  const result = await given;
  if (result.outcome !== 'finished') throw new Error(JSON.stringify(result));
  return result.handle;
}

describe('a file for a profile', () => {
  it('goes to Meta in two calls', async () => {
    const handle = await handleOf(give());
    expect((await shown(handle)).equals(BYTES)).toBe(true);
    expect([asked(/^POST .*\/uploads/), asked(/^POST .*\/upload:/), asked(/^GET .*\/upload:/)]).toEqual([1, 1, 0]);
  });

  it('goes on where it was when the line broke, and nothing is sent twice', async () => {
    const before = line.sent(PIECE);
    line.cutNext(PIECE, 2 * MIB);
    line.cutNext(PIECE, MIB);
    const handle = await handleOf(give());
    expect((await shown(handle)).equals(BYTES)).toBe(true);
    expect([asked(/^POST .*\/uploads/), asked(/^POST .*\/upload:/), asked(/^GET .*\/upload:/)]).toEqual([1, 3, 2]);
    expect(line.sent(PIECE) - before).toBeLessThan(BYTES.length + 3 * 1_024);
  });

  it.each<[string, Rule['effect']]>([
    ['is lost on its way', { answer: 'reset', processed: true }],
    ['is a page of a proxy', { answer: 'html', processed: true }],
    ['is empty', { answer: 'empty', processed: true }],
  ])('is sent anew when the answer with its handle %s', async (_what, effect) => {
    await failing(effect, '/upload:', 1);
    const handle = await handleOf(give());
    expect((await shown(handle)).equals(BYTES)).toBe(true);
    expect([asked(/^POST .*\/uploads/), asked(/^GET .*\/upload:/)]).toEqual([2, 1]);
  });

  it('is sent anew when Meta has forgotten what it began', async () => {
    const forgetful: CloudApiClient = {
      ...client,
      async continueUpload(call) {
        call.content.destroy();
        rig.simulator.reset();
        return { outcome: 'unknown', reason: 'connection_lost', mayHaveBeenSent: true };
      },
    };
    let lost = 0;
    const result = await uploadResumably({
      client: { ...client, continueUpload: (call) => (lost++ === 0 ? forgetful : client).continueUpload(call) },
      call: CALL,
      appId: APP_ID,
      file: { path: join(dir, 'logo.png'), name: 'logo.png', type: 'image/png', bytes: BYTES.length },
      timeoutMs: 5_000,
      signal: new AbortController().signal,
      pauseMs: 1,
    });
    expect(result.outcome).toBe('finished');
    expect(lost).toBe(2);
  });

  it('waits out what passes', async () => {
    await failing({ code: 131_016 }, '/uploads', 2);
    await failing({ code: 2 }, '/upload:', 2);
    expect((await give()).outcome).toBe('finished');
  });

  it('is given up when nothing gets through, with what was in the way', async () => {
    await failing({ answer: 'reset' }, '/upload:', 0);
    expect(await give()).toMatchObject({ outcome: 'refused', refusal: { reason: 'connection_lost' } });
    expect(asked(/^POST .*\/upload:/)).toBeLessThanOrEqual(5);
  });

  it('is not tried again with a token Meta does not take', async () => {
    expect(await give({ accessToken: 'another-token' })).toMatchObject({
      outcome: 'refused',
      refusal: { outcome: 'paused', code: 190 },
    });
    expect(asked(/\/uploads/)).toBe(1);
  });

  it('is not tried again when nobody waits for it any more', async () => {
    const gone = new AbortController();
    gone.abort();
    await failing({ answer: 'reset' }, '/upload', 0);
    expect(await give({ signal: gone.signal })).toEqual({ outcome: 'not_wanted' });
    expect(asked(/upload/)).toBe(1);
  });
});

it.each([
  ['another address', 'upload:../../v25.0/me/messages'],
  ['another call', 'me/messages'],
  ['a second header', 'upload:a\r\nx: y'],
  ['a fragment', 'upload:a#b'],
])('an id of an upload that is %s is none', async (_what, id) => {
  const host = await startAnswering(JSON.stringify({ id }));
  const other = createCloudApiClient({ baseUrl: host.url, timeoutMs: 5_000, connections: 1 });
  const begun = await other.beginUpload({
    ...CALL,
    appId: APP_ID,
    file: { name: 'a.png', type: 'image/png', bytes: 1 },
  });
  expect(begun).toMatchObject({ outcome: 'unknown', reason: 'success_without_id' });
  await other.close();
  await host.stop();
});

async function startAnswering(body: string): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((_req, res) => res.end(body)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

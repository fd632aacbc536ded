import crypto, { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import S3rver from 's3rver';

/** The one key the server knows. */
export const S3_KEYS = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER', region: 'us-east-1' };

/** What a store does on a bad day. */
export type S3Fault =
  | { status: number; code?: string; headers?: { [name: string]: string } }
  /** the connection breaks before the request is read; in the middle of the answer */
  | 'cut request'
  | 'cut answer'
  /** nothing comes; half of the answer comes */
  | 'silent'
  | 'stall'
  /** says it did, and did not */
  | 'lie'
  /** any other answer to whoever asked */
  | { body: string };

export interface S3Seen {
  method: string;
  /** without the bucket */
  key: string;
  query: URLSearchParams;
  /** as it was sent, without the host */
  url: string;
  /** when it was signed, epoch ms */
  signedMs: number;
}

export interface TestS3 {
  /** with the bucket `files`, which is there */
  url: string;
  /** what came, in order: `PUT in/2026-11-21/a.png` */
  requests: string[];
  /** to the front, now and at most */
  connections: { open: number; peak: number };
  /** decides about each request; none: all work */
  fault: ((seen: S3Seen, nth: number) => S3Fault | undefined) | undefined;
  /** puts more objects like one that is there beside it: where this server keeps them, as asking for each takes seconds */
  copy(key: string, names: readonly string[]): void;
  stop(): Promise<void>;
}

/** This server hides the names in its tokens with DES, which the OpenSSL of Node does not have any more. */
function lendCipher(): void {
  const { createCipheriv, createDecipheriv } = crypto;
  const doubled = (key: crypto.CipherKey): Buffer =>
    Buffer.concat([Buffer.from(String(key)), Buffer.from(String(key))]);
  Object.assign(crypto, {
    createCipheriv: (name: string, key: crypto.CipherKey, iv: crypto.BinaryLike | null) =>
      name === 'des' ? createCipheriv('aes-128-ecb', doubled(key), null) : createCipheriv(name, key, iv),
    createDecipheriv: (name: string, key: crypto.CipherKey, iv: crypto.BinaryLike | null) =>
      name === 'des' ? createDecipheriv('aes-128-ecb', doubled(key), null) : createDecipheriv(name, key, iv),
  });
}

/**
 * The SDK asks for `/files/` when it lists a bucket, and signs that; this server signs `/files` in its place. What it takes for
 * the path it is mounted on goes behind a bucket that is a host, so that is where it gets its slash from.
 */
function lendSlash(s3: S3rver): void {
  const steps: unknown = Reflect.get(s3, 'middleware');
  if (!Array.isArray(steps)) throw new Error('the S3 server is built in another way');
  const lend = (ctx: { path: string; mountPath?: string; state: { vhost: boolean } }, next: () => Promise<void>) => {
    if (/^\/[^/]+\/$/.test(ctx.path)) {
      ctx.state.vhost = true;
      ctx.mountPath = '/';
    }
    return next();
  };
  // The last step finds the route and checks the signature.
  steps.splice(-1, 0, lend);
}

/**
 * An S3 server that checks the signature of each request, behind a front that checks what it does not: the region, and
 * that the body has the hash it was signed with. The front also breaks what a test wants broken.
 */
export async function startTestS3(): Promise<TestS3> {
  lendCipher();
  const dir = mkdtempSync(join(tmpdir(), 'parlance-s3-'));
  const s3 = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory: dir,
    configureBuckets: [{ name: 'files', configs: [] }],
  });
  lendSlash(s3);
  const behind = (await s3.run()).port;
  const requests: string[] = [];
  const self: TestS3 = { url: '', requests, connections: { open: 0, peak: 0 }, fault: undefined, copy, stop };

  const front = createServer((req, res) => {
    void handle(req, res).catch(() => res.destroy());
  });
  front.on('connection', (socket) => {
    const { connections } = self;
    connections.peak = Math.max(connections.peak, ++connections.open);
    socket.once('close', () => {
      connections.open -= 1;
    });
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const address = front.address();
  self.url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/files`;

  function copy(key: string, names: readonly string[]): void {
    const folder = join(dir, 'files', dirname(key));
    const parts = readdirSync(folder).filter((name) => name.startsWith(`${basename(key)}.`));
    for (const name of names) {
      for (const part of parts) copyFileSync(join(folder, part), join(folder, part.replace(basename(key), name)));
    }
  }

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(req.url ?? '', self.url);
    const seen = {
      method: req.method ?? '',
      key: decodeURIComponent(pathname.slice(7)),
      query: searchParams,
      url: req.url ?? '',
      signedMs: readAmzDate(req.headers['x-amz-date']),
    };
    const nth = requests.push(`${seen.method} ${seen.key}`);
    const fault = self.fault?.(seen, nth);
    if (fault === 'silent') return void req.resume();
    if (fault === 'cut request') return void req.socket.destroy();
    if (fault === 'lie') return void req.resume().on('end', () => res.writeHead(204).end());
    if (typeof fault === 'object' && 'body' in fault) return void req.resume().on('end', () => res.end(fault.body));
    // Answered at once, as stores do: they do not wait for the body of what they refuse.
    if (typeof fault === 'object') return refuse(res, fault.status, fault.code, '', fault.headers);
    const scope = /Credential=[^/]+\/\d{8}\/([^/]+)\/s3\/aws4_request/.exec(req.headers.authorization ?? '');
    if (scope?.[1] !== S3_KEYS.region) {
      return refuse(res, 400, 'AuthorizationHeaderMalformed', `<Region>${S3_KEYS.region}</Region>`);
    }
    const body = await buffer(req);
    const hash = createHash('sha256').update(body).digest('hex');
    if (hash !== req.headers['x-amz-content-sha256']) return refuse(res, 400, 'XAmzContentSHA256Mismatch');
    passOn(req, res, body, fault);
  }

  function passOn(req: IncomingMessage, res: ServerResponse, body: Buffer, fault: 'cut answer' | 'stall' | undefined) {
    const { method, headers, url } = req;
    const onward = request({ port: behind, host: '127.0.0.1', method, path: url, headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 500, answer.headers);
      if (fault === undefined) return void answer.pipe(res);
      answer.once('data', (chunk: Buffer) => {
        answer.destroy();
        res.write(chunk.subarray(0, Math.ceil(chunk.length / 2)), () => fault === 'cut answer' && res.destroy());
      });
    });
    onward.on('error', () => res.destroy());
    // Nobody waits for it any more.
    res.on('close', () => onward.destroy());
    onward.end(body);
  }

  async function stop(): Promise<void> {
    front.closeAllConnections();
    front.close();
    await s3.close();
    rmSync(dir, { recursive: true, force: true });
  }
  return self;
}

/** `20261121T160000Z` */
function readAmzDate(written: string | string[] | undefined): number {
  const [, day, time] = /^(\d{8})T(\d{6})Z$/.exec(String(written)) ?? [];
  if (day === undefined || time === undefined) return Number.NaN;
  const spread = (digits: string, by: string) => digits.replace(/(\d{2})(?=\d)/g, `$1${by}`);
  return Date.parse(`${day.slice(0, 4)}-${spread(day.slice(4), '-')}T${spread(time, ':')}Z`);
}

function refuse(res: ServerResponse, status: number, code?: string, more = '', headers = {}): void {
  const xml = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message>${more}</Error>`;
  res.writeHead(status, { 'content-type': 'application/xml', ...headers });
  res.end(code === undefined ? '' : xml);
}

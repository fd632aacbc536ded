import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Dispatcher } from 'undici';
import { nextHop, type Redirectable } from '../calls/redirect.js';
import { HEAD_BYTES } from '../shared/media-types.js';
import { isMediaHost } from './media-host.js';
import type { MissingReason } from './outcome.js';

/** What came down, before anybody has judged it. */
export interface Downloaded {
  outcome: 'downloaded';
  bytes: number;
  /** hex */
  sha256: string;
  /** its first bytes, to tell what it is */
  head: Buffer;
}

export type DownloadOutcome =
  | Downloaded
  /** the link is used up: Meta gives another one for the asking */
  | { outcome: 'linkExpired' }
  /** asking again may help */
  | { outcome: 'again'; reason: MissingReason }
  | { outcome: 'missing'; reason: MissingReason };

export interface DownloadRequest {
  url: string;
  graphApiUrl: string;
  accessToken: string;
  /** where to write it; the caller deletes it */
  path: string;
  /** more is not read */
  maxBytes: number;
  /** what Meta said, when it did */
  bytes: number | undefined;
  signal: AbortSignal;
}

const MAX_REDIRECTS = 3;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Fetches a file from Meta to the disk, a chunk at a time: never more of it is in memory than one write buffer.
 *
 * Each hop must be one of Meta's hosts, whose address the dispatcher must find public; the token goes to the first
 * host only. The body ends at `maxBytes`, whether or not the server does.
 *
 * @param dispatcher a `createGuardedAgent`
 * @throws when the disk fails, and when `signal` is aborted
 */
export async function download(dispatcher: Dispatcher, request: DownloadRequest): Promise<DownloadOutcome> {
  if (!URL.canParse(request.url)) return { outcome: 'missing', reason: 'foreignHost' };
  let hop: Redirectable = {
    url: new URL(request.url),
    method: 'GET',
    headers: { authorization: `Bearer ${request.accessToken}`, 'user-agent': 'Parlance', accept: '*/*' },
    withheld: ['authorization'],
  };
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    if (!isMediaHost(hop.url, request.graphApiUrl)) return { outcome: 'missing', reason: 'foreignHost' };
    const answered = await ask(dispatcher, hop, request.signal);
    if ('outcome' in answered) return answered;
    const { statusCode, headers: told, body } = answered;
    const location = REDIRECTS.has(statusCode) ? told.location : undefined;
    if (location === undefined) return take(answered, request);
    await body.dump({ limit: 16_384, signal: request.signal }).catch(() => undefined);
    const next = nextHop(hop, statusCode, String(location));
    if (next === undefined) return { outcome: 'missing', reason: 'foreignHost' };
    hop = next;
  }
  return { outcome: 'missing', reason: 'foreignHost' };
}

async function ask(
  dispatcher: Dispatcher,
  { url, headers }: Redirectable,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData | Exclude<DownloadOutcome, Downloaded>> {
  try {
    return await dispatcher.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'GET',
      headers: { ...headers },
      signal,
    });
  } catch (err) {
    if (signal.aborted) throw err;
    const isPrivate = err instanceof Error && 'code' in err && err.code === 'private_address';
    return isPrivate ? { outcome: 'missing', reason: 'privateAddress' } : { outcome: 'again', reason: 'unreachable' };
  }
}

/** Reads the body of the answer that counts. */
async function take(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  { path, maxBytes, bytes: promised, signal }: DownloadRequest,
): Promise<DownloadOutcome> {
  const refuse = (outcome: Exclude<DownloadOutcome, Downloaded>) => {
    // What it still says is not wanted; an open body would hold the connection.
    body.on('error', () => undefined).destroy();
    return outcome;
  };
  if (statusCode === 404 || statusCode === 410) return refuse({ outcome: 'linkExpired' });
  if (statusCode === 401 || statusCode === 403) return refuse({ outcome: 'missing', reason: 'notAuthorized' });
  if (statusCode !== 200) return refuse({ outcome: 'again', reason: 'unreachable' });
  const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
  if ((length ?? 0) > maxBytes) return refuse({ outcome: 'missing', reason: 'tooLarge' });
  const isPlain = headers['content-encoding'] === undefined || headers['content-encoding'] === 'identity';
  // Nobody asked for a packed body, whose length and hash would be another's.
  if (!isPlain) return refuse({ outcome: 'missing', reason: 'sizeMismatch' });

  const file = createWriteStream(path, { flags: 'wx' });
  // What fails on the disk is met at the next write, or at the end.
  file.on('error', () => body.destroy());
  const hash = createHash('sha256');
  let bytes = 0;
  let head = Buffer.alloc(0);
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > maxBytes) return refuse({ outcome: 'missing', reason: 'tooLarge' });
      if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk]).subarray(0, HEAD_BYTES);
      hash.update(chunk);
      if (!file.write(chunk)) await once(file, 'drain', { signal });
    }
    file.end();
    await once(file, 'close');
  } catch (err) {
    const { errored } = file;
    if (errored !== null) throw errored;
    if (signal.aborted) throw err;
    return { outcome: 'again', reason: 'cutOff' };
  } finally {
    file.destroy();
  }
  // HTTP/1.1 without a length ends where the connection ends, which looks like an end of the file.
  if (promised !== undefined && bytes < promised) return { outcome: 'again', reason: 'cutOff' };
  if (promised !== undefined && bytes > promised) return { outcome: 'missing', reason: 'sizeMismatch' };
  return { outcome: 'downloaded', bytes, sha256: hash.digest('hex'), head };
}

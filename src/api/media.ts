import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import type { MediaLinks } from '../media/signed-url.js';
import type { ByteRange, MediaStore } from '../media/store.js';
import type { Clock } from '../shared/clock.js';
import { typeOfName } from '../shared/media-types.js';

export interface MediaHandlerDeps {
  store: MediaStore;
  links: MediaLinks;
  clock: Clock;
  log: Logger;
}

/** What browsers may show; everything else is saved, whatever its sender called it. */
const SHOWN = /^(?:image|audio|video)\//;

/**
 * `GET /media/<key>?expires&signature`: a file to whoever has its link. 404 for what is no file and for forged links
 * alike, 410 for a link that has expired or a file that was deleted.
 */
export function createMediaHandler({ store, links, clock, log }: MediaHandlerDeps): RequestHandler {
  return async (req, res, next) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') return next();
    const link = links.keyOf(req.path.slice(1), req.query, clock.nowMs());
    if (link.outcome === 'forged') return next();
    const bytes = link.outcome === 'valid' ? await store.bytesOf(link.key) : undefined;
    if (link.outcome === 'expired' || bytes === undefined) {
      res.status(410).set('cache-control', 'no-store').type('text/plain').send('Gone\n');
      return;
    }
    const { key } = link;
    const tag = tagOf(key);
    setHeaders(res, key, tag);
    const known = req.headers['if-none-match'];
    if (known !== undefined && (known.trim() === '*' || known.split(/\s*,\s*/).some((one) => isTag(one, tag)))) {
      res.status(304).end();
      return;
    }
    // Somebody who has the beginning of another file gets this one whole.
    const isOfAnother = req.headers['if-range'] !== undefined && req.headers['if-range'] !== tag;
    const range = isOfAnother ? undefined : readRange(req.headers.range, bytes);
    if (range === 'unsatisfiable') {
      res.status(416).set('content-range', `bytes */${bytes}`).end();
      return;
    }
    if (range !== undefined) res.status(206).set('content-range', `bytes ${range.start}-${range.end}/${bytes}`);
    res.set('content-length', String(range === undefined ? bytes : range.end - range.start + 1));
    if (req.method === 'HEAD') return void res.end();
    const body = await store.read(key, range);
    if (body === undefined) return void res.status(410).end();
    await pipeline(body, res).catch((err: unknown) => {
      // Somebody who has seen enough hangs up.
      if (!res.destroyed && !res.writableEnded) log.warn({ err }, 'a file could not be served to its end');
      res.destroy();
    });
  };
}

/** A file never changes under its key. */
function tagOf(key: string): string {
  return `"${createHash('sha256').update(key).digest('base64url').slice(0, 22)}"`;
}

/** Caches on the way may have weakened it, which changes nothing for whole files. */
const isTag = (written: string, tag: string): boolean => written.trim().replace(/^W\//, '') === tag;

function setHeaders(res: Response, key: string, tag: string): void {
  const name = key.slice(key.lastIndexOf('/') + 1);
  const type = typeOfName(name);
  res.set({
    'content-type': type,
    'content-disposition': SHOWN.test(type) ? 'inline' : `attachment; filename="${name}"`,
    'accept-ranges': 'bytes',
    etag: tag,
    // The link is the right to see it: what has it may keep it for a while, what lies between may not.
    'cache-control': 'private, max-age=3600',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    // Pages of other systems, a ticket say, show pictures by their links.
    'cross-origin-resource-policy': 'cross-origin',
    'x-robots-tag': 'noindex',
  });
}

/** @returns undefined for what is to be answered whole: no range, several, or none we can read */
function readRange(header: string | undefined, bytes: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  return start > end || start >= bytes ? 'unsatisfiable' : { start, end };
}

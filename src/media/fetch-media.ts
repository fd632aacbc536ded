import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import type { CloudApiClient } from '../cloud-api/client.js';
import type { MediaNode } from '../cloud-api/media-answer.js';
import type { Clock } from '../shared/clock.js';
import {
  bareType,
  extensionOf,
  fitsKind,
  isAllowedType,
  type MediaKind,
  type MediaStoreError,
  readSha256,
  realType,
  UNKNOWN_TYPE,
} from '../shared/media-types.js';
import { diskError } from './disk-store.js';
import { type Downloaded, download } from './download.js';
import { type MediaResult, type MissingReason, missing } from './outcome.js';
import type { Scan } from './scan.js';
import { type MediaStore, receivedKey } from './store.js';

/** What fetching needs of the endpoint whose number got the file. */
export interface MediaEndpoint {
  id: string;
  phoneNumberId: string;
  graphVersion: string;
  graphApiUrl: string;
  accessToken: string;
  appSecrets: readonly string[];
  media: MediaRules;
}

/** Which files an endpoint takes. */
export interface MediaRules {
  /** megabytes (1024²) by kind; a kind that is missing is not taken */
  accept: { readonly [kind in MediaKind]?: number | undefined };
  /** `image/png`, `image/*` or `*` with `/*` */
  types: readonly string[];
}

/** A file as the webhook told of it. */
export interface MediaRef {
  kind: MediaKind;
  mediaId: string;
  mimeType: string | undefined;
  sha256: string | undefined;
}

export interface FetchMediaDeps<E extends MediaEndpoint> {
  clientFor(endpoint: E): CloudApiClient;
  /** connects to public addresses only */
  dispatcher: Dispatcher;
  store: MediaStore;
  /** where files are while they arrive; there already */
  arrivingDir: string;
  scan: Scan | undefined;
  clock: Clock;
  /** waits between tries, ms; as many tries more */
  pausesMs: readonly number[];
  /** somebody has to make room, or mend the store */
  onStoreFailed(err: MediaStoreError): void;
}

/**
 * Fetches one file and puts it into the store: asks Meta where it is, takes it down, holds it against all that was said
 * of it, has it scanned. A second run under the same id changes nothing.
 *
 * @param id of the stored file: our own, safe in a path
 * @returns however it ended; rejects only when `signal` is aborted
 */
export type FetchMedia<E extends MediaEndpoint> = (
  endpoint: E,
  ref: MediaRef,
  id: string,
  signal: AbortSignal,
) => Promise<MediaResult>;

export function createFetchMedia<E extends MediaEndpoint>(deps: FetchMediaDeps<E>): FetchMedia<E> {
  return async function fetchMedia(endpoint, ref, id, signal) {
    const refusal = refusedUnseen(endpoint.media, ref);
    if (refusal !== undefined) return missing(refusal);
    return fetchWithTries(deps, { endpoint, ref, id, signal });
  };
}

/** Digits at the time of writing. */
const MEDIA_ID = /^(?!\.)[\w.:-]{1,200}$/;

/** What is not worth a request. */
function refusedUnseen(
  { accept, types }: MediaRules,
  { kind, mediaId, mimeType }: MediaRef,
): MissingReason | undefined {
  if (accept[kind] === undefined) return 'kindNotAccepted';
  // An id becomes a part of an address, and `..` would be another one.
  if (!MEDIA_ID.test(mediaId)) return 'gone';
  const declared = mimeType === undefined ? '' : bareType(mimeType);
  // Without a type Meta's second answer has to tell.
  return declared === '' || isAllowedType(declared, types) ? undefined : 'typeNotAccepted';
}

interface Fetching<E> {
  endpoint: E;
  ref: MediaRef;
  id: string;
  signal: AbortSignal;
}

/** One try: the result, or why another try may do better. */
type Tried = { result: MediaResult } | { again: MissingReason };

async function fetchWithTries<E extends MediaEndpoint>(
  deps: FetchMediaDeps<E>,
  fetching: Fetching<E>,
): Promise<MediaResult> {
  for (let tries = 0; ; tries++) {
    const tried = await fetchOnce(deps, fetching);
    if ('result' in tried) return tried.result;
    const waitMs = deps.pausesMs[tries];
    if (waitMs === undefined) return missing(tried.again);
    await pause(waitMs, undefined, { signal: fetching.signal });
  }
}

async function fetchOnce<E extends MediaEndpoint>(deps: FetchMediaDeps<E>, fetching: Fetching<E>): Promise<Tried> {
  const { endpoint, ref, signal } = fetching;
  const [appSecret] = endpoint.appSecrets;
  const asked = await deps.clientFor(endpoint).mediaNode({
    phoneNumberId: endpoint.phoneNumberId,
    graphVersion: endpoint.graphVersion,
    accessToken: endpoint.accessToken,
    ...(appSecret === undefined ? {} : { appSecret }),
    mediaId: ref.mediaId,
  });
  signal.throwIfAborted();
  switch (asked.outcome) {
    case 'rejected':
      return { result: missing('gone') };
    case 'paused':
      return { result: missing('notAuthorized') };
    case 'retry':
    case 'unknown':
      return { again: 'unreachable' };
    case 'found':
      return takeDown(deps, fetching, asked.node);
  }
}

async function takeDown<E extends MediaEndpoint>(
  deps: FetchMediaDeps<E>,
  fetching: Fetching<E>,
  node: MediaNode,
): Promise<Tried> {
  const { endpoint, ref, signal } = fetching;
  const maxBytes = (endpoint.media.accept[ref.kind] ?? 0) * 1_048_576;
  if ((node.bytes ?? 0) > maxBytes) return { result: missing('tooLarge') };
  const path = join(deps.arrivingDir, randomBytes(12).toString('hex'));
  try {
    const { url, bytes } = node;
    const { graphApiUrl, accessToken } = endpoint;
    const got = await download(deps.dispatcher, { url, graphApiUrl, accessToken, path, maxBytes, bytes, signal });
    switch (got.outcome) {
      case 'downloaded':
        return { result: await keep(deps, fetching, node, got, path) };
      case 'linkExpired':
        return { again: 'gone' };
      case 'again':
        return { again: got.reason };
      case 'missing':
        return { result: missing(got.reason) };
    }
  } catch (err) {
    if (signal.aborted) throw err;
    deps.onStoreFailed(diskError('store', err));
    return { again: 'storeFailed' };
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
  }
}

/** Holds the file against all that was said of it, and puts it into the store. @throws when the disk or store fails */
async function keep<E extends MediaEndpoint>(
  { store, scan, clock }: FetchMediaDeps<E>,
  { endpoint, ref, id, signal }: Fetching<E>,
  node: MediaNode,
  { bytes, sha256, head }: Downloaded,
  path: string,
): Promise<MediaResult> {
  if (bytes === 0) return missing('empty');
  // The webhook is signed; Graph's second answer may help where that one has no hash.
  const expected = readSha256(ref.sha256) ?? readSha256(node.sha256);
  if (expected !== undefined && expected !== sha256) return missing('hashMismatch');
  const declared = bareType(ref.mimeType ?? '') || bareType(node.mimeType ?? '') || UNKNOWN_TYPE;
  const mimeType = realType(declared, head);
  if (mimeType === undefined || !fitsKind(ref.kind, mimeType)) return missing('typeMismatch');
  if (!isAllowedType(mimeType, endpoint.media.types)) {
    return missing(mimeType === declared || declared === UNKNOWN_TYPE ? 'typeNotAccepted' : 'typeMismatch');
  }
  const verdict = scan === undefined ? 'clean' : await scan(path, { type: mimeType, bytes }, signal);
  signal.throwIfAborted();
  if (verdict !== 'clean') return missing(verdict === 'infected' ? 'infected' : 'scanFailed');
  const storedMs = clock.nowMs();
  const key = receivedKey(id, extensionOf(mimeType), storedMs);
  await store.put(key, path, { type: mimeType, bytes, sha256 });
  return { state: 'ready', file: { key, mimeType, bytes, sha256, verified: expected !== undefined, storedMs } };
}

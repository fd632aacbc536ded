import type { JsonObject } from '../shared/json.js';
import { compact } from '../shared/unread.js';

/**
 * Why a contact's file is not there. Fixed words, for flows, metrics and logs; `docs/whatsapp/media.md` explains them.
 * We do not want it, whatever is done:
 */
const REFUSED = [
  /** the endpoint takes no files of this kind */
  'kindNotAccepted',
  'typeNotAccepted',
  /** larger than the endpoint takes */
  'tooLarge',
  /** its bytes are not what its type says, nor any other type the endpoint takes */
  'typeMismatch',
  /** its bytes do not have the hash Meta gave */
  'hashMismatch',
  /** more or fewer bytes than Meta said */
  'sizeMismatch',
  'empty',
  /** the scanner found something */
  'infected',
] as const;

/** It could not be had; a contact who sends it again may have more luck. */
const FAILED = [
  /** Meta has it no more: they keep it for 7 days */
  'gone',
  /** Meta refuses us: token, permission, account */
  'notAuthorized',
  /** Meta's answer leads to a host that is not Meta's */
  'foreignHost',
  /** the host has a private address */
  'privateAddress',
  /** the connection ended before the file did */
  'cutOff',
  /** Meta could not be reached, or failed */
  'unreachable',
  /** not within `media.waitMs` */
  'timeout',
  /** the process that fetched it died, more than once */
  'interrupted',
  /** the scanner could not say */
  'scanFailed',
  /** the disk or the object store */
  'storeFailed',
] as const;

export type MissingReason = (typeof REFUSED)[number] | (typeof FAILED)[number];

/** What became of one file a contact sent; plain JSON. */
export type MediaResult = { state: 'ready'; file: StoredFile } | { state: 'refused' | 'failed'; reason: MissingReason };

export interface StoredFile {
  key: string;
  /** what it really is */
  mimeType: string;
  bytes: number;
  /** of what was stored, hex */
  sha256: string;
  /** false: Meta gave no hash to compare */
  verified: boolean;
  /** epoch ms */
  storedMs: number;
}

/** @returns undefined for what is none of the words above */
export function readReason(word: unknown): MissingReason | undefined {
  return [...REFUSED, ...FAILED].find((one) => one === word);
}

export function missing(reason: MissingReason): Exclude<MediaResult, { state: 'ready' }> {
  const isRefused = REFUSED.some((one) => one === reason);
  return { state: isRefused ? 'refused' : 'failed', reason };
}

/** What flows see of a file beside what Meta's webhook said of it. */
export function attachmentOf(given: JsonObject, result: MediaResult, urlOf: (file: StoredFile) => string): JsonObject {
  if (result.state !== 'ready') return { ...given, state: result.state, reason: result.reason };
  const { mimeType, bytes, sha256, verified } = result.file;
  return {
    ...given,
    ...compact({ state: 'ready', url: urlOf(result.file), mimeType, size: bytes, sha256, verified }),
  };
}

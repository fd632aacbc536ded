import type { Readable } from 'node:stream';
import { MediaStoreError } from '../shared/media-types.js';

/** A part of a file, both ends included, as HTTP counts. */
export interface ByteRange {
  start: number;
  end: number;
}

/** What is known of a file before it is stored. */
export interface FileFacts {
  type: string;
  bytes: number;
  /** hex */
  sha256: string;
}

/**
 * Where files are kept. A key is a path of plain words: `in/2026-11-21/<id>.jpg` for what contacts sent, by the day it
 * came (UTC), and `flow/<sha256>` for files of flows.
 *
 * @throws MediaStoreError when the disk or the object store fails
 */
export interface MediaStore {
  /**
   * Takes the file at `path` into the store, under a key that may be there already; the path is free afterwards. When it
   * resolves the file is there to stay, a power cut included.
   */
  put(key: string, path: string, facts: FileFacts): Promise<void>;
  /** @returns size of the whole file, undefined when there is none */
  bytesOf(key: string): Promise<number | undefined>;
  /** @returns undefined when there is none; the stream fails by itself when reading does */
  read(key: string, range?: ByteRange): Promise<Readable | undefined>;
  /** Nothing happens when there is none. */
  remove(key: string): Promise<void>;
  /** Deletes what contacts sent before a day. @returns how many files. @throws when some had to stay; the others are gone */
  deleteBefore(day: string): Promise<number>;
  /** Files of flows, with when they came. */
  flowFiles(): AsyncIterable<{ key: string; storedMs: number }>;
}

/** `in/<day>/<file>` */
export const RECEIVED = 'in';
/** `flow/<sha256>` */
export const FLOW_FILES = 'flow';

const KEY = /^(?:in\/\d{4}-\d{2}-\d{2}\/[A-Za-z0-9_-]{1,64}\.[a-z0-9]{1,8}|flow\/[0-9a-f]{64})$/;

/** Whether a text is one of our keys: nothing else ever becomes a path. */
export function isMediaKey(text: string): boolean {
  return KEY.test(text);
}

/** @throws MediaStoreError for what is no key of ours */
export function checkMediaKey(text: string): string {
  if (!isMediaKey(text)) throw new MediaStoreError('a file was asked for under a name that no file has');
  return text;
}

export function receivedKey(id: string, extension: string, atMs: number): string {
  return `${RECEIVED}/${dayOf(atMs)}/${id}.${extension}`;
}

export function flowFileKey(sha256: string): string {
  return `${FLOW_FILES}/${sha256}`;
}

/** `2026-11-21`, UTC */
export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

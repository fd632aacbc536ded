import type { Readable } from 'node:stream';

/** A part of a file, both ends included, as HTTP counts. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Where files are kept. A key is a path of plain words: `in/2026-11-21/<id>.jpg` for what contacts sent, by the day it
 * came (UTC), and `flow/<sha256>` for files of flows.
 *
 * @throws MediaStoreError when the disk or the object store fails
 */
export interface MediaStore {
  /** Takes the file at `path` into the store, under a key that may be there already; the path is free afterwards. */
  put(key: string, path: string, type: string): Promise<void>;
  /** @returns size of the whole file, undefined when there is none */
  bytesOf(key: string): Promise<number | undefined>;
  /** @returns undefined when there is none; the stream fails by itself when reading does */
  read(key: string, range?: ByteRange): Promise<Readable | undefined>;
  /** Deletes what contacts sent before a day. @returns how many files */
  deleteBefore(day: string): Promise<number>;
}

/** `in/<day>/<file>` */
export const RECEIVED = 'in';

const KEY = /^(?:in\/\d{4}-\d{2}-\d{2}\/[A-Za-z0-9_-]{1,64}\.[a-z0-9]{1,8}|flow\/[0-9a-f]{64})$/;

/** Whether a text is one of our keys: nothing else ever becomes a path. */
export function isMediaKey(text: string): boolean {
  return KEY.test(text);
}

export function receivedKey(id: string, extension: string, atMs: number): string {
  return `${RECEIVED}/${dayOf(atMs)}/${id}.${extension}`;
}

export function flowFileKey(sha256: string): string {
  return `flow/${sha256}`;
}

/** `2026-11-21`, UTC */
export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

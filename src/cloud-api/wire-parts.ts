import type { MediaSource } from '../shared/message.js';
import type { WireMedia } from './wire.js';

/** The type of an object without the keys that are undefined. */
export type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without the keys that are undefined: Graph refuses a `null`, and our types tell absent from undefined. */
export function present<T extends object>(object: T): Present<T> {
  const kept = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as Present<T>;
}

/** A file of the bot's own has its id by now. */
export function toWireMedia({ link, mediaId }: MediaSource): WireMedia {
  return present({ link, id: mediaId });
}

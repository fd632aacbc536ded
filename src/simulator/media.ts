import { createHash } from 'node:crypto';
import { newNodeId } from './ids.js';
import type { JsonObject } from './json.js';
import type { Random } from './random.js';

/** A media URL is good for five minutes, then the bot has to ask for a new one. */
const URL_LIFETIME_MS = 5 * 60_000;
const DAY_MS = 24 * 3_600_000;
/** What a contact sent is kept for a week, what the bot uploaded for a month. */
const KEPT_MS = { received: 7 * DAY_MS, uploaded: 30 * DAY_MS };
/** More than enough for a chat by hand; the oldest is forgotten. */
const KEEP = 500;
/** Files for templates and profiles; few are ever wanted at once. */
const KEEP_UPLOADS = 20;

interface Media {
  id: string;
  bytes: Buffer;
  mimeType: string;
  origin: keyof typeof KEPT_MS;
  untilMs: number;
}

/** A file of a resumable upload. */
export interface Uploaded {
  bytes: Buffer;
  mimeType: string;
}

/** Files in both directions, to be fetched by the bot in two steps as with Meta: node, then URL. */
export interface MediaStore {
  add(bytes: Buffer, mimeType: string, origin?: keyof typeof KEPT_MS): Media;
  /** @returns undefined for an id never given, taken away, or expired */
  get(id: string): Media | undefined;
  remove(id: string): boolean;
  /** As in a message webhook: `sha256` in base64. */
  inMessage(media: Media): JsonObject;
  /** As the Graph node: with a fresh URL. `baseUrl` has no slash at its end. */
  asNode(media: Media, baseUrl: string): JsonObject;
  /** @returns undefined for a token never given, or one that has expired */
  byToken(token: string): Media | undefined;
  /** Begins a resumable upload of so many bytes. @returns its id, which ends in a signature behind `?` as Meta's do */
  beginUpload(bytes: number, mimeType: string): string;
  /** How many bytes of an upload are there; undefined: no such upload. */
  uploaded(id: string): number | undefined;
  /** @returns the handle once all bytes are there, else undefined */
  append(id: string, bytes: Buffer): string | undefined;
  /** What a handle stands for; undefined for one that no upload has given. */
  byHandle(handle: string): Uploaded | undefined;
  /** What pictures of profiles are shown by. @returns the name it goes by in an address */
  show(uploaded: Uploaded): string;
  shown(name: string): Uploaded | undefined;
  clear(): void;
}

export function createMediaStore(random: Random, nowMs: () => number): MediaStore {
  const store = new Map<string, Media>();
  const tokens = new Map<string, { media: Media; untilMs: number }>();
  const uploads = new Map<string, { length: number; mimeType: string; there: number; parts: Buffer[] }>();
  const handles = new Map<string, Uploaded>();
  const pictures = new Map<string, Uploaded>();
  const digest = (media: Media, encoding: 'base64' | 'hex') =>
    createHash('sha256').update(media.bytes).digest(encoding);
  return {
    add(bytes, mimeType, origin = 'received') {
      const media = { id: newNodeId(random), bytes, mimeType, origin, untilMs: nowMs() + KEPT_MS[origin] };
      store.set(media.id, media);
      const oldest = store.keys().next().value;
      if (store.size > KEEP && oldest !== undefined) store.delete(oldest);
      return media;
    },
    get(id) {
      const media = store.get(id);
      return media !== undefined && media.untilMs > nowMs() ? media : undefined;
    },
    remove: (id) => store.delete(id),
    inMessage: (media) => ({ mime_type: media.mimeType, sha256: digest(media, 'base64'), id: media.id }),
    asNode(media, baseUrl) {
      for (const [token, { untilMs }] of tokens) if (untilMs < nowMs()) tokens.delete(token);
      const token = random.hex(32);
      tokens.set(token, { media, untilMs: nowMs() + URL_LIFETIME_MS });
      return {
        messaging_product: 'whatsapp',
        url: `${baseUrl}/media/${token}`,
        mime_type: media.mimeType,
        sha256: digest(media, 'hex'),
        file_size: media.bytes.length,
        id: media.id,
      };
    },
    byToken(token) {
      const found = tokens.get(token);
      return found !== undefined && found.untilMs >= nowMs() ? found.media : undefined;
    },
    beginUpload(length, mimeType) {
      const id = `upload:${random.hex(24)}?sig=${random.hex(12)}`;
      uploads.set(id, { length, mimeType, there: 0, parts: [] });
      forgetOldest(uploads);
      return id;
    },
    uploaded: (id) => uploads.get(id)?.there,
    append(id, bytes) {
      const upload = uploads.get(id);
      if (upload === undefined) return undefined;
      const wanted = bytes.subarray(0, upload.length - upload.there);
      upload.parts.push(wanted);
      upload.there += wanted.length;
      if (upload.there < upload.length) return undefined;
      const handle = `4::${random.hex(40)}`;
      handles.set(handle, { bytes: Buffer.concat(upload.parts), mimeType: upload.mimeType });
      forgetOldest(handles);
      return handle;
    },
    byHandle: (handle) => handles.get(handle),
    show(uploaded) {
      const name = random.hex(12);
      pictures.set(name, uploaded);
      forgetOldest(pictures);
      return name;
    },
    shown: (name) => pictures.get(name),
    clear() {
      store.clear();
      tokens.clear();
      uploads.clear();
      handles.clear();
      pictures.clear();
    },
  };
}

function forgetOldest(map: Map<string, unknown>): void {
  const oldest = map.keys().next().value;
  if (map.size > KEEP_UPLOADS && oldest !== undefined) map.delete(oldest);
}

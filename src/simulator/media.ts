import { createHash } from 'node:crypto';
import { newNodeId } from './ids.js';
import type { JsonObject } from './json.js';
import type { Random } from './random.js';

/** A media URL is good for five minutes, then the bot has to ask for a new one. */
const URL_LIFETIME_MS = 5 * 60_000;
/** More than enough for a chat by hand; the oldest is forgotten. */
const KEEP = 100;

interface Media {
  id: string;
  bytes: Buffer;
  mimeType: string;
}

/** What contacts sent, to be fetched by the bot in two steps as with Meta (node, then URL), and what the bot uploaded. */
export interface MediaStore {
  add(bytes: Buffer, mimeType: string): Media;
  get(id: string): Media | undefined;
  /** As in a message webhook: `sha256` in base64. */
  inMessage(media: Media): JsonObject;
  /** As the Graph node: with a fresh URL. `baseUrl` has no slash at its end. */
  asNode(media: Media, baseUrl: string): JsonObject;
  /** @returns undefined for a token never given, or one that has expired */
  byToken(token: string): Media | undefined;
  /** @returns whether there was such a file */
  delete(id: string): boolean;
  clear(): void;
}

export function createMediaStore(random: Random, nowMs: () => number): MediaStore {
  const store = new Map<string, Media>();
  const tokens = new Map<string, { media: Media; untilMs: number }>();
  const digest = (media: Media, encoding: 'base64' | 'hex') =>
    createHash('sha256').update(media.bytes).digest(encoding);
  return {
    add(bytes, mimeType) {
      const media = { id: newNodeId(random), bytes, mimeType };
      store.set(media.id, media);
      const oldest = store.keys().next().value;
      if (store.size > KEEP && oldest !== undefined) store.delete(oldest);
      return media;
    },
    get: (id) => store.get(id),
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
    delete: (id) => store.delete(id),
    clear() {
      store.clear();
      tokens.clear();
    },
  };
}

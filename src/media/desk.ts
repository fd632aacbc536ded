import type { Logger } from 'pino';
import type { RedisClient } from '../redis/connections.js';
import type { Lane } from '../redis/lane.js';
import { script } from '../redis/script.js';
import type { Clock } from '../shared/clock.js';
import { isJsonObject, type JsonObject } from '../shared/json.js';
import { MEDIA_KINDS } from '../shared/media-types.js';
import { createSlots } from '../shared/slots.js';
import { textOf } from '../shared/unread.js';
import type { FetchMedia, MediaEndpoint, MediaRef } from './fetch-media.js';
import { attachmentOf, type MediaResult, missing, type StoredFile } from './outcome.js';

/** A message with files. */
export interface MessageWithFiles {
  /** ours: safe in a key and in a path */
  messageId: string;
  attachments: readonly JsonObject[];
}

/** Whose turn waits for the files. */
export interface Waiting {
  lane: Lane;
  conversationId: string;
}

export interface DeskDeps<E extends MediaEndpoint> {
  redis: RedisClient;
  fetchMedia: FetchMedia<E>;
  urlOf(file: StoredFile): string;
  observe(file: ObservedFile): void;
  clock: Clock;
  log: Logger;
  limits: { waitMs: number; concurrency: number };
}

export interface ObservedFile {
  endpoint: string;
  kind: string;
  /** `ready`, `unverified` (ready, and Meta gave no hash), or why it is not there */
  outcome: string;
  bytes: number;
  tookMs: number;
}

/** Where files are fetched while their conversation keeps its place. */
export interface MediaDesk<E extends MediaEndpoint> {
  /**
   * @returns what became of the files, or how long to wait for them. `begin` is for when the conversation is held: a file
   *   that is there sooner wakes it, and could not wake what is not held yet.
   */
  look(
    waiting: Waiting,
    endpoint: E,
    messages: readonly MessageWithFiles[],
  ): Promise<{ attachments: ReadonlyMap<string, JsonObject[]> } | { waitMs: number; begin(): void }>;
  /** Ends what is under way; another process begins it again. */
  stop(): Promise<void>;
}

/** A process that dies takes its downloads with it; the second one that does so takes the file's blame. */
const MOST_STARTS = 2;
/** Longer than a turn is tried again: a second run finds what the first one found. */
const REMEMBERED_SEC = 86_400;
/** The result is written before the wait ends, or the process is gone. */
const GRACE_MS = 1_000;

/** Why a fetch is ended, when it is not its time that is up. */
const STOPPING = 'stopping';

/** What Redis knows of a message's files. */
type Note = { starts: number; untilMs: number } | { results: MediaResult[] };

/**
 * Downloads run beside the turns, not in them: a slow one holds up its own conversation and no slot of the lane. What
 * became of a message's files is written down before its turn begins, so a turn that is run again sees the same.
 */
export function createMediaDesk<E extends MediaEndpoint>(deps: DeskDeps<E>): MediaDesk<E> {
  const { redis, clock, limits } = deps;
  const release = script('release');
  const slots = createSlots(limits.concurrency);
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();

  type Seen = { results: readonly MediaResult[] } | { untilMs: number; begin(): Promise<void> };

  async function lookAt(waiting: Waiting, endpoint: E, message: MessageWithFiles): Promise<Seen> {
    const key = noteKey(waiting.lane, message);
    const note = readNote(await redis.get(key));
    if (note !== undefined && 'results' in note) return note;
    const nowMs = clock.nowMs();
    // Somebody fetches it: it may be there by the time the conversation is held.
    const wakeIfThere = async () => {
      const now = readNote(await redis.get(key));
      if (now !== undefined && 'results' in now) await wake(waiting);
    };
    if (note !== undefined && nowMs < note.untilMs) return { untilMs: note.untilMs, begin: wakeIfThere };
    const starts = (note?.starts ?? 0) + 1;
    if (starts > MOST_STARTS) return { results: message.attachments.map(() => missing('interrupted')) };
    const untilMs = nowMs + limits.waitMs;
    await write(key, { starts, untilMs });
    return { untilMs, begin: () => fetchAll(waiting, endpoint, message) };
  }

  async function wake({ lane, conversationId }: Waiting): Promise<void> {
    await release.run(redis, lane.prefix, [conversationId, clock.nowMs()]);
  }

  /** Work nobody waits for; what breaks off is begun again when the conversation has waited long enough. */
  function behind(work: Promise<void>): void {
    const ended = work
      .catch((err: unknown) => deps.log.error({ err }, 'fetching a file broke off'))
      .finally(() => underWay.delete(ended));
    underWay.add(ended);
  }

  async function fetchAll(waiting: Waiting, endpoint: E, message: MessageWithFiles): Promise<void> {
    const ends = new AbortController();
    const tooLate = setTimeout(() => ends.abort('too late'), limits.waitMs);
    const onStop = () => ends.abort(STOPPING);
    stopping.signal.addEventListener('abort', onStop);
    const key = noteKey(waiting.lane, message);
    try {
      const results = await Promise.all(
        message.attachments.map((attachment, n) =>
          fetchOne(endpoint, attachment, `${message.messageId}-${n}`, ends.signal),
        ),
      );
      await write(key, { results });
    } catch (err) {
      if (!stopping.signal.aborted) throw err;
      // As if it had never begun: whoever has the conversation next begins at once.
      await redis.del(key);
    } finally {
      clearTimeout(tooLate);
      stopping.signal.removeEventListener('abort', onStop);
    }
    await wake(waiting);
  }

  async function fetchOne(endpoint: E, attachment: JsonObject, id: string, signal: AbortSignal): Promise<MediaResult> {
    const startedMs = clock.nowMs();
    const ref = refOf(attachment);
    const result = ref === undefined ? missing('gone') : await inTime(endpoint, ref, id, signal);
    const isReady = result.state === 'ready';
    deps.observe({
      endpoint: endpoint.id,
      kind: ref?.kind ?? 'unknown',
      outcome: isReady ? (result.file.verified ? 'ready' : 'unverified') : result.reason,
      bytes: isReady ? result.file.bytes : 0,
      tookMs: clock.nowMs() - startedMs,
    });
    return result;
  }

  /** A store that hangs holds up its slot, not the conversation. */
  async function inTime(endpoint: E, ref: MediaRef, id: string, signal: AbortSignal): Promise<MediaResult> {
    const ended = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    try {
      return await Promise.race([slots.run(() => deps.fetchMedia(endpoint, ref, id, signal), signal), ended]);
    } catch (err) {
      if (!signal.aborted || signal.reason === STOPPING) throw err;
      return missing('timeout');
    }
  }

  async function write(key: string, note: Note): Promise<void> {
    await redis.set(key, JSON.stringify(note), 'EX', REMEMBERED_SEC);
  }

  return {
    async look(waiting, endpoint, messages) {
      const attachments = new Map<string, JsonObject[]>();
      const pending: Exclude<Seen, { results: unknown }>[] = [];
      for (const message of messages) {
        if (message.attachments.length === 0) continue;
        const seen = await lookAt(waiting, endpoint, message);
        if ('untilMs' in seen) pending.push(seen);
        else
          attachments.set(
            message.messageId,
            message.attachments.map((given, n) => attachmentOf(given, seen.results[n] ?? missing('gone'), deps.urlOf)),
          );
      }
      if (pending.length === 0) return { attachments };
      const untilMs = Math.max(...pending.map((one) => one.untilMs));
      return {
        waitMs: Math.max(1, untilMs + GRACE_MS - clock.nowMs()),
        begin() {
          for (const one of pending) behind(one.begin());
        },
      };
    },
    async stop() {
      stopping.abort(STOPPING);
      await Promise.all(underWay);
    },
  };
}

function noteKey({ prefix }: Lane, { messageId }: MessageWithFiles): string {
  return `${prefix}md:${messageId}`;
}

/** Ours, written above; what cannot be read is fetched again. */
function readNote(text: string | null): Note | undefined {
  const note: unknown = text === null ? undefined : JSON.parse(text);
  if (!isJsonObject(note)) return undefined;
  if (Array.isArray(note.results)) return note as unknown as Note;
  const { starts, untilMs } = note;
  return typeof starts === 'number' && typeof untilMs === 'number' ? { starts, untilMs } : undefined;
}

function refOf({ type, mediaId, mimeType, sha256 }: JsonObject): MediaRef | undefined {
  const kind = MEDIA_KINDS.find((one) => one === type);
  const id = textOf(mediaId);
  return kind === undefined || id === undefined
    ? undefined
    : { kind, mediaId: id, mimeType: textOf(mimeType), sha256: textOf(sha256) };
}

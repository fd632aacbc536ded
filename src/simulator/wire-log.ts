import type { Json } from './json.js';

/** One HTTP request between the bot and its Meta, both directions. */
export interface WireEntry {
  id: number;
  /** epoch ms */
  atMs: number;
  /** `webhook`: we called the bot; `graph`: the bot called us */
  direction: 'webhook' | 'graph';
  phoneNumberId: string | undefined;
  /** keys of the chats it belongs to; empty when it belongs to none */
  chats: readonly string[];
  method: string;
  url: string;
  /** in one line what it was: `text`, `delivered`, `read + typing` */
  summary: string;
  /** why it is not an ordinary one: `attempt 3`, `duplicate`, `batch of 5`, a fault's name */
  note?: string;
  /** those worth seeing; secrets are masked */
  headers: { [name: string]: string };
  request?: Json;
  httpStatus?: number;
  response?: Json;
  /** no answer at all: a fixed word */
  failure?: string;
  /** undefined while it is under way */
  tookMs?: number;
}

export interface WireLog {
  begin(entry: Omit<WireEntry, 'id' | 'atMs'>): WireEntry;
  end(entry: WireEntry, result: Pick<WireEntry, 'httpStatus' | 'response' | 'failure' | 'note'>): void;
  /** oldest first; those of one chat include the ones that belong to no chat */
  list(key?: string): readonly WireEntry[];
  clear(): void;
}

/** @param keep the log is a ring of so many entries */
export function createWireLog(keep: number, nowMs: () => number, changed: (entry: WireEntry) => void): WireLog {
  const entries = new Set<WireEntry>();
  let id = 0;
  return {
    begin(fields) {
      const entry: WireEntry = { ...fields, id: ++id, atMs: nowMs() };
      entries.add(entry);
      const [oldest] = entries;
      if (entries.size > keep && oldest !== undefined) entries.delete(oldest);
      changed(entry);
      return entry;
    },
    end(entry, result) {
      Object.assign(entry, result, { tookMs: nowMs() - entry.atMs });
      changed(entry);
    },
    list: (key) => [...entries].filter((entry) => key === undefined || concerns(entry, key)),
    clear: () => entries.clear(),
  };
}

/** Whether an entry is shown beside this chat. */
export function concerns(entry: WireEntry, key: string): boolean {
  return entry.chats.length === 0 || entry.chats.includes(key);
}

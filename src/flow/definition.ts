import type { JsonObject } from '../shared/json.js';
import type { Block, Step } from './behaviour.js';
import type { Intent } from './intents/intent.js';
import type { Text } from './reading/fields.js';
import type { OwnFileName } from './reading/own-files.js';

/** All flows of a bot, checked and compiled; immutable. `loadFlows` makes it again from the same files. */
export interface FlowVersion {
  /** sha256 of the files' names and texts, hex: the same bot has the same hash on every machine */
  readonly hash: string;
  /** names, sorted */
  readonly flows: readonly string[];
  readonly byName: ReadonlyMap<string, Flow>;
  /** sessions remember what was said, because a step asks for it */
  readonly remembers: boolean;
  /** the handlers that one flow or another has */
  readonly handles: ReadonlySet<HandlerName>;
}

/** What may happen outside the plain path. */
export const HANDLERS = [
  ...(['start', 'error', 'unsupported', 'sessionExpired', 'reaction', 'system', 'status', 'referral'] as const),
  ...(['optOut', 'oldTap', 'intentNone'] as const),
] as const;
export type HandlerName = (typeof HANDLERS)[number];

export interface Flow {
  readonly name: string;
  readonly title: string | undefined;
  /** the path it was loaded from */
  readonly file: string;
  /** of its file's text: where it is the same in two versions, so are the paths of its steps */
  readonly digest: string;
  /** of a session that starts in this flow */
  readonly context: JsonObject;
  readonly texts: ReadonlyMap<string, Text>;
  readonly handlers: { readonly [name in HandlerName]?: Block | undefined };
  /** in the file's order */
  readonly intents: readonly (Intent & { readonly keys: readonly PropertyKey[] })[];
  readonly start: Block;
  /** names of the bot's own files in its messages */
  readonly ownFiles: readonly OwnFileName[];
  /** every step, by its path and, when it has one, by its id */
  readonly steps: ReadonlyMap<string, Step>;
}

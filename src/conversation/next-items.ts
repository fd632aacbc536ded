import { decodeItem, decodeMessage, type MessageItem } from '../inbound/item.js';
import type { Clock } from '../shared/clock.js';
import type { JsonObject } from '../shared/json.js';
import { quietOf } from '../shared/staff-pause.js';
import { besidePerson } from './beside-person.js';
import { planTurn } from './burst.js';
import type { ConversationId } from './conversation.js';
import { type ContactFiles, mayHaveFiles } from './files.js';
import type { ConversationStore, Ownership } from './store.js';
import type { TurnEndpoint } from './turn-task.js';
import type { WakeState } from './wake-state.js';
import { wroteToUsMs } from './when-written.js';

export interface NextItemsDeps {
  store: Pick<ConversationStore, 'hold'>;
  /** undefined when nobody configured the number, or its endpoint is switched off */
  endpointOf(phoneNumberId: string): TurnEndpoint | undefined;
  /** Meta's message can be one of several that make one input: see `isJoined` */
  joins(item: MessageItem): boolean;
  files: ContactFiles;
  /** a contact's message is about to be handled: marks it read, shows "typing…"; best effort, never waited for */
  onTaken(endpoint: TurnEndpoint, phoneNumberId: string, wamid: string, message: JsonObject): void;
  clock: Clock;
}

/**
 * How many items at the head of a conversation to handle as one; undefined when they are to wait, and a later job does them:
 * for a person or an app that has the word, the end of a sleep or a burst, or files that are on their way.
 */
export type NextItems = (
  owner: Ownership,
  conversation: ConversationId,
  state: WakeState,
) => Promise<number | undefined>;

/** The end of a sleep wakes who waits for it; this is for a lost one. */
const LOOK_AT_SLEEPERS_MS = 600_000;

export function createNextItems({ store, endpointOf, joins, files, onTaken, clock }: NextItemsDeps): NextItems {
  return async function nextItems(owner, conversation, state) {
    const endpoint = endpointOf(conversation.phoneNumberId);
    const count = await itemsOfTurn(owner, endpoint, state);
    if (count === undefined) return undefined;
    return (await hasFiles(owner, conversation, endpoint, state, count)) ? count : undefined;
  };

  /** An endpoint that neither lets messages wait nor joins them pays nothing for this. */
  async function itemsOfTurn(
    owner: Ownership,
    endpoint: TurnEndpoint | undefined,
    state: WakeState,
  ): Promise<number | undefined> {
    state.besidePerson = false;
    if (state.checkpoint !== undefined) return state.checkpoint.items ?? 1;
    if (state.voices !== undefined) {
      const beside = await keepQuiet(owner, state, endpoint?.staffPauseMinutes);
      if (beside !== 'turn') return beside === 'record' ? 1 : undefined;
    }
    const { arrival } = state.session?.flow ?? {};
    const { duringSleep = 'interrupt', collectMs = 0 } = endpoint ?? {};
    if (endpoint === undefined || (arrival === undefined && collectMs === 0)) return 1;
    const nowMs = clock.nowMs();
    const items = state.items.map(({ payload }) => decodeItem(payload));
    const plan = planTurn({ items, arrival, duringSleep, collectMs, nowMs, joins });
    const [head] = state.items;
    if (head === undefined || plan.do === 'turn') return plan.do === 'turn' ? plan.items : 1;
    const token = plan.do === 'sleepOn' ? state.session?.flow.timers[0] : undefined;
    const delayMs = plan.do === 'sleepOn' ? LOOK_AT_SLEEPERS_MS : plan.untilMs - nowMs;
    const held = await store.hold(owner, {
      seq: head.seq,
      nowMs,
      delayMs,
      ...(token === undefined ? {} : { token }),
    });
    return held === 'free' ? 1 : undefined;
  }

  /** A person of the business or another app has the word: the head is only recorded, or waits until that is over. */
  async function keepQuiet(
    owner: Ownership,
    state: WakeState,
    pauseMinutes: number | undefined,
  ): Promise<ReturnType<typeof besidePerson>> {
    const [head] = state.items;
    const item = head === undefined ? undefined : decodeItem(head.payload);
    // What the contact wrote to us behind the moment in which another app took the conversation shows that it is ours again,
    // also to what waits before that; but a message from before that moment is the app's to answer.
    const written = item?.kind === 'message' ? [item] : state.items.flatMap((one) => decodeMessage(one.payload) ?? []);
    const wroteMs = Math.max(state.contact.wroteMs ?? 0, ...written.map((one) => wroteToUsMs(one) ?? 0));
    const quiet = quietOf(state.voices, pauseMinutes, wroteMs);
    const nowMs = clock.nowMs();
    const beside = quiet === undefined ? 'turn' : besidePerson(item, quiet.untilMs, nowMs);
    state.besidePerson = beside === 'record';
    if (beside === 'wait' && head !== undefined && quiet !== undefined)
      await store.hold(owner, { seq: head.seq, nowMs, delayMs: quiet.untilMs - nowMs });
    return beside;
  }

  /** Whether the files of the next items are there, or will not come; if not, the conversation waits for them. */
  async function hasFiles(
    owner: Ownership,
    { phoneNumberId }: ConversationId,
    endpoint: TurnEndpoint | undefined,
    state: WakeState,
    count: number,
  ): Promise<boolean> {
    state.files = undefined;
    if (state.besidePerson) return true;
    const [head] = state.items;
    const items = state.items
      .slice(0, count)
      .flatMap(({ payload }) => (mayHaveFiles(payload) ? (decodeMessage(payload) ?? []) : []));
    const last = items.at(-1);
    if (head === undefined || last === undefined || endpoint === undefined) return true;
    const look = await files.look(owner, phoneNumberId, items);
    if ('attachments' in look) {
      state.files = look.attachments;
      return true;
    }
    if (typeof last.message.id === 'string') {
      onTaken(endpoint, phoneNumberId, last.message.id, last.message);
    }
    await store.hold(owner, { seq: head.seq, nowMs: clock.nowMs(), delayMs: look.waitMs });
    look.begin();
    return false;
  }
}

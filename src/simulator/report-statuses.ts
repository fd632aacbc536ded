import type { ChatMessage } from './chats.js';
import { chatKey } from './chats.js';
import type { Deliverer } from './deliver.js';
import { titleOf } from './graph-error.js';
import type { JsonObject } from './json.js';
import { checksIdentity } from './number-state.js';
import type { ReportedStatus, StatusModeDefinition } from './statuses.js';
import { STATUS_MODES, statusItem } from './statuses.js';
import { profileOf } from './webhook-body.js';
import type { World } from './world.js';

/** Tells the bot what becomes of its messages. */
export interface StatusReporter {
  /**
   * Plans the statuses of a message the bot just sent.
   *
   * @param atOnce without the usual delays: the early-status fault
   * @returns resolves when those that are known to come have been acknowledged
   */
  report(sent: ChatMessage, how: Reporting): Promise<void>;
  /** The contact plays a voice message for the first time. */
  played(sent: ChatMessage): void;
  /** The contact has opened the chat: what was delivered is read now. */
  opened(chat: { contactId: string; phoneNumberId: string }): void;
}

/** How a message's statuses are told. */
export interface Reporting {
  /** Meta's code when it does not arrive */
  failWith: number | undefined;
  atOnce: boolean;
  /** statuses that get lost on the way: they happen, and the bot never hears of them */
  lose: readonly ReportedStatus[];
  /** each comes so much later, ms */
  extraMs: number;
}

export function createStatusReporter(world: World, deliverer: Deliverer): StatusReporter {
  const { timing } = world;
  /** delivered in a chat that was closed: read as soon as it is opened */
  const unread = new Map<string, ChatMessage[]>();
  /** statuses nobody hears of, by message */
  const lost = new Map<string, readonly ReportedStatus[]>();
  world.bus.subscribe(({ event }) => {
    if (event !== 'reset') return;
    unread.clear();
    lost.clear();
  });

  function tell(sent: ChatMessage, status: ReportedStatus, errorCode?: number): Promise<unknown> {
    const isLost = lost.get(sent.wamid)?.includes(status) === true;
    const isFirstArrival = status === 'delivered' || (status === 'read' && sent.status === 'sent');
    world.advance(sent, status, errorCode === undefined ? undefined : { code: errorCode, title: titleOf(errorCode) });
    const number = world.numbers.get(sent.phoneNumberId);
    // A number that was taken away since tells nothing more.
    if (isLost || number === undefined) return Promise.resolve();
    const contact = world.contacts.get(sent.contactId);
    const fromAd = world.window.isFromAd(sent);
    const carriesConversation = majorOf(world.settings.webhookVersion) < 24 || fromAd;
    const nowMs = world.nowMs();
    const waId = contact === undefined ? undefined : world.toldNumber(contact, sent.phoneNumberId);
    const item = statusItem(sent, {
      status,
      nowMs,
      contact,
      waId,
      priced: status === 'sent' || isFirstArrival,
      ...(errorCode === undefined ? {} : { errorCode }),
      fromAd,
      identityKeyHash: checksIdentity(world.state(sent.phoneNumberId)) ? contact?.identityKeyHash : undefined,
      ...(carriesConversation ? { conversationId: conversationIdOf(sent) } : {}),
    });
    const profile =
      status === 'failed' || contact === undefined ? undefined : statusProfile(profileOf(contact, waId), status);
    return deliverer.deliver([
      { number, contactId: sent.contactId, kind: 'statuses', profile, item, wamid: sent.wamid, summary: status },
    ]);
  }

  /** Statuses of one message keep their order however the jitter falls: each starts its wait when the last was told. */
  function tellLater(
    sent: ChatMessage,
    steps: readonly ReportedStatus[],
    { atOnce, extraMs }: Reporting,
    then: () => void,
  ): Promise<void> {
    return new Promise((resolve) => {
      const told: Promise<unknown>[] = [];
      const next = (index: number): void => {
        const status = steps[index];
        if (status === undefined) {
          then();
          void Promise.all(told).then(() => resolve());
          return;
        }
        const step = (): void => {
          told.push(tell(sent, status));
          next(index + 1);
        };
        if (atOnce) step();
        else world.timers.after(jittered(waitBefore(status, steps[index - 1])) + extraMs, step);
      };
      next(0);
    });
  }

  function waitBefore(status: ReportedStatus, last: ReportedStatus | undefined): number {
    const sinceAccepted = {
      sent: timing.sentMs,
      delivered: timing.deliveredMs,
      read: timing.readMs,
      played: timing.readMs,
      failed: timing.sentMs,
    };
    return Math.max(0, sinceAccepted[status] - (last === undefined ? 0 : sinceAccepted[last]));
  }

  function jittered(ms: number): number {
    return ms * (0.75 + world.random.next() / 2);
  }

  function readOrRemember(sent: ChatMessage): void {
    if (world.isOpen(sent)) {
      world.timers.after(jittered(waitBefore('read', 'delivered')), () => void tell(sent, 'read'));
      return;
    }
    const key = chatKey(sent);
    unread.set(key, [...(unread.get(key) ?? []), sent]);
  }

  return {
    async report(sent, how) {
      const { failWith, atOnce, lose, extraMs } = how;
      if (lose.length > 0) lost.set(sent.wamid, lose);
      if (failWith !== undefined) {
        const fail = (): Promise<unknown> => tell(sent, 'failed', failWith);
        if (atOnce) await fail();
        else world.timers.after(jittered(timing.sentMs) + extraMs, () => void fail());
        return;
      }
      const mode: StatusModeDefinition = STATUS_MODES[world.settings.statusMode];
      // A reaction has no life of its own: Meta reports it as sent, and that is all.
      const steps = sent.type === 'reaction' ? mode.steps.filter((status) => status === 'sent') : mode.steps;
      const told = tellLater(sent, steps, how, () => {
        if (mode.readWhenOpen && sent.type !== 'reaction') readOrRemember(sent);
      });
      if (atOnce) await told;
    },
    played(sent) {
      if (sent.status !== 'played') void tell(sent, 'played');
    },
    opened(chat) {
      const key = chatKey(chat);
      const messages = unread.get(key) ?? [];
      unread.delete(key);
      for (const message of messages) void tell(message, 'read');
    },
  };
}

/** Meta leaves the username out of `sent`. */
function statusProfile(profile: JsonObject, status: ReportedStatus): JsonObject {
  if (status !== 'sent') return profile;
  const { profile: named, ...ids } = profile;
  const name = typeof named === 'object' && named !== null && !Array.isArray(named) ? named.name : undefined;
  return name === undefined ? ids : { profile: { name }, ...ids };
}

/** Up to v23.0 every status carries a `conversation`, with a fresh id for each message; later only free ones do. */
function majorOf(version: string): number {
  return Number.parseInt(version.slice(1), 10);
}

function conversationIdOf(sent: ChatMessage): string {
  return Buffer.from(sent.wamid).toString('hex').slice(-32);
}

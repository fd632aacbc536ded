import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { chatKey } from './chats.js';
import type { Json, JsonObject } from './json.js';
import { toMetaJson } from './meta-json.js';
import type { SimulatedNumber } from './options.js';
import { signatureOf } from './signature.js';
import { createNeighbourSwap } from './swap-neighbours.js';
import type { WebhookUpdate } from './webhook-body.js';
import { toWebhookBody } from './webhook-body.js';
import type { World } from './world.js';

/**
 * `acked`: the bot answered 200; `given_up`: not within Meta's days; `stopped`: the simulator was stopped first;
 * `not_subscribed`: the app or the account does not hear of it, so nothing was sent.
 */
export type DeliveryOutcome = 'acked' | 'given_up' | 'stopped' | 'not_subscribed';

export interface Deliverer {
  /**
   * Posts the updates as one webhook, and again until the bot answers 200. Webhooks that share a chat go one after the
   * other, in the order of these calls; others do not wait for them.
   *
   * @param note shown in the wire view, e.g. `batch of 5`
   */
  deliver(updates: readonly WebhookUpdate[], note?: string): Promise<DeliveryOutcome>;
  /** Posts a body as it is, whatever it is, to where the number's webhooks go; in a queue of its own. */
  deliverBody(number: SimulatedNumber, body: JsonObject): Promise<DeliveryOutcome>;
  /** Resolves when nothing is waiting or under way any more. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

const CONNECTIONS = 64;
/** An answer of the bot is shown in the wire view up to here; Meta reads none of it. */
const MAX_SHOWN_ANSWER = 2_000;

/** @param attempted hears of each POST, so that the phone can show its ticks; no status when nobody answered */
export function createDeliverer(
  world: World,
  attempted: (updates: readonly WebhookUpdate[], httpStatus: number | undefined) => void,
): Deliverer {
  const { timing, faults, log } = world;
  const agent = new Agent({
    connections: CONNECTIONS,
    pipelining: 1,
    connect: { timeout: timing.webhookTimeoutMs },
    headersTimeout: timing.webhookTimeoutMs,
    bodyTimeout: timing.webhookTimeoutMs,
  });
  const stopping = new AbortController();
  // Every request and every wait listens to it; Node would take more than ten for a leak.
  setMaxListeners(0, stopping.signal);
  /** the last webhook of each chat; the next one waits for it */
  const tails = new Map<string, Promise<DeliveryOutcome>>();
  /** as it is sent, and as the wire view shows it */
  interface Body {
    bytes: Buffer;
    json: Json;
  }

  async function postOnce(parcel: Parcel, body: Body, note?: string): Promise<number | undefined> {
    const { number, scope } = parcel;
    const url = world.webhookUrl(number, scope);
    const isForged = faults.strikes(number.phoneNumberId, 'bad-signature');
    const signature = signatureOf(body.bytes, isForged ? 'not the app secret' : world.options.appSecret);
    const entry = world.wire.begin({
      direction: 'webhook',
      phoneNumberId: number.phoneNumberId,
      chats: chatsOf(parcel.updates),
      method: 'POST',
      url: url ?? '(no webhook URL yet)',
      summary: summaryOf(parcel.updates),
      ...(note === undefined ? {} : { note }),
      headers: { 'X-Hub-Signature-256': signature },
      request: body.json,
    });
    if (url === undefined) {
      world.wire.end(entry, { failure: 'no webhook URL yet' });
      return undefined;
    }
    try {
      const answer = await request(url, {
        method: 'POST',
        dispatcher: agent,
        signal: stopping.signal,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'facebookexternalua',
          accept: '*/*',
          'x-hub-signature-256': signature,
        },
        body: body.bytes,
      });
      const shown = (await answer.body.text()).slice(0, MAX_SHOWN_ANSWER);
      world.wire.end(entry, { httpStatus: answer.statusCode, ...(shown === '' ? {} : { response: readJson(shown) }) });
      return answer.statusCode;
    } catch (err) {
      world.wire.end(entry, { failure: failureOf(err) });
      return undefined;
    }
  }

  async function postUntilAcked(parcel: Parcel, note?: string): Promise<DeliveryOutcome> {
    const text = toMetaJson(parcel.body ?? toWebhookBody(parcel.updates));
    const body: Body = { bytes: Buffer.from(text), json: JSON.parse(text) };
    const giveUpAtMs = Date.now() + timing.webhookGiveUpMs;
    const { phoneNumberId } = parcel.number;
    for (let attempt = 1; ; attempt += 1) {
      if (stopping.signal.aborted) return 'stopped';
      const httpStatus = await postOnce(parcel, body, attempt === 1 ? note : `attempt ${attempt}`);
      if (stopping.signal.aborted) return 'stopped';
      attempted(parcel.updates, httpStatus);
      if (httpStatus === 200) {
        // Meta's repetitions carry the same bytes, and nobody waits for their answer to be 200 again.
        if (faults.strikes(phoneNumberId, 'duplicate')) await postOnce(parcel, body, 'duplicate');
        return 'acked';
      }
      log.debug({ attempt, httpStatus }, 'webhook was not acknowledged');
      const waitMs = timing.webhookRetryMs[Math.min(attempt, timing.webhookRetryMs.length) - 1] ?? 1_000;
      if (Date.now() + waitMs > giveUpAtMs) return 'given_up';
      await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  /** Puts the webhook behind the last one of each of its chats. */
  function enqueue(parcel: Parcel, note?: string): Promise<DeliveryOutcome> {
    const keys = [...new Set(parcel.updates.map(queueOf))];
    if (keys.length === 0) keys.push(`body ${parcel.number.phoneNumberId}`);
    const before = keys.map((key) => tails.get(key)).filter((tail) => tail !== undefined);
    const done = Promise.all(before).then(() => postUntilAcked(parcel, note));
    for (const key of keys) tails.set(key, done);
    void done.then(() => {
      for (const key of keys) if (tails.get(key) === done) tails.delete(key);
    });
    return done;
  }

  /** A webhook goes to one URL, so what has an override of its own is told separately. */
  function byTarget(updates: readonly WebhookUpdate[]): Parcel[] {
    const groups = new Map<string | undefined, WebhookUpdate[]>();
    for (const update of updates) {
      const target = world.subscriptions.override(update.number, scopeOf(update))?.url;
      groups.set(target, [...(groups.get(target) ?? []), update]);
    }
    return [...groups.values()].flatMap((group) => (group[0] === undefined ? [] : [parcelOf(group[0], group)]));
  }

  const swap = createNeighbourSwap({
    holdMs: timing.reorderHoldMs,
    timers: world.timers,
    chance: world.random.next,
    enqueue: (updates: readonly WebhookUpdate[], note): Promise<DeliveryOutcome> => {
      const [first] = updates;
      return first === undefined ? Promise.resolve('acked') : enqueue(parcelOf(first, updates), note);
    },
  });

  const all = (): Promise<DeliveryOutcome>[] => [...tails.values(), ...swap.pending()];

  return {
    async deliver(updates, note) {
      const heard = updates.filter((update) => world.subscriptions.hears(update.number.wabaId, fieldOf(update)));
      if (heard.length === 0 && updates.length > 0) return 'not_subscribed';
      const outcomes = byTarget(heard).map((parcel) => {
        const [first, second] = parcel.updates;
        if (first !== undefined && second === undefined && faults.strikes(first.number.phoneNumberId, 'reorder')) {
          return swap.pass(queueOf(first), parcel.updates);
        }
        return enqueue(parcel, note);
      });
      const ended = await Promise.all(outcomes);
      return ended.find((outcome) => outcome !== 'acked') ?? 'acked';
    },
    deliverBody: (number, body) => enqueue({ number, scope: 'number', updates: [], body }, 'raw body'),
    async settled() {
      for (let left = all(); left.length > 0; left = all()) await Promise.all(left);
    },
    async stop() {
      stopping.abort();
      swap.release();
      await Promise.all(tails.values());
      await agent.destroy();
    },
  };
}

/** What one POST carries, and where it goes. */
interface Parcel {
  number: SimulatedNumber;
  scope: 'number' | 'account';
  updates: readonly WebhookUpdate[];
  /** instead of what the updates would make */
  body?: JsonObject;
}

function chatsOf(updates: readonly WebhookUpdate[]): string[] {
  const keys = updates.flatMap(({ contactId, number: { phoneNumberId } }) =>
    contactId === undefined ? [] : [chatKey({ contactId, phoneNumberId })],
  );
  return [...new Set(keys)];
}

/** Updates of a queue go one after the other: those of a chat, and those of an account that belong to no chat. */
function queueOf({ contactId, number }: WebhookUpdate): string {
  const { phoneNumberId, wabaId } = number;
  return contactId === undefined ? `account ${wabaId}` : chatKey({ contactId, phoneNumberId });
}

function fieldOf(update: WebhookUpdate): string {
  return update.kind === 'field' ? update.field : 'messages';
}

const scopeOf = (update: WebhookUpdate): Parcel['scope'] => (update.kind === 'field' ? update.scope : 'number');

const parcelOf = (first: WebhookUpdate, updates: readonly WebhookUpdate[]): Parcel => ({
  number: first.number,
  scope: scopeOf(first),
  updates,
});

function summaryOf(updates: readonly WebhookUpdate[]): string {
  const [first] = updates;
  if (first === undefined) return 'raw';
  return updates.length === 1 ? first.summary : `${first.summary} + ${updates.length - 1} more`;
}

function readJson(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A fixed word: the error's own message may name the URL, whose path is a secret. */
function failureOf(err: unknown): string {
  const code = err instanceof Error && 'code' in err ? err.code : undefined;
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'timeout';
    default:
      return 'no answer';
  }
}

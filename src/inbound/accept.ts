import { hash } from 'node:crypto';
import type { RedisClient } from '../redis/connections.js';
import { type Lane, OPS } from '../redis/lane.js';
import { asList, asText, script } from '../redis/script.js';
import { parseCallbackData } from '../shared/callback-data.js';
import type { Clock } from '../shared/clock.js';
import type {
  EchoEvent,
  IdentityEvent,
  InboundEvent,
  MalformedEvent,
  MessageEvent,
  Pricing,
  RoutingEvent,
  StatusEvent,
} from './event.js';
import { dedupeShard, type IdentityDigests, type Ids } from './ids.js';
import { encodeMessage } from './item.js';
import { createJoinedCall, type JoinedCall } from './joined-call.js';
import { type AccountNews, createNewsKeeper, type NewsRow, newsRows } from './keep-news.js';
import { argsOf, MAX_PER_CALL, portions, type Row } from './rows.js';

/** First letters of what stands in place of an inbox item. */
const ROUTING = { given: 'G', taken: 'T', standby: 'S', called: 'C' } as const;

export interface AcceptorDeps {
  /** fails fast: see `connectFailFast` */
  redis: RedisClient;
  ids: Ids;
  installId: string;
  clock: Clock;
  /**
   * The lane of a number, `disabled` when its endpoint is switched off, undefined when nobody configured it or when it
   * is not one of the app that signed the webhook.
   */
  laneOf(phoneNumberId: string, scope: AcceptScope): Lane | 'disabled' | undefined;
  /** numbers of a WhatsApp business account, for news that names no number */
  numbersOf(wabaId: string): readonly string[];
  retention: { dedupeSec: number; statusSec: number; eventsPerLane: number };
}

/** What became of each update of one webhook. Everything counted here but `disabled` and `foreign` is stored. */
export interface Accepted {
  messages: { messageId: string; conversationId: string; type: string }[];
  duplicates: number;
  statuses: { applied: number; behind: number; foreign: number };
  /** of our messages, each once: what Meta charges for them */
  priced: Pricing[];
  /** for endpoints switched off: Meta gets its 200, or it would repeat for days */
  disabled: number;
  account: number;
  /** what came of it, where it is about no contact: each piece of news once */
  news: AccountNews[];
  identities: number;
  /** messages of staff, told by Meta as echoes */
  echoes: number;
  /** news of conversations that another app has, or gave back */
  routed: number;
  /** by reason */
  quarantined: Record<string, number>;
}

/**
 * Stores all updates of a webhook: one script call a lane and hundred updates, all sent at once, so one round trip.
 * Webhooks that arrive together share their calls.
 *
 * @throws when Redis did not confirm all of it: answer 503, Meta sends again, and what was stored meets its dedupe entry
 */
export type Accept = (events: readonly InboundEvent[], scope: AcceptScope) => Promise<Accepted>;

/** Whose numbers the updates may be for: a secret vouches for the numbers of its own app only. `any`: an operator's replay. */
export type AcceptScope = { readonly appId: string } | 'any';

export function createAcceptor(deps: AcceptorDeps): Accept {
  const scripts = {
    accept: script('accept'),
    status: script('status'),
    quarantine: script('quarantine'),
  };
  const keepNews = createNewsKeeper(deps);
  const calls = new Map<string, LaneCalls>();

  return async function accept(events, scope) {
    const nowMs = deps.clock.nowMs();
    const report: Accepted = {
      messages: [],
      duplicates: 0,
      statuses: { applied: 0, behind: 0, foreign: 0 },
      priced: [],
      disabled: 0,
      account: 0,
      news: [],
      identities: 0,
      echoes: 0,
      routed: 0,
      quarantined: {},
    };
    const batches = new Batches();
    for (const event of events) {
      try {
        route(event, scope, batches, report, nowMs);
      } catch (err) {
        // JSON nested so deep that it cannot be written again.
        if (!(err instanceof RangeError)) throw err;
        setAside(
          { kind: 'malformed', reason: 'too_deep', phoneNumberId: undefined, raw: null },
          scope,
          batches,
          report,
          nowMs,
        );
      }
    }

    await Promise.all([
      ...batches.of('message').map(({ lane, rows }) => storeMessages(lane, rows, report)),
      ...batches.of('status').map(({ lane, rows }) => storeStatuses(lane, rows, report)),
      ...batches.of('quarantine').map(({ rows }) => quarantine(rows, nowMs)),
      keepNews(batches.news).then((news) => report.news.push(...news)),
    ]);
    return report;
  };

  function route(event: InboundEvent, scope: AcceptScope, batches: Batches, report: Accepted, nowMs: number): void {
    if (event.kind === 'malformed') {
      setAside(event, scope, batches, report, nowMs);
      return;
    }
    if (event.kind === 'account') {
      report.account += 1;
      batches.news.push(...newsRows(deps.ids, event, nowMs));
      return;
    }
    if (event.kind === 'identity') {
      learnIdentity(event, scope, batches, report, nowMs);
      return;
    }

    const lane = deps.laneOf(event.phoneNumberId, scope);
    if (lane === 'disabled') {
      report.disabled += 1;
    } else if (lane === undefined) {
      // The account's news has it whole, and nobody could answer there anyway.
      if (event.kind === 'routing') return;
      setAside(refused(event, 'unknown_number'), scope, batches, report, nowMs);
    } else if (event.kind === 'echo') {
      const row = echoRow(event, nowMs);
      if (row === undefined) return;
      report.echoes += 1;
      batches.add('message', lane, row);
    } else if (event.kind === 'routing') {
      const row = routingRow(event, nowMs);
      if (row === undefined) return;
      report.routed += 1;
      batches.add('message', lane, row);
    } else if (event.kind === 'message') {
      const rows = messageRows(event, nowMs);
      if (rows === undefined) setAside(refused(event, 'no_sender'), scope, batches, report, nowMs);
      else for (const row of rows) batches.add('message', lane, row);
    } else {
      const row = statusRow(event, nowMs);
      if (row === undefined) report.statuses.foreign += 1;
      else batches.add('status', lane, row);
    }
  }

  function messageRows(event: MessageEvent, nowMs: number): MessageRow[] | undefined {
    const update = deps.ids.update(event.phoneNumberId, event.wamid);
    // A number or id that changed: the contact is found by what it was, and known by what it is from now on.
    const before = event.previous && deps.ids.identity(event.previous);
    const who = deps.ids.identity(event.contact);
    if (who === undefined) return undefined;
    const message: MessageRow = {
      messageId: update.id,
      // Meta's word goes to the log only if it is one.
      type: /^\w{1,32}$/.test(event.type) ? event.type : 'other',
      args: [
        event.phoneNumberId,
        dedupeShard(update, event.timestampMs, nowMs),
        update.hash,
        ...(before === undefined
          ? [who.primary, who.secondary, who.hasBsuid ? 'b' : '']
          : [before.primary, who.primary, 'r']),
        encodeMessage(event, update.id, nowMs),
      ],
    };
    return before === undefined ? [message] : changeRows(event.phoneNumberId, before, who, message, nowMs);
  }

  /** A change names one identity of each side; the other two are learned before and behind it. */
  function changeRows(
    phoneNumberId: string,
    before: IdentityDigests,
    now: IdentityDigests,
    change: MessageRow,
    nowMs: number,
  ): MessageRow[] {
    const learn = ({ primary, secondary }: IdentityDigests, flags: 'b' | ''): MessageRow[] => {
      if (secondary === '') return [];
      const update = deps.ids.update(phoneNumberId, `identity|${primary}|${secondary}`);
      return [
        { args: [phoneNumberId, dedupeShard(update, undefined, nowMs), update.hash, primary, secondary, flags, ''] },
      ];
    };
    // The old number may be somebody else's by now: it only helps to find a contact whose user id is new to us.
    return [...learn(before, ''), change, ...learn(now, 'b')];
  }

  function echoRow({ phoneNumberId, wamid, timestampMs, contact }: EchoEvent, nowMs: number): Row | undefined {
    const who = deps.ids.identity(contact);
    if (who === undefined) return undefined;
    const update = deps.ids.update(phoneNumberId, `echo|${wamid}`);
    const shard = dedupeShard(update, timestampMs, nowMs);
    const flags = who.hasBsuid ? 'b' : '';
    // A clock that runs ahead keeps nobody quiet for longer.
    const wroteMs = Math.min(timestampMs ?? nowMs, nowMs);
    return { args: [phoneNumberId, shard, update.hash, who.primary, who.secondary, flags, `P${wroteMs}`] };
  }

  function routingRow({ phoneNumberId, id, timestampMs, contact, is }: RoutingEvent, nowMs: number): Row | undefined {
    const who = deps.ids.identity(contact);
    if (who === undefined) return undefined;
    const update = deps.ids.update(phoneNumberId, `routing|${id}`);
    const shard = dedupeShard(update, timestampMs, nowMs);
    const payload = `${ROUTING[is]}${Math.min(timestampMs ?? nowMs, nowMs)}`;
    return { args: [phoneNumberId, shard, update.hash, who.primary, who.secondary, who.hasBsuid ? 'b' : '', payload] };
  }

  function learnIdentity(
    event: IdentityEvent,
    scope: AcceptScope,
    batches: Batches,
    report: Accepted,
    nowMs: number,
  ): void {
    report.identities += 1;
    const before = deps.ids.identity(event.previous);
    const now = deps.ids.identity(event.contact);
    if (before === undefined || now === undefined) return;
    const numbers = event.phoneNumberId === undefined ? deps.numbersOf(event.wabaId) : [event.phoneNumberId];
    for (const phoneNumberId of numbers) {
      const lane = deps.laneOf(phoneNumberId, scope);
      if (lane === undefined || lane === 'disabled') continue;
      const update = deps.ids.update(phoneNumberId, `identity|${before.primary}|${now.primary}`);
      const change = {
        args: [
          phoneNumberId,
          dedupeShard(update, undefined, nowMs),
          update.hash,
          before.primary,
          now.primary,
          'R',
          // Starts no turn: it takes the new identity into the contact's record, behind what waits already.
          encodeMessage(announcement(event, phoneNumberId), update.id, nowMs),
        ],
      };
      for (const row of changeRows(phoneNumberId, before, now, change, nowMs)) batches.add('message', lane, row);
    }
  }

  function statusRow(event: StatusEvent, nowMs: number): StatusRow | undefined {
    const ours = parseCallbackData(event.callbackData);
    if (ours === undefined || ours.installId !== deps.installId) return undefined;
    const conversationId = `${event.phoneNumberId}.${ours.contactId}`;
    const { pricing } = event;
    const common = { at: nowMs, c: conversationId, oid: ours.oid };
    const note =
      event.status === 'failed'
        ? JSON.stringify({ ...common, k: 'status', status: 'failed', codes: event.errorCodes })
        : pricing === undefined
          ? ''
          : JSON.stringify({ ...common, k: 'priced', ...pricing });
    const status = /^[a-z_]{1,24}$/.test(event.status) ? event.status : 'unknown';
    // Of a longer list the flow hears the first ones: the bucket they stand in stays small.
    const codes = status === 'failed' ? event.errorCodes.slice(0, 5).join(',') : '';
    const isPriced = pricing !== undefined && status !== 'failed';
    return {
      args: [conversationId, ours.oid, status, event.timestampMs ?? nowMs, note, codes, isPriced ? '1' : '0'],
      ...(isPriced ? { pricing } : {}),
    };
  }

  function setAside(
    event: MalformedEvent,
    scope: AcceptScope,
    batches: Batches,
    report: Accepted,
    nowMs: number,
  ): void {
    const item = JSON.stringify(event);
    // A replay may go no further than the secret that vouched for it.
    const appId = scope === 'any' ? null : scope.appId;
    report.quarantined[event.reason] = (report.quarantined[event.reason] ?? 0) + 1;
    // The id leaves the time out, so that a redelivery of the same item adds nothing.
    const id = `q-${hash('sha256', item, 'base64url').slice(0, 24)}`;
    batches.add('quarantine', OPS, { args: [id, `{"at":${nowMs},"appId":${JSON.stringify(appId)},"event":${item}}`] });
  }

  async function storeMessages(lane: Lane, rows: MessageRow[], report: Accepted): Promise<void> {
    await Promise.all(
      portionsByContact(rows).map(async (some) => {
        const replies = await callsOf(lane).accept(some);
        replies.forEach((stored, i) => {
          const row = some[i];
          const conversationId = asText(stored);
          if (row?.messageId === undefined) return;
          if (conversationId === '') report.duplicates += 1;
          else report.messages.push({ messageId: row.messageId, conversationId, type: row.type ?? 'unknown' });
        });
      }),
    );
  }

  async function storeStatuses(lane: Lane, rows: StatusRow[], report: Accepted): Promise<void> {
    const replies = await Promise.all(portions(rows).map((some) => callsOf(lane).status(some)));
    replies.flat().forEach((reply, i) => {
      const [became, priced] = asText(reply).split(' ');
      report.statuses[became === 'applied' ? 'applied' : 'behind'] += 1;
      const pricing = rows[i]?.pricing;
      if (priced !== undefined && pricing !== undefined) report.priced.push(pricing);
    });
  }

  /** Each lane is a cluster slot of its own: what is joined is of one lane. */
  function callsOf(lane: Lane): LaneCalls {
    const known = calls.get(lane.name);
    if (known !== undefined) return known;
    const { dedupeSec, statusSec, eventsPerLane } = deps.retention;
    const joined = (name: 'accept' | 'status', settings: readonly number[]) =>
      createJoinedCall<Row>(async (rows) =>
        asList(await scripts[name].run(deps.redis, lane.prefix, [deps.clock.nowMs(), ...settings, ...argsOf(rows)])),
      );
    const made = { accept: joined('accept', [dedupeSec]), status: joined('status', [statusSec, eventsPerLane]) };
    calls.set(lane.name, made);
    return made;
  }

  async function quarantine(rows: Row[], nowMs: number): Promise<void> {
    await Promise.all(
      portions(rows).map((some) => scripts.quarantine.run(deps.redis, OPS.prefix, [nowMs, ...argsOf(some)])),
    );
  }
}

/** A change told outside any message, in the form in which conversations learn of one. */
function announcement({ contact, timestampMs }: IdentityEvent, phoneNumberId: string): MessageEvent {
  const message = { type: 'system' };
  return { kind: 'message', phoneNumberId, wamid: '', timestampMs, contact, type: 'system', message };
}

/** A good event that cannot be stored here, for the same treatment as one that cannot be read. */
function refused(event: MessageEvent | StatusEvent | EchoEvent, reason: string): MalformedEvent {
  return { kind: 'malformed', reason, phoneNumberId: event.phoneNumberId, raw: { event } };
}

interface LaneCalls {
  accept: JoinedCall<Row>;
  status: JoinedCall<Row>;
}

/** `messageId` is missing when there is only an identity to learn */
interface MessageRow extends Row {
  messageId?: string;
  type?: string;
}
interface StatusRow extends Row {
  pricing?: Pricing;
}

/** Rows for the scripts, a list for each script and lane, in the order they came. */
class Batches {
  readonly news: NewsRow[] = [];
  private readonly lists = new Map<string, { script: string; lane: Lane; rows: MessageRow[] }>();

  add(script: 'message' | 'status' | 'quarantine', lane: Lane, row: MessageRow): void {
    const key = `${script} ${lane.name}`;
    const list = this.lists.get(key);
    if (list === undefined) this.lists.set(key, { script, lane, rows: [row] });
    else list.rows.push(row);
  }

  of(script: 'message' | 'status' | 'quarantine'): { lane: Lane; rows: MessageRow[] }[] {
    return [...this.lists.values()].filter((list) => list.script === script);
  }
}

/**
 * The messages of one contact stay together: were the call with the first of them refused, and the next with the others
 * not, Meta's redelivery would bring the first too late. A contact is told by either of its digests.
 */
function portionsByContact(rows: readonly MessageRow[]): MessageRow[][] {
  if (rows.length <= MAX_PER_CALL) return [[...rows]];
  const all: MessageRow[][] = [];
  const portionOf = new Map<string | number, MessageRow[]>();
  let open: MessageRow[] = [];
  for (const row of rows) {
    const digests = row.args.slice(PRIMARY, SECONDARY + 1).filter((digest) => digest !== '');
    const known = digests.map((digest) => portionOf.get(digest)).find((portion) => portion !== undefined);
    if (known === undefined && (all.length === 0 || open.length >= MAX_PER_CALL)) {
      open = [];
      all.push(open);
    }
    const portion = known ?? open;
    portion.push(row);
    for (const digest of digests) portionOf.set(digest, portion);
  }
  return all;
}

/** Where a row's arguments name the contact; see accept.lua. */
const PRIMARY = 3;
const SECONDARY = 4;

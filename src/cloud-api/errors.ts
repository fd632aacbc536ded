import { PAIR_BURST, PAIR_INTERVAL_MS } from './limits.js';
import type { Refusal, RetryScope } from './outcome.js';

/**
 * What to do about an error code of Meta's. Decided on the code, never on the HTTP status: throttling comes as 400, and
 * missing permissions as 500.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
 */
export type Rule = {
  reason: string;
  /** left out: Meta's page of error codes; else what clients found, or common knowledge nobody confirmed */
  source?: 'clients' | 'unconfirmed';
} & (
  | { kind: 'reject'; remedy?: 'template' }
  | { kind: 'pause' }
  | { kind: 'retry'; scope: RetryScope; wait: Wait; mayHaveBeenSent: boolean; maxTries: number }
);

/** ms until the next try, after the `attempt`-th failed; `regainAccessMs` is Meta's own estimate, when it gave one. */
type Wait = (attempt: number, regainAccessMs: number | undefined) => number;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const growing =
  (baseMs: number, factor: number, maxMs: number): Wait =>
  (attempt) =>
    Math.min(baseMs * factor ** (attempt - 1), maxMs);
const fixed =
  (ms: number): Wait =>
  () =>
    ms;

const soon = growing(SECOND, 2, MINUTE);
const perMinute = growing(MINUTE, 2, HOUR);
/** Meta recommends 4^n s; a full burst is paid back after burst × interval, and waiting longer gains nothing. */
const pairRate = growing(SECOND, 4, PAIR_BURST * PAIR_INTERVAL_MS);
const whenRegained: Wait = (attempt, regainAccessMs) => regainAccessMs ?? perMinute(attempt, undefined);

const reject = (reason: string): Rule => ({ kind: 'reject', reason });
const pause = (reason: string): Rule => ({ kind: 'pause', reason });
/** Refused before Meta processed it: tried again for as long as the message is worth sending. */
const wait = (reason: string, scope: RetryScope, wait: Wait): Rule => ({
  kind: 'retry',
  reason,
  scope,
  wait,
  mayHaveBeenSent: false,
  maxTries: Number.POSITIVE_INFINITY,
});
/** Failed somewhere inside Meta: each further try may be a second message. */
const risk = (reason: string, scope: RetryScope, maxTries: number): Rule => ({
  kind: 'retry',
  reason,
  scope,
  wait: soon,
  mayHaveBeenSent: true,
  maxTries,
});
const clients = (rule: Rule): Rule => ({ ...rule, source: 'clients' });
const unconfirmed = (rule: Rule): Rule => ({ ...rule, source: 'unconfirmed' });

/** Tries of a message that may be doubled, or whose error Meta calls transient against its own table. */
const FEW_TRIES = 3;

const RULES: Readonly<Record<number, Rule>> = {
  0: pause('token_invalid'),
  1: risk('unknown_api_error', 'message', 2),
  2: risk('service_down', 'number', FEW_TRIES),
  3: pause('permission_missing'),
  4: wait('app_rate', 'number', whenRegained),
  10: pause('permission_missing'),
  33: pause('number_unusable'),
  100: reject('invalid_parameter'),
  102: unconfirmed(pause('token_invalid')),
  104: unconfirmed(pause('token_invalid')),
  190: pause('token_invalid'),
  368: pause('account_restricted'),
  463: unconfirmed(pause('token_invalid')),
  467: unconfirmed(pause('token_invalid')),
  80007: wait('account_rate', 'number', whenRegained),
  130403: reject('contact_blocked_by_us'),
  130429: wait('throughput', 'number', soon),
  130472: reject('marketing_experiment'),
  130497: reject('country_restricted'),
  131000: risk('unknown_failure', 'message', FEW_TRIES),
  131005: pause('access_denied'),
  131008: reject('parameter_missing'),
  131009: reject('parameter_invalid'),
  131016: risk('service_unavailable', 'number', FEW_TRIES),
  131020: reject('group_unusable'),
  131021: reject('sender_is_recipient'),
  131026: reject('undeliverable'),
  131030: reject('not_on_test_list'),
  131031: pause('account_locked'),
  131036: reject('payload_gone'),
  131037: pause('display_name_not_approved'),
  131041: reject('group_unknown'),
  131042: pause('payment_problem'),
  131044: pause('payment_problem'),
  131045: pause('number_not_registered'),
  131047: { kind: 'reject', reason: 'window_closed', remedy: 'template' },
  131048: pause('spam_rate'),
  131049: reject('marketing_cap'),
  131050: reject('marketing_opt_out'),
  131051: reject('unsupported_type'),
  131052: reject('inbound_media_failed'),
  // Fetching a linked file fails for passing reasons too.
  131053: { kind: 'retry', reason: 'media_failed', scope: 'message', wait: soon, mayHaveBeenSent: false, maxTries: 2 },
  131055: reject('method_not_allowed'),
  131056: wait('pair_rate', 'pair', pairRate),
  // A throughput upgrade: the number takes nothing for up to a minute.
  131057: wait('maintenance', 'number', fixed(MINUTE)),
  131062: reject('user_id_not_allowed'),
  131063: reject('marketing_disabled'),
  131064: pause('template_misclassification'),
  131201: reject('group_partly_done'),
  131202: reject('group_operation'),
  131204: reject('group_operation'),
  131207: reject('group_operation'),
  131208: wait('group_rate', 'message', soon),
  132000: reject('template_parameters'),
  132001: reject('template_missing'),
  132005: reject('template_too_long'),
  132007: reject('template_policy'),
  132008: clients(reject('template_parameters')),
  132012: reject('template_parameters'),
  // Paused for hours: longer than a reply is worth waiting for.
  132015: reject('template_paused'),
  132016: reject('template_disabled'),
  132018: reject('template_parameters'),
  132068: reject('flow_blocked'),
  132069: wait('flow_throttled', 'message', fixed(HOUR)),
  133000: pause('number_not_registered'),
  133004: risk('server_unavailable', 'number', FEW_TRIES),
  133005: pause('pin_wrong'),
  133006: pause('number_not_verified'),
  // Meta names the time in words only.
  133008: wait('pin_guesses', 'number', perMinute),
  133009: wait('pin_guesses', 'number', perMinute),
  133010: pause('number_not_registered'),
  133015: wait('number_just_deleted', 'number', fixed(5 * MINUTE)),
  133016: wait('registration_rate', 'number', fixed(72 * HOUR)),
  134011: pause('payments_terms'),
  134100: reject('not_marketing'),
  134101: wait('template_syncing', 'message', fixed(10 * MINUTE)),
  134102: reject('template_unavailable'),
  135000: reject('generic_user_error'),
  136024: clients(reject('code_request')),
  139100: reject('block_partly_done'),
  139101: reject('block_limit'),
  139102: wait('block_concurrent', 'message', soon),
  139103: wait('block_internal', 'message', soon),
  2494100: wait('maintenance', 'number', fixed(MINUTE)),
};

/** Families of codes that share a meaning; codes of their own stand above. */
const RANGES: readonly { from: number; to: number; rule: Rule }[] = [
  { from: 200, to: 299, rule: pause('permission_missing') },
  { from: 138000, to: 138025, rule: reject('calling') },
  { from: 141000, to: 141999, rule: reject('health_status') },
  { from: 147001, to: 147005, rule: reject('username') },
  { from: 2388000, to: 2388999, rule: reject('template_management') },
  { from: 2593107, to: 2593109, rule: reject('history_sync') },
];

/** The table's word on a code; undefined for codes it does not know. */
export function ruleFor(code: number): Rule | undefined {
  return RULES[code] ?? RANGES.find(({ from, to }) => from <= code && code <= to)?.rule;
}

/** All the table holds, by code: one, or the first and the last of a range. */
export function errorTable(): { codes: [number] | [number, number]; rule: Rule }[] {
  const single = Object.entries(RULES).map(([code, rule]): { codes: [number]; rule: Rule } => ({
    codes: [Number(code)],
    rule,
  }));
  const ranges = RANGES.map(({ from, to, rule }): { codes: [number, number]; rule: Rule } => ({
    codes: [from, to],
    rule,
  }));
  return [...single, ...ranges].sort((a, b) => a.codes[0] - b.codes[0]);
}

/** An error as Graph answered it. */
export interface GraphError {
  code: number;
  httpStatus: number;
  /** Meta's own `is_transient` */
  isTransient: boolean;
  /** from the usage headers */
  regainAccessMs?: number;
}

/**
 * @param attempt which try of this message failed, from 1
 */
export function verdictFor(error: GraphError, attempt: number): Refusal {
  const { code } = error;
  const rule = ruleFor(code) ?? ruleForUnknown(error);
  if (rule === undefined) return { outcome: 'unknown', reason: 'unknown_code_in_success', code, mayHaveBeenSent: true };
  if (rule.kind === 'retry') {
    const { reason, scope, mayHaveBeenSent } = rule;
    if (attempt >= rule.maxTries) return { outcome: 'rejected', reason, code, mayHaveBeenSent };
    return {
      outcome: 'retry',
      reason,
      code,
      scope,
      afterMs: rule.wait(attempt, error.regainAccessMs),
      mayHaveBeenSent,
    };
  }
  if (error.isTransient && attempt < FEW_TRIES) {
    const mayHaveBeenSent = error.httpStatus >= 500;
    const { reason } = rule;
    return { outcome: 'retry', reason, code, scope: 'message', afterMs: soon(attempt, undefined), mayHaveBeenSent };
  }
  if (rule.kind === 'pause') return { outcome: 'paused', reason: rule.reason, code, mayHaveBeenSent: false };
  const remedy = rule.remedy === undefined ? {} : { remedy: rule.remedy };
  return { outcome: 'rejected', reason: rule.reason, code, ...remedy, mayHaveBeenSent: false };
}

/** Codes to come: a server's fault may have happened after sending, a client's happened instead of it. */
function ruleForUnknown({ httpStatus }: GraphError): Rule | undefined {
  if (httpStatus === 429) return wait('unknown_rate', 'number', soon);
  if (httpStatus >= 500) return risk('unknown_server_error', 'message', FEW_TRIES);
  return httpStatus >= 400 ? reject('unknown_code') : undefined;
}

/** For failures without an error code: nothing was written, so trying again is safe. */
export function retryUnsent(reason: string, attempt: number): Refusal {
  return { outcome: 'retry', reason, scope: 'number', afterMs: soon(attempt, undefined), mayHaveBeenSent: false };
}

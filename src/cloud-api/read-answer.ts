import { isJsonObject, type Json, type JsonObject, type Unread } from '../shared/json.js';
import { listOf, numberOf, objectOf, textOf } from '../shared/unread.js';
import { type GraphError, retryUnsent, verdictFor } from './errors.js';
import type { MarkReadOutcome, Refusal, SendOutcome } from './outcome.js';
import { regainAccessMs } from './usage.js';
import type { ErrorAnswer, SendAnswer } from './wire.js';

/** A complete HTTP answer. */
export interface HttpAnswer {
  status: number;
  /** by lower-case name */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
}

/**
 * What an answer to a message means.
 *
 * @param attempt which try of this message it answers, from 1
 */
export function readSendAnswer(answer: HttpAnswer, attempt: number): SendOutcome {
  const body = parseObject(answer.body);
  const sent = readSent(body);
  // An id is a receipt, whatever else the answer says.
  return isSuccess(answer) && sent !== undefined ? sent : readRefusal(answer, body, attempt);
}

/** What an answer to "read" and "typing" means. */
export function readMarkReadAnswer(answer: HttpAnswer, attempt: number): MarkReadOutcome {
  const body = parseObject(answer.body);
  const { success }: Unread<SendAnswer> = body ?? {};
  return isSuccess(answer) && success === true ? { outcome: 'marked' } : readRefusal(answer, body, attempt);
}

function readSent(body: JsonObject | undefined): SendOutcome | undefined {
  const { messages, contacts }: Unread<SendAnswer> = body ?? {};
  const message: Unread<NonNullable<SendAnswer['messages']>[number]> = objectOf(listOf(messages)[0]) ?? {};
  const contact: Unread<NonNullable<SendAnswer['contacts']>[number]> = objectOf(listOf(contacts)[0]) ?? {};
  const wamid = textOf(message.id);
  if (wamid === undefined) return undefined;
  const waId = textOf(contact.wa_id);
  const bsuid = textOf(contact.user_id);
  const messageStatus = textOf(message.message_status);
  return {
    outcome: 'sent',
    wamid,
    ...(waId !== undefined && { waId }),
    ...(bsuid !== undefined && { bsuid }),
    ...(messageStatus !== undefined && { messageStatus }),
  };
}

/** Why an answer is no success, from Graph's error or from the HTTP status alone. */
export function readRefusal(answer: HttpAnswer, body: JsonObject | undefined, attempt: number): Refusal {
  const error = readGraphError(answer, body);
  return error === undefined ? withoutError(answer, body, attempt) : verdictFor(error, attempt);
}

function readGraphError({ status, headers }: HttpAnswer, body: JsonObject | undefined): GraphError | undefined {
  const { error }: Unread<ErrorAnswer> = body ?? {};
  const fields: Unread<NonNullable<ErrorAnswer['error']>> = objectOf(error) ?? {};
  const code = numberOf(fields.code);
  if (code === undefined) return undefined;
  const regain = regainAccessMs(headers['x-business-use-case-usage']);
  return {
    code,
    httpStatus: status,
    isTransient: fields.is_transient === true,
    ...(regain !== undefined && { regainAccessMs: regain }),
  };
}

/** Statuses by which a proxy or a wrong address refuses every request alike, whatever it carries. */
const REFUSES_ALL = new Set([401, 402, 403, 404, 405, 406, 407, 410, 426, 451, 511]);
/** Statuses that say "not now". */
const NOT_NOW = new Set([408, 421, 423, 425, 429]);

/** Answers that Graph did not write, or did not finish: there is only the HTTP status to go by. */
function withoutError(answer: HttpAnswer, body: JsonObject | undefined, attempt: number): Refusal {
  const { status } = answer;
  if (isSuccess(answer)) {
    const reason =
      answer.body === '' ? 'empty_success' : body === undefined ? 'unreadable_success' : 'success_without_id';
    return { outcome: 'unknown', reason, mayHaveBeenSent: true };
  }
  const reason = `http_${status}_without_error`;
  if (status >= 500 && !REFUSES_ALL.has(status)) return { outcome: 'unknown', reason, mayHaveBeenSent: true };
  if (NOT_NOW.has(status)) return retryUnsent(reason, attempt);
  // Nothing goes through before somebody looks: waiting loses no message, rejecting would lose them all.
  if (status < 400 || REFUSES_ALL.has(status)) return { outcome: 'paused', reason, mayHaveBeenSent: false };
  return { outcome: 'rejected', reason, mayHaveBeenSent: false };
}

export const isSuccess = ({ status }: HttpAnswer): boolean => status >= 200 && status < 300;

/** @returns undefined for what is no JSON object */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

import type { Unread } from '../shared/json.js';
import { numberOf, textOf } from '../shared/unread.js';
import type { Refusal } from './outcome.js';
import { type HttpAnswer, isSuccess, parseObject, readRefusal } from './read-answer.js';
import type { ResumableAnswer } from './wire.js';

/** `uploadId`: what the rest is sent to; it becomes a part of an address. */
export type BegunOutcome = { outcome: 'begun'; uploadId: string } | Refusal;
/** `offset`: so many bytes are there */
export type OffsetOutcome = { outcome: 'standing'; offset: number } | Refusal;
/** `handle`: what a template's sample or a profile's picture is named by */
export type FinishedOutcome = { outcome: 'finished'; handle: string } | Exclude<OffsetOutcome, Refusal> | Refusal;
export type DoneOutcome = { outcome: 'done' } | Refusal;

/** Base64 and a signature behind `?`: nothing that leads to another address. */
const UPLOAD_ID = /^upload:[\w+/=~-]{1,1000}(?:\?[\w=&~%+-]{1,1000})?$/;

/** What an answer to `POST /{app-id}/uploads` means. */
export function readBegunAnswer(answer: HttpAnswer, attempt: number): BegunOutcome {
  const body = parseObject(answer.body);
  const { id }: Unread<ResumableAnswer> = body ?? {};
  const uploadId = textOf(id);
  if (!isSuccess(answer) || uploadId === undefined || !UPLOAD_ID.test(uploadId))
    return readRefusal(answer, body, attempt);
  return { outcome: 'begun', uploadId };
}

/** What an answer to `GET /upload:…` means. */
export function readOffsetAnswer(answer: HttpAnswer, attempt: number): OffsetOutcome {
  const body = parseObject(answer.body);
  const { file_offset }: Unread<ResumableAnswer> = body ?? {};
  const offset = numberOf(file_offset);
  if (!isSuccess(answer) || offset === undefined || !Number.isSafeInteger(offset) || offset < 0) {
    return readRefusal(answer, body, attempt);
  }
  return { outcome: 'standing', offset };
}

/** What an answer to `POST /upload:…` means. */
export function readFinishedAnswer(answer: HttpAnswer, attempt: number): FinishedOutcome {
  const { h }: Unread<ResumableAnswer> = parseObject(answer.body) ?? {};
  const handle = textOf(h);
  // Without a handle it says how far it is, as the question for it does.
  return isSuccess(answer) && handle !== undefined
    ? { outcome: 'finished', handle }
    : readOffsetAnswer(answer, attempt);
}

/** What an answer that has no more to say than `success` means. */
export function readDoneAnswer(answer: HttpAnswer, attempt: number): DoneOutcome {
  const body = parseObject(answer.body);
  const { success }: Unread<ResumableAnswer> = body ?? {};
  return isSuccess(answer) && success === true ? { outcome: 'done' } : readRefusal(answer, body, attempt);
}

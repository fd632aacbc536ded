import type { Unread } from '../shared/json.js';
import { idOf, numberOf, textOf } from '../shared/unread.js';
import type { Refusal } from './outcome.js';
import { type HttpAnswer, isSuccess, parseObject, readRefusal } from './read-answer.js';
import type { MediaAnswer } from './wire.js';

/** What Meta tells of a file a contact sent. */
export interface MediaNode {
  /** good for 5 minutes, and only with the token */
  url: string;
  mimeType?: string;
  /** as Meta writes it: base64 or hex */
  sha256?: string;
  bytes?: number;
}

export type MediaNodeOutcome = { outcome: 'found'; node: MediaNode } | Refusal;
export type UploadOutcome = { outcome: 'uploaded'; mediaId: string } | Refusal;

/** What an answer to `GET /{media-id}` means. */
export function readMediaNodeAnswer(answer: HttpAnswer, attempt: number): MediaNodeOutcome {
  const body = parseObject(answer.body);
  const fields: Unread<MediaAnswer> = body ?? {};
  const url = textOf(fields.url);
  if (!isSuccess(answer) || url === undefined) return readRefusal(answer, body, attempt);
  const mimeType = textOf(fields.mime_type);
  const sha256 = textOf(fields.sha256);
  // Meta's examples print it as text, its servers as a number.
  const bytes = numberOf(fields.file_size);
  return {
    outcome: 'found',
    node: {
      url,
      ...(mimeType !== undefined && { mimeType }),
      ...(sha256 !== undefined && { sha256 }),
      ...(bytes !== undefined && bytes >= 0 && { bytes }),
    },
  };
}

/** What an answer to `POST /{phone-number-id}/media` means. */
export function readUploadAnswer(answer: HttpAnswer, attempt: number): UploadOutcome {
  const body = parseObject(answer.body);
  const fields: Unread<MediaAnswer> = body ?? {};
  const mediaId = idOf(fields.id);
  if (!isSuccess(answer) || mediaId === undefined) return readRefusal(answer, body, attempt);
  return { outcome: 'uploaded', mediaId };
}

import { isJsonObject, type Unread } from '../shared/json.js';
import { listOf, objectOf, textOf } from '../shared/unread.js';
import type { Refusal } from './outcome.js';
import { type HttpAnswer, isSuccess, parseObject, readRefusal } from './read-answer.js';
import { readTemplateShape, type TemplateShape } from './template-shape.js';
import type { ListAnswer } from './wire.js';

export type TemplatePageOutcome =
  /** `after`: where the next page begins; left out on the last one */
  { outcome: 'page'; templates: TemplateShape[]; after?: string } | Refusal;

/** What an answer to `GET /{waba-id}/message_templates` means. */
export function readTemplatePageAnswer(answer: HttpAnswer, attempt: number): TemplatePageOutcome {
  const body = parseObject(answer.body);
  const { data, paging }: Unread<ListAnswer> = body ?? {};
  if (!isSuccess(answer) || !Array.isArray(data)) return readRefusal(answer, body, attempt);
  const templates = data.flatMap((item) => (isJsonObject(item) ? (readTemplateShape(item) ?? []) : []));
  const pages: Unread<NonNullable<ListAnswer['paging']>> = objectOf(paging) ?? {};
  // `next` says that there is more. It is an address, and the token goes only where we send it.
  const after =
    listOf(data).length > 0 && textOf(pages.next) !== undefined ? textOf(objectOf(pages.cursors)?.after) : undefined;
  return { outcome: 'page', templates, ...(after !== undefined && { after }) };
}

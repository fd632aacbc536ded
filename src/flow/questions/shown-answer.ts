import type { Json } from '../../shared/json.js';
import type { View } from '../behaviour.js';
import { readDate } from '../dates.js';
import { dateFormat } from '../expressions/helpers.js';
import { toMessageText } from '../expressions/value.js';
import type { AnswerFields } from './answer-fields.js';

/** An answer as its contact would write it: `Monday, 5 January 2026`, the title of a choice. */
export function shownAnswer({ type, choices }: AnswerFields, value: Json, view: View): string {
  if (type === 'choice') {
    const chosen = choices?.items.find(({ id }) => id === value);
    return chosen === undefined ? toMessageText(value) : view.text(chosen.title);
  }
  const day = type === 'date' ? readDate(value) : undefined;
  if (day === undefined) return toMessageText(value);
  return dateFormat(view.locale, { dateStyle: 'full', timeZone: 'UTC' }).format(day.ms);
}

import { isJsonObject, type JsonObject } from '../../shared/json.js';
import type { Delivery } from '../../shared/message.js';
import type { Tap, View } from '../behaviour.js';
import { readDuration } from '../durations.js';
import type { Template } from '../expressions/template.js';
import { delegate, field, oneOf, report, strict, template, yes } from '../reading/fields.js';
import { isRawMap, Plain } from '../reading/source.js';
import { isTrue } from './parts.js';
import { type TemplateFields, templateMessage, templateOf } from './template-message.js';

/** Longer pauses are a step of their own. */
const DELAY_MAX_MS = 60_000;

/** `0s` sends at once. @returns ms */
const delay = field(
  (raw, ctx) => {
    const ms =
      typeof raw === 'string' ? readDuration(raw) : raw instanceof Plain ? readDuration(raw.source) : undefined;
    if (ms !== undefined && ms <= DELAY_MAX_MS) return ms;
    report(ctx, ms === undefined ? 'a time is expected' : 'a message is delayed by a minute at most', {
      hint: ms === undefined ? 'write 1500ms or 2s' : 'use a `sleep` step before it',
    });
    return undefined;
  },
  { type: 'string' },
);

/** `true` quotes the message that is being answered; else Meta's id of one, or our `input.messageId`. */
const replyTo = field<true | Template>(
  (raw, ctx) => (isTrue(raw) ? true : delegate(ctx, template, raw)),
  (of) => ({ anyOf: [of(yes), of(template)] }),
);

const closed = strict('outsideWindow', {
  template: templateMessage.describe('Sent instead when the window is closed.'),
});
const closedWord = oneOf(['wait', 'skip', 'template'] as const);

const outsideWindow = field<'wait' | 'skip' | { template: TemplateFields }>(
  (raw, ctx) => {
    if (isRawMap(raw)) return delegate(ctx, closed, raw);
    const word = delegate(ctx, closedWord, raw);
    if (word !== 'template') return word;
    report(ctx, 'which template?', { hint: 'write { template: { name: …, language: … } }' });
    return undefined;
  },
  (of) => ({ anyOf: [{ enum: ['wait', 'skip'] }, of(closed)] }),
);

/** A key of the language, by a name: Biome rightly minds objects with a method of that name, which this never is. */
const THEN = 'then';

/** How a message leaves, beside what it says. */
export const deliveryShape = {
  replyTo: replyTo.optional().describe('The message it quotes: `input.messageId`, or another one.'),
  delay: delay.optional().describe("The pause before it, instead of the endpoint's."),
  typing: yes.optional().describe('Shows that somebody is typing before it comes.'),
  markRead: yes.optional().describe("Marks the contact's message as read."),
  [THEN]: oneOf(['sent', 'delivered']).optional().describe('What the next message waits for, 5 seconds at most.'),
  outsideWindow: outsideWindow
    .optional()
    .describe(
      'What becomes of it when the contact has not written for 24 hours: `wait`, `skip`, or a template instead.',
    ),
};

export interface DeliveryFields {
  replyTo?: true | Template | undefined;
  delay?: number | undefined;
  typing?: true | undefined;
  markRead?: true | undefined;
  then?: 'sent' | 'delivered' | undefined;
  outsideWindow?: 'wait' | 'skip' | { template: TemplateFields } | undefined;
}

/** @returns undefined when the message leaves as its endpoint says. @throws FlowError for a template that is none */
export function deliveryOf(fields: DeliveryFields, view: View): { delivery: Delivery | undefined; taps: Tap[] } {
  const made: Delivery = {};
  const taps: Tap[] = [];
  const quoted = fields.replyTo === undefined ? undefined : messageIdOf(fields.replyTo, view);
  if (quoted !== undefined) made.replyTo = quoted;
  else if (fields.replyTo !== undefined) view.warn('there is no message to quote');
  if (fields.delay !== undefined) made.delayMs = fields.delay;
  if (fields.typing) made.typing = true;
  if (fields.markRead) made.markRead = true;
  if (fields.then !== undefined) made.nextWaitsFor = fields.then;
  const { outsideWindow: otherwise } = fields;
  if (otherwise === 'wait' || otherwise === 'skip') made.outsideWindow = { do: otherwise };
  else if (otherwise !== undefined) {
    const { template: instead, taps: itsTaps } = templateOf(otherwise.template, view);
    made.outsideWindow = { do: 'template', template: instead };
    taps.push(...itsTaps);
  }
  return { delivery: Object.keys(made).length === 0 ? undefined : made, taps };
}

/** Meta's id of the message a flow means; undefined when there is none, as after a timer. */
export function messageIdOf(meant: true | Template, view: View): string | undefined {
  const received = isJsonObject(view.input.whatsapp) ? view.input.whatsapp : NO_MESSAGE;
  const current = typeof received.id === 'string' && received.id !== '' ? received.id : undefined;
  if (meant === true) return current;
  const written = view.render(meant).trim();
  if (written === '') return undefined;
  return written === view.input.messageId ? current : written;
}

const NO_MESSAGE: JsonObject = {};

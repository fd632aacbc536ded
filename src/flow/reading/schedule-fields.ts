import type { z } from 'zod';
import type { View } from '../behaviour.js';
import { readDate } from '../dates.js';
import type { Recipient, Schedule } from '../elsewhere.js';
import type { Template } from '../expressions/template.js';
import { FlowError } from '../flow-error.js';
import { duration, strict, template, type ValueTemplate, value } from './fields.js';
import type { Problem } from './finding.js';

/** Who, when and under which name: the keys `inject` and `notify` have in common. */
export interface ScheduleFields {
  to?: { contactId?: Template | undefined; waId?: Template | undefined; bsuid?: Template | undefined } | undefined;
  in?: number | undefined;
  at?: ValueTemplate | undefined;
  name?: Template | undefined;
  cancel?: Template | undefined;
}

const recipient = strict('to', {
  contactId: template.optional().describe('As Parlance knows the contact.'),
  waId: template.optional().describe('Its WhatsApp number, digits only.'),
  bsuid: template.optional().describe('Its id at Meta.'),
});

export const scheduleShape = {
  to: recipient.optional().describe('Another contact of the same business number; this one when left out.'),
  in: duration.optional().describe('After so long.'),
  at: value.optional().describe('At this time.'),
  name: template.optional().describe('Names the plan, so that a later step can replace it or take it back.'),
  cancel: template.optional().describe('Takes back the plan of this name.'),
} satisfies z.ZodRawShape;

/** Whoever plans further ahead than this means something else. */
const MAX_AHEAD_MS = 366 * 86_400_000;
const MAX_NAME = 128;

/** @param content the step's own keys, of which it needs one */
export function scheduleProblems(kind: string, fields: ScheduleFields, content: { [key: string]: unknown }): Problem[] {
  const problem = (message: string, path: string[] = []): Problem => ({
    code: 'invalid-combination',
    path: [kind, ...path],
    message,
    ...(path.length > 0 ? { key: true } : {}),
  });
  const { to, in: delay, at, name, cancel } = fields;
  const given = Object.keys(content).filter((key) => content[key] !== undefined);
  const problems: Problem[] = [];
  if (to !== undefined && Object.values(to).filter((one) => one !== undefined).length !== 1)
    problems.push(problem('`to` needs one of `contactId`, `waId`, `bsuid`', ['to']));
  if (cancel !== undefined) {
    const others = [...given, ...(['in', 'at', 'name'] as const).filter((key) => fields[key] !== undefined)];
    return [...problems, ...others.map((key) => problem(`\`cancel\` stands alone, without \`${key}\``, [key]))];
  }
  if (given.length === 0)
    problems.push(
      problem(
        `${kind} needs ${Object.keys(content)
          .map((key) => `\`${key}\``)
          .join(' or ')}`,
      ),
    );
  if (delay !== undefined && at !== undefined) problems.push(problem('`in` and `at` are two times', ['at']));
  if (name !== undefined && delay === undefined && at === undefined)
    problems.push(problem('a name is to cancel by, but this happens at once: `in` or `at` is missing', ['name']));
  return problems;
}

/** @throws FlowError when it is nobody's id or number */
export function recipientOf({ to }: ScheduleFields, view: View): Recipient | undefined {
  if (to === undefined) return undefined;
  if (to.contactId !== undefined) {
    const contactId = view.render(to.contactId).trim();
    if (!/^[\w-]{16}$/.test(contactId)) throw new FlowError('`contactId` is none');
    return { contactId };
  }
  if (to.waId !== undefined) {
    const waId = view.render(to.waId).replace(/[\s+().-]/g, '');
    if (!/^\d{5,15}$/.test(waId)) throw new FlowError('`waId` is no phone number: digits with the country code');
    return { waId };
  }
  const bsuid = to.bsuid === undefined ? '' : view.render(to.bsuid).trim();
  if (!/^[A-Z]{2}\.[\w.-]{1,128}$/.test(bsuid)) throw new FlowError('`bsuid` is no business-scoped user id');
  return { bsuid };
}

/** @throws FlowError for a time that is none or more than a year away */
export function scheduleOf({ in: delay, at, name }: ScheduleFields, view: View): Schedule {
  const atMs = delay === undefined ? (at === undefined ? undefined : momentOf(at, view)) : view.nowMs + delay;
  if (atMs !== undefined && atMs > view.nowMs + MAX_AHEAD_MS) throw new FlowError('`at` is more than a year away');
  return { atMs, name: name === undefined ? undefined : nameOf(name, view) };
}

export function nameOf(name: Template, view: View): string {
  const written = view.render(name).trim();
  if (written === '' || written.length > MAX_NAME)
    throw new FlowError(`the name of something scheduled has 1 to ${MAX_NAME} characters`);
  return written;
}

function momentOf(at: ValueTemplate, view: View): number {
  const moment = readDate(view.value(at));
  if (moment === undefined) throw new FlowError('`at` is no time');
  return moment.ms;
}

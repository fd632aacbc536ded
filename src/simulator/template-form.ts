import { z } from 'zod';
import type { GraphFault } from './graph-error.js';
import type { JsonObject } from './json.js';
import { at, codePoints, stringAt } from './json.js';
import type { Template } from './templates.js';
import { CATEGORIES } from './templates.js';

/**
 * What Meta checks of a template before it looks at what it says. Limits are those of the template pages.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview
 */
const text = (max: number) =>
  z
    .string()
    .min(1, 'must not be empty')
    .refine((value) => codePoints(value) <= max, `must be at most ${max} characters long`);

const upper = z.string().transform((word) => word.toUpperCase());

const BUTTON_TYPES = [
  ...['QUICK_REPLY', 'URL', 'PHONE_NUMBER', 'COPY_CODE', 'OTP', 'FLOW', 'CATALOG', 'MPM', 'SPM', 'VOICE_CALL'],
  ...['REQUEST_CONTACT_INFO', 'APP', 'ORDER_DETAILS'],
];

const button = z
  .looseObject({
    type: upper.pipe(z.enum(BUTTON_TYPES)),
    text: text(25).optional(),
    url: text(2000).optional(),
    phone_number: text(20).optional(),
  })
  .refine(({ type, url }) => type !== 'URL' || url !== undefined, 'needs a url')
  .refine(({ type, phone_number }) => type !== 'PHONE_NUMBER' || phone_number !== undefined, 'needs a phone_number')
  .refine(({ type, text: label }) => TEXTLESS.has(type) || label !== undefined, 'needs a text');

const TEXTLESS = new Set(['COPY_CODE', 'OTP']);

/** Types in capitals, as Graph gives them back. */
const upperTyped = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((one) => {
    const type = stringAt(one, 'type');
    return type === undefined || typeof one !== 'object' || one === null ? one : { ...one, type: type.toUpperCase() };
  }, schema);

const cardComponent = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('HEADER'), format: upper.pipe(z.enum(['IMAGE', 'VIDEO', 'PRODUCT'])) }),
  z.looseObject({ type: z.literal('BODY'), text: text(160) }),
  z.looseObject({ type: z.literal('BUTTONS'), buttons: z.array(button).min(1, 'needs a button').max(2) }),
]);

const card = z.looseObject({
  components: z
    .array(upperTyped(cardComponent))
    .refine((list) => list.some(({ type }) => type === 'HEADER'), 'needs a header'),
});

const shapeOf = (parts: readonly { type: string; format?: unknown }[]): string =>
  parts
    .map(({ type, format }) => `${type} ${String(format ?? '')}`)
    .sort()
    .join();

const component = z.discriminatedUnion('type', [
  z
    .looseObject({
      type: z.literal('HEADER'),
      format: upper.pipe(z.enum(['TEXT', 'IMAGE', 'VIDEO', 'GIF', 'DOCUMENT', 'LOCATION'])),
      text: text(60).optional(),
    })
    .refine(
      ({ format, text: line }) => (format === 'TEXT') === (line !== undefined),
      'needs a text, or another format',
    ),
  z.looseObject({ type: z.literal('BODY'), text: text(1024).optional() }),
  z.looseObject({ type: z.literal('FOOTER'), text: text(60).optional() }),
  z.looseObject({
    type: z.literal('BUTTONS'),
    buttons: z
      .array(button)
      .min(1, 'needs a button')
      .max(10, 'allows 10 buttons')
      .refine((buttons) => atMost(buttons, 'URL', 2), 'allows 2 URL buttons')
      .refine((buttons) => atMost(buttons, 'PHONE_NUMBER', 1), 'allows 1 phone number button')
      .refine((buttons) => atMost(buttons, 'COPY_CODE', 1), 'allows 1 copy code button'),
  }),
  z.looseObject({
    type: z.literal('CAROUSEL'),
    cards: z
      .array(card)
      .min(2, 'needs 2 cards')
      .max(10, 'allows 10 cards')
      .refine(
        (cards) => new Set(cards.map(({ components: parts }) => shapeOf(parts))).size === 1,
        'needs cards of one kind',
      ),
  }),
  z.looseObject({ type: z.literal('LIMITED_TIME_OFFER') }),
  z.looseObject({ type: z.literal('CALL_PERMISSION_REQUEST') }),
]);

const atMost = (buttons: readonly { type: string }[], type: string, max: number): boolean =>
  buttons.filter((one) => one.type === type).length <= max;

const components = z
  .array(upperTyped(component))
  .min(1, 'needs a component')
  .refine((list) => list.some(({ type }) => type === 'BODY'), 'needs a body')
  .refine((list) => new Set(list.map(({ type }) => type)).size === list.length, 'has two components of one type');

const form = z.looseObject({
  name: z.string().regex(/^[a-z0-9_]{1,512}$/, 'must be lower-case letters, digits and underscores'),
  language: z.string().regex(/^[a-z]{2,3}(?:_[A-Z]{2,3})?$/, 'must be a language, as en_US'),
  category: upper.pipe(z.enum(CATEGORIES)),
  parameter_format: upper.pipe(z.enum(['POSITIONAL', 'NAMED'])).default('POSITIONAL'),
  components,
});

type TemplateForm = Pick<Template, 'name' | 'language' | 'category' | 'parameterFormat' | 'components'>;

/** A template as somebody wants to create it, or why Meta would not take it. */
export function readTemplateForm(body: JsonObject): { form: TemplateForm } | { fault: GraphFault } {
  const parsed = form.safeParse(body);
  if (!parsed.success) return { fault: toFault(parsed.error) };
  const { name, language, category, parameter_format: parameterFormat } = parsed.data;
  const wanted = { name, language, category, parameterFormat, components: asJson(parsed.data.components) };
  const fault = checkVariables(wanted);
  return fault === undefined ? { form: wanted } : { fault };
}

/** What may be changed about one that exists. */
export function readTemplateEdit(template: Template, body: JsonObject): { form: TemplateForm } | { fault: GraphFault } {
  const { name, language, category, parameterFormat: parameter_format, components: old } = template;
  return readTemplateForm({ components: old, category, ...body, name, language, parameter_format });
}

function toFault(error: z.ZodError): GraphFault {
  const issue = error.issues[0];
  return {
    code: 100,
    details: `Param ${issue?.path.map(String).join('.') || 'body'} ${issue?.message ?? 'is not valid'}.`,
  };
}

/** The variables of a text, in order, without braces. */
export function variablesOf(line: string): string[] {
  return [...line.matchAll(/\{\{([^{}]*)\}\}/g)].map(([, name = '']) => name.trim());
}

function checkVariables({ components: list, parameterFormat, category }: TemplateForm): GraphFault | undefined {
  const body = list.find(({ type }) => type === 'BODY');
  const bodyText = stringAt(body, 'text');
  if (bodyText === undefined) {
    return category === 'AUTHENTICATION' ? undefined : { code: 100, details: 'Param components.BODY needs a text.' };
  }
  const trimmed = bodyText.trim();
  if (/^\{\{[^{}]*\}\}|\{\{[^{}]*\}\}$/.test(trimmed)) {
    return { code: 100, subcode: 2_388_299, details: 'Variables cannot stand at the start or end of the body.' };
  }
  for (const part of list) {
    const names = variablesOf(stringAt(part, 'text') ?? '');
    const fault = checkNames(names, parameterFormat) ?? checkExamples(part, names.length);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function checkNames(names: readonly string[], format: Template['parameterFormat']): GraphFault | undefined {
  const isPositional = names.every((name, index) => name === String(index + 1));
  const isNamed = names.every((name) => /^[a-z_][a-z0-9_]*$/.test(name));
  if (format === 'POSITIONAL' ? isPositional : isNamed) return undefined;
  return {
    code: 100,
    details:
      format === 'POSITIONAL'
        ? 'Variables must be {{1}}, {{2}} and so on, in order.'
        : 'Variables must be lower-case letters, digits and underscores.',
  };
}

/** Meta wants to see what stands in the place of each variable. */
function checkExamples(part: JsonObject, count: number): GraphFault | undefined {
  if (count === 0) return undefined;
  const example = part.example;
  const lists = ['header_text', 'header_text_named_params', 'body_text_named_params'].map((key) => at(example, key));
  const rows = at(example, 'body_text');
  const given = [...lists, Array.isArray(rows) && Array.isArray(rows[0]) ? rows[0] : rows].find(Array.isArray);
  if (given?.length === count) return undefined;
  return { code: 100, subcode: 2_388_043, details: 'Each variable needs an example.' };
}

function asJson(list: readonly object[]): JsonObject[] {
  return JSON.parse(JSON.stringify(list));
}

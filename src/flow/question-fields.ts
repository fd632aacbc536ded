import { z } from 'zod';
import type { Block } from './behaviour.js';
import {
  count,
  delegate,
  duration,
  expression,
  isLanguageMap,
  listOf,
  memoryPath,
  oneOf,
  plainText,
  report,
  strict,
  text,
} from './fields.js';
import { choiceButton, Message, type MessageFields, message, messageShape, PLANNED_MESSAGE_KEYS } from './message.js';
import { regexFault } from './safe-regex.js';
import { shaped } from './shape.js';
import { isRawMap, Plain } from './source.js';

const TYPES = ['text', 'yesNo', 'number', 'email', 'regex', 'choice'] as const;
const PLANNED_TYPES = [
  ...['integer', 'money', 'percentage', 'phone', 'url', 'date', 'time', 'duration', 'intent', 'data', 'attachment'],
  ...['image', 'audio', 'document', 'location', 'contact', 'custom'],
];

/** Synonyms may be a list, or a list for each language; any of them is understood in any language. */
const words = listOf(plainText);
const synonyms = shaped(
  z.unknown().transform((raw, ctx): string[] => {
    const lists = isLanguageMap(raw) ? Object.entries(raw) : [['', raw] as const];
    return lists.flatMap(([language, list]) => delegate(ctx, words, list, language === '' ? [] : [language]) ?? []);
  }),
  (of) => ({ anyOf: [of(words), { type: 'object', additionalProperties: of(words) }] }),
);

const choiceMap = strict('a choice', { id: plainText, title: text, synonyms: synonyms.optional() });
const choice = shaped(
  z.preprocess((raw) => (typeof raw === 'string' || raw instanceof Plain ? { id: raw, title: raw } : raw), choiceMap),
  (of) => ({ anyOf: [of(plainText), of(choiceMap)] }),
);

type Reprompt = { message: Message } | { steps: Block };

function repromptOf(steps: z.ZodType<Block>): z.ZodType<Reprompt> {
  const schema: z.ZodType<Reprompt> = z.unknown().transform((raw, ctx) => {
    const isSteps = Array.isArray(raw) && raw.some((item) => isRawMap(item) && !isLanguageMap(item));
    if (isSteps) {
      const block = delegate(ctx, steps, raw);
      return block === undefined ? z.NEVER : { steps: block };
    }
    const said = delegate(ctx, message, raw);
    return said === undefined ? z.NEVER : { message: said };
  });
  return shaped(schema, (of) => ({ anyOf: [of(message), of(steps)] }));
}

/** The keys of a question: those of its message and its rules, side by side in the file. */
export function questionFields(steps: z.ZodType<Block>) {
  const shape = {
    ...messageShape,
    type: oneOf(TYPES, PLANNED_TYPES),
    pattern: plainText.optional(),
    choices: listOf(choice).optional(),
    into: memoryPath.optional(),
    reprompt: repromptOf(steps).optional(),
    validate: expression.optional(),
    skipIf: expression.optional(),
    maxAttempts: count.optional(),
    onMaxAttempts: steps.optional(),
    timeout: duration.optional(),
    onTimeout: steps.optional(),
  };
  const planned = ['confirm', 'interruptible', 'collect', ...PLANNED_MESSAGE_KEYS];
  return strict('a question', shape, planned).transform((fields, ctx) => {
    const { type, pattern, choices, reprompt } = fields;
    const together = (one: string, other: string, has: boolean, needs: boolean) => {
      if (has && !needs) report(ctx, `\`${one}\` needs \`${other}\` beside it`, { path: [one], key: true });
    };
    together('maxAttempts', 'onMaxAttempts', fields.maxAttempts !== undefined, fields.onMaxAttempts !== undefined);
    together('onMaxAttempts', 'maxAttempts', fields.onMaxAttempts !== undefined, fields.maxAttempts !== undefined);
    together('timeout', 'onTimeout', fields.timeout !== undefined, fields.onTimeout !== undefined);
    together('onTimeout', 'timeout', fields.onTimeout !== undefined, fields.timeout !== undefined);
    if ((type === 'regex') !== (pattern !== undefined)) {
      report(ctx, type === 'regex' ? 'a regex question needs `pattern`' : '`pattern` belongs to `type: regex`', {
        path: ['type'],
      });
    }
    if ((type === 'choice') !== (choices !== undefined)) {
      report(ctx, type === 'choice' ? 'a choice question needs `choices`' : '`choices` belong to `type: choice`', {
        path: ['type'],
      });
    }
    if (choices !== undefined && (fields.buttons !== undefined || fields.list !== undefined)) {
      report(ctx, 'the choices are sent as buttons or a list by themselves', { path: ['choices'], key: true });
    }
    const fault = pattern === undefined ? undefined : regexFault(pattern);
    if (fault !== undefined) report(ctx, fault, { path: ['pattern'] });
    if (fields.text === undefined && fields.image === undefined) report(ctx, 'a question needs `text`');
    const buttons = choices?.map(({ id, title }) => choiceButton(id, title)) ?? fields.buttons;
    const own = {
      text: fields.text,
      mode: fields.mode,
      previewUrl: fields.previewUrl,
      header: fields.header,
      footer: fields.footer,
    };
    return {
      type,
      pattern,
      choices,
      message: new Message({ ...own, image: fields.image, list: fields.list, buttons }),
      reprompt: withButtons(reprompt, choices && buttons),
      into: fields.into,
      validate: fields.validate,
      skipIf: fields.skipIf,
      maxAttempts: fields.maxAttempts,
      onMaxAttempts: fields.onMaxAttempts,
      timeout: fields.timeout,
      onTimeout: fields.onTimeout,
    };
  });
}

export type QuestionFields = z.output<ReturnType<typeof questionFields>>;

/** Who did not find a choice the first time sees the choices again. */
function withButtons(again: Reprompt | undefined, buttons: MessageFields['buttons']): Reprompt | undefined {
  if (again === undefined || 'steps' in again || buttons === undefined) return again;
  const { fields } = again.message;
  const hasOwn = fields.buttons !== undefined || fields.list !== undefined || fields.image !== undefined;
  return hasOwn ? again : { message: new Message({ ...fields, buttons }) };
}

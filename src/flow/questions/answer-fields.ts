import { z } from 'zod';
import { regexFault } from '../expressions/safe-regex.js';
import {
  expression,
  field,
  listOf,
  memoryPath,
  name,
  oneOf,
  plainText,
  report,
  strict,
  text,
} from '../reading/fields.js';
import { shaped } from '../reading/shape.js';
import { Plain } from '../reading/source.js';
import { wordLists } from '../word-lists.js';
import { isCurrency } from './money.js';
import { QUESTION_TYPE_NAMES, type QuestionTypeName } from './question-types.js';

type Context = z.core.$RefinementCtx;

const choiceMap = strict('a choice', {
  id: plainText.describe('What `input.result` and `into` get.'),
  title: text.describe('What the contact sees, and may write.'),
  synonyms: wordLists.optional().describe('Other words for it.'),
});
const choice = shaped(
  z.preprocess((raw) => (typeof raw === 'string' || raw instanceof Plain ? { id: raw, title: raw } : raw), choiceMap),
  (of) => ({ anyOf: [of(plainText), of(choiceMap)] }),
);

/** What can be chosen. A class, so that checks find it wherever a step keeps it. */
export class Choices {
  constructor(readonly items: readonly z.output<typeof choice>[]) {}
}

const choiceList = listOf(choice);
const choices = shaped(
  choiceList.transform((items) => new Choices(items)),
  (of) => of(choiceList),
);

const currency = field(
  (raw, ctx) => {
    const written = raw instanceof Plain ? raw.source : raw;
    if (typeof written === 'string' && isCurrency(written)) return written;
    return void report(ctx, 'a currency is expected', { hint: 'write its code in capitals: EUR, USD' });
  },
  { type: 'string', pattern: '^[A-Z]{3}$' },
);

/** What forms, other languages and Cognigy call them. */
const TYPE_SYNONYMS: { readonly [word: string]: QuestionTypeName } = {
  ...{ int: 'integer', float: 'number', decimal: 'number', double: 'number', numeric: 'number', percent: 'percentage' },
  ...{
    string: 'text',
    str: 'text',
    freetext: 'text',
    bool: 'yesNo',
    boolean: 'yesNo',
    confirm: 'yesNo',
    currency: 'money',
  },
  ...{
    mail: 'email',
    tel: 'phone',
    telephone: 'phone',
    mobile: 'phone',
    link: 'url',
    website: 'url',
    datetime: 'date',
  },
  ...{
    pattern: 'regex',
    regexp: 'regex',
    select: 'choice',
    options: 'choice',
    list: 'choice',
    enum: 'choice',
    menu: 'choice',
  },
  ...{ buttons: 'choice', file: 'attachment', media: 'attachment', photo: 'image', picture: 'image', voice: 'audio' },
};

/** What is an answer, and where it goes. */
export const answerShape = {
  type: oneOf(QUESTION_TYPE_NAMES, [], TYPE_SYNONYMS).describe('What counts as an answer.'),
  pattern: plainText.optional().describe('Of `regex`: what the answer must match, as a regular expression.'),
  choices: choices.optional().describe('Of `choice`: sent as buttons or a list by themselves.'),
  currency: currency.optional().describe('Of `money`: the one that is meant when the contact names none.'),
  intents: listOf(name).optional().describe('Of `intent`: only these count; all of them when it is left out.'),
  result: expression
    .optional()
    .describe('Of `custom`: an expression whose value is the answer; nothing when there is none.'),
  validate: expression.optional().describe('An expression on `input.result` that has to hold, too.'),
  into: memoryPath.optional().describe('Where the answer is kept.'),
};

export type AnswerFields = z.output<z.ZodObject<typeof answerShape>>;

/** Keys that belong to one type, and whether it can do without. */
const OF_TYPE = {
  pattern: { type: 'regex', needed: true },
  choices: { type: 'choice', needed: true },
  result: { type: 'custom', needed: true },
  currency: { type: 'money', needed: false },
  intents: { type: 'intent', needed: false },
} as const satisfies { [key in keyof AnswerFields]?: { type: QuestionTypeName; needed: boolean } };

const OWN_KEYS = ['pattern', 'choices', 'result', 'currency', 'intents'] as const;

/** Reports what the keys of an answer together must not be. */
export function checkAnswer(fields: AnswerFields, ctx: Context): void {
  for (const key of OWN_KEYS) {
    const { type, needed } = OF_TYPE[key];
    const has = fields[key] !== undefined;
    if (fields.type === type && needed && !has) {
      report(ctx, `a ${type} question needs \`${key}\``, { code: 'missing-key', path: ['type'] });
    }
    if (fields.type !== type && has) {
      const verb = key === 'choices' || key === 'intents' ? 'belong' : 'belongs';
      report(ctx, `\`${key}\` ${verb} to \`type: ${type}\``, { code: 'invalid-combination', path: ['type'] });
    }
  }
  const fault = fields.pattern === undefined ? undefined : regexFault(fields.pattern);
  if (fault !== undefined) report(ctx, fault, { code: 'invalid-pattern', path: ['pattern'] });
  const ids = fields.choices?.items.map(({ id }) => id) ?? [];
  ids.forEach((id, index) => {
    if (ids.indexOf(id) === index) return;
    report(ctx, `two choices have the id \`${id}\``, { code: 'duplicate-choice', path: ['choices', index] });
  });
}

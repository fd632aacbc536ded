import { z } from 'zod';
import { parseTemplate } from '../expressions/template.js';
import { choiceButton } from '../messages/buttons.js';
import { Message, message } from '../messages/message.js';
import { delegate, report, Text } from '../reading/fields.js';
import { shaped } from '../reading/shape.js';
import { Plain } from '../reading/source.js';
import { WORDS, type Words } from '../words.js';

/** When a question asks whether it understood. */
export interface Confirm {
  when: 'always' | 'unsure' | 'never';
  /** the flow's own way to ask, without the buttons */
  message?: Message;
}

/** Without a word about it: only where a message can be read in two ways. */
export const CONFIRM_UNSURE: Confirm = { when: 'unsure' };

/** `true`, `false`, `unsure`, or what to ask, where `input.result` is what was understood. */
export const confirm: z.ZodType<Confirm> = shaped(
  z.unknown().transform((raw, ctx): Confirm => {
    if (raw instanceof Plain && typeof raw.value === 'boolean') return { when: raw.value ? 'always' : 'never' };
    if (raw === 'unsure' || (raw instanceof Plain && raw.source === 'unsure')) return CONFIRM_UNSURE;
    const own = delegate(ctx, message, raw);
    if (own === undefined) return z.NEVER;
    if (own.fields.buttons !== undefined || own.fields.list !== undefined) {
      report(ctx, '`confirm` has the buttons yes and no by itself', { code: 'invalid-combination' });
    }
    return { when: 'always', message: own };
  }),
  (of) => ({ anyOf: [{ type: 'boolean' }, { const: 'unsure' }, of(message)] }),
);

/** One text in all languages we have words of. */
function inAllLanguages(of: (words: Words) => string): Text {
  return new Text(new Map(Object.entries(WORDS).map(([language, words]) => [language, parseTemplate(of(words))])));
}

const didYouMean = new Message({ text: [inAllLanguages((words) => words.didYouMean)] });
const yesOrNo = [
  choiceButton(
    'yes',
    inAllLanguages((words) => words.yesTitle),
  ), // an id `readYesNo` knows
  choiceButton(
    'no',
    inAllLanguages((words) => words.noTitle),
  ),
];

/** What to ask; `input.result` must be what was understood. */
export function confirmation({ message: own = didYouMean }: Confirm): Message {
  return new Message({ ...own.fields, buttons: yesOrNo });
}

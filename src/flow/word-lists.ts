import { z } from 'zod';
import { delegate, isLanguageMap, listOf, plainText } from './reading/fields.js';
import { shaped } from './reading/shape.js';

const words = listOf(plainText);

/**
 * What contacts may write: a list, or a list for each language, whose languages are of no importance to who reads them,
 * since any of them is understood in any language.
 */
export const wordLists: z.ZodType<string[]> = shaped(
  z.unknown().transform((raw, ctx): string[] => {
    const lists = isLanguageMap(raw) ? Object.entries(raw) : [['', raw] as const];
    return lists.flatMap(([language, list]) => delegate(ctx, words, list, language === '' ? [] : [language]) ?? []);
  }),
  (of) => ({ anyOf: [of(words), { type: 'object', additionalProperties: of(words) }] }),
);

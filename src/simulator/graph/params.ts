import { z } from 'zod';
import type { GraphFault } from '../graph-error.js';
import { codePoints } from '../json.js';

/** A text of at most so many characters. */
export const text = (max: number, min = 1) =>
  z
    .string()
    .refine((value) => codePoints(value) >= min, 'must not be empty')
    .refine((value) => codePoints(value) <= max, `must be at most ${max} characters long`);

/** In a form everything is a word. */
export const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')]);
export const wholeNumber = z.union([
  z.int(),
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number),
]);

/** `http` is good for a double on loopback; Meta takes `https` only. */
export const callbackUrl = z
  .string()
  .max(200, 'must be at most 200 characters long')
  .refine((value) => URL.canParse(value) && /^https?:/.test(value), 'must be a URL');

/** A call's parameters, or Graph's answer to wrong ones: 100 with the place, never the value. */
export function readParams<Schema extends z.ZodType>(
  schema: Schema,
  params: unknown,
): { params: z.output<Schema> } | { fault: GraphFault } {
  const parsed = schema.safeParse(params);
  if (parsed.success) return { params: parsed.data };
  const issue = parsed.error.issues[0];
  const place = issue?.path.map(String).join('.') || 'body';
  return { fault: { code: 100, details: `Param ${place} ${issue?.message ?? 'is not valid'}.` } };
}

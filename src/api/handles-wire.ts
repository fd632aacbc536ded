import { z } from 'zod';

/**
 * What `parlance upload` asks a server for: `PUT /ops/handles/:name?as=sample|picture&endpoint=…`, the file as its body, with
 * the operator key. Refusals are `{ error, message }`.
 */
export const HandleQuery = z.object({
  /** `picture`: it also becomes the one of the number's profile */
  as: z.enum(['sample', 'picture']),
  /** whose app, and whose profile; may be missing where there is one only */
  endpoint: z.string().optional(),
});

export const HandleAnswer = z.object({ handle: z.string(), endpoint: z.string() });
export type HandleAnswer = z.output<typeof HandleAnswer>;

/** What Meta takes for a template or a profile. */
export const HANDLE_TYPES: readonly string[] = ['image/jpeg', 'image/png', 'video/mp4', 'application/pdf'];
export const PICTURE_TYPES: readonly string[] = ['image/jpeg', 'image/png'];

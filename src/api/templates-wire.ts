import { z } from 'zod';
import type { TemplateShape } from '../cloud-api/template-shape.js';

/** What `parlance check --server`, `deploy` and `templates` ask a server for: `GET /ops/templates`, with the operator key. */
const name = z.string();

const Template: z.ZodType<TemplateShape> = z.object({
  name,
  language: name,
  /** Meta's word: `APPROVED`, `PENDING`, `PAUSED`, … */
  status: name,
  category: name,
  isNamed: z.boolean(),
  header: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('text'), gaps: z.array(z.string()) }),
      z.object({ kind: z.enum(['image', 'video', 'document', 'location']) }),
    ])
    .exactOptional(),
  body: z.array(z.string()),
  // A kind that only a newer server knows is not looked into.
  buttons: z.array(z.enum(['nothing', 'maybe', 'address', 'code', 'reply', 'flow', 'catalog']).catch('maybe')),
  cards: z.number().exactOptional(),
  says: z
    .object({ header: z.string().exactOptional(), body: z.string().exactOptional(), buttons: z.array(z.string()) })
    .exactOptional(),
});

const Account = z.object({
  wabaId: z.string(),
  /** the numbers that are switched on, with the flows their conversations begin in */
  endpoints: z.array(z.object({ endpoint: name, flow: name, handlers: name.exactOptional() })),
  /** when Meta was last asked, epoch ms; missing with `templates`: never with success */
  syncedMs: z.number().exactOptional(),
  /** by name and language */
  templates: z.array(Template).exactOptional(),
  /** why Meta did not tell just now: the word of the error table */
  problem: z.string().exactOptional(),
});
export type AccountTemplates = z.output<typeof Account>;

export const TemplatesAnswer = z.object({ accounts: z.array(Account) });
export type TemplatesAnswer = z.output<typeof TemplatesAnswer>;

import { z } from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../../shared/json.js';
import { type Block, NEXT, type Outcome } from '../behaviour.js';
import { isFreeName, withLocals } from '../expressions/expression.js';
import { literalText } from '../expressions/template.js';
import { jsonBytes } from '../expressions/value.js';
import { FlowError } from '../flow-error.js';
import { delegate, name, plainText, report, strict, value } from '../reading/fields.js';
import { shaped } from '../reading/shape.js';
import { defineStep } from '../step.js';

const MAX_ITEMS = 1000;

/** What goes round: the list as it was at the beginning, and the place in it. */
interface Round {
  items: Json[];
  index: number;
}

const local = name.superRefine((word, ctx) => {
  if (!isFreeName(word)) report(ctx, `\`${word}\` already means something in expressions`);
});

const keys = strict('repeat', { for: local, in: value, index: local.optional(), steps: z.unknown() });

/** The steps may use the names; they are read when those are known. */
function fieldsOf(steps: z.ZodType<Block>) {
  const read = z.unknown().transform((raw, ctx) => {
    const own = delegate(ctx, keys, raw);
    const names = isJsonObject(raw) ? namesIn(raw) : [];
    const hasSteps = typeof raw === 'object' && raw !== null && 'steps' in raw;
    const block = hasSteps ? withLocals(names, () => delegate(ctx, steps, raw.steps, ['steps'])) : undefined;
    if (own === undefined || block === undefined) return z.NEVER;
    if (own.index === own.for) report(ctx, '`for` and `index` need two names', { path: ['index'] });
    return { ...own, steps: block };
  });
  return shaped(read, (of) =>
    of(
      strict('repeat', {
        for: name.describe('The name of the item, for the steps inside.'),
        in: value.describe('The list, as `{{ … }}`; 1000 items at most.'),
        index: name.optional().describe('The name of its number, from 0.'),
        steps: steps.describe('Run for each item.'),
      }),
    ),
  );
}

function namesIn(raw: object): string[] {
  const { for: item, index }: { for?: unknown; index?: unknown } = raw;
  return [item, index].flatMap((word) => plainText.safeParse(word).data ?? []);
}

export const repeat = defineStep({
  kind: 'repeat',
  describe:
    'Steps for each item of a list. They may wait: the list is kept as it was, and the next message goes on with its item.',
  traits: { closed: true },
  shape: (steps) => ({ repeat: fieldsOf(steps) }),
  check: ({ repeat: { in: list } }) => {
    const literal = list.kind === 'template' ? literalText(list.template) : undefined;
    if (literal === undefined) return [];
    const hint = `write in: "{{ ${literal} }}"`;
    return [{ path: ['repeat', 'in'], message: 'this is a text and no list: there is no `{{ }}` in it', hint }];
  },
  run: ({ repeat: { in: list, steps } }, view) => {
    const items = view.value(list) ?? [];
    if (!Array.isArray(items)) throw new FlowError('`in` of repeat is not a list');
    if (items.length > MAX_ITEMS)
      throw new FlowError(`repeat takes ${MAX_ITEMS} items at most, this list has ${items.length}`);
    const most = Math.floor(view.maxMemoryBytes / 2);
    if (jsonBytes(items, most) > most) throw new FlowError(`the list of a repeat has ${most} bytes at most`);
    return goRound(steps, { items, index: 0 });
  },
  endOfBlock: ({ repeat: { steps } }, view) => {
    const round = roundOf(view.memo);
    return round === undefined ? { did: 'done', next: NEXT } : goRound(steps, { ...round, index: round.index + 1 });
  },
  locals: ({ repeat: { for: item, index } }, memo): JsonObject => {
    const round = roundOf(memo);
    if (round === undefined) return {};
    return { [item]: round.items[round.index] ?? null, ...(index === undefined ? {} : { [index]: round.index }) };
  },
  example: `
spec: 1
flow: repeat
context: { guests: [Ana, Ben] }
steps:
  - repeat:
      for: guest
      in: "{{ context.guests }}"
      index: n
      steps:
        - id: dish
          question: { type: text, text: "{{ n + 1 }}. What will {{ guest }} have?" }
        - append: { context.order: "{{ input.result }} for {{ guest }}" }
  - say: "{{ format.list(context.order) }}: coming!"
`,
});

function goRound(block: Block, { items, index }: Round): Outcome {
  if (index >= items.length) return { did: index === 0 ? 'empty' : 'done', next: NEXT };
  return { did: 'round', next: { to: 'block', block, memo: { items, index }, round: true } };
}

function roundOf(memo: Json | undefined): Round | undefined {
  if (!isJsonObject(memo) || !Array.isArray(memo.items) || typeof memo.index !== 'number') return undefined;
  return { items: memo.items, index: memo.index };
}

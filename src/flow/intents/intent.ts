import { z } from 'zod';
import type { Block } from '../behaviour.js';
import { regexFault } from '../expressions/safe-regex.js';
import {
  bool,
  delegate,
  type FlowName,
  field,
  flowName,
  listOf,
  name,
  plainText,
  report,
  strict,
  type Target,
  target,
} from '../reading/fields.js';
import { shaped } from '../reading/shape.js';
import { Plain } from '../reading/source.js';
import { wordLists } from '../word-lists.js';

/** Something contacts may want at any time, how one recognises it, and what is done then. */
export interface Intent {
  readonly name: string;
  /** what contacts write who want it, in any language */
  readonly examples: readonly string[];
  /** words that mean it wherever they stand; in an open question only when they are the whole message */
  readonly keywords: readonly string[];
  readonly patterns: readonly string[];
  /** 0 to 1: how sure the classifier must be */
  readonly threshold: number;
  /** for now it is as if it were not there */
  readonly disabled: boolean;
  /** without one, flows only read `input.intent` */
  readonly action: IntentAction | undefined;
}

export type IntentAction = { goTo: Target } | { executeFlow: FlowName } | { steps: Block };

/** What the classifier's scores were measured with, see docs/decisions. */
export const DEFAULT_THRESHOLD = 0.4;

const threshold = field(
  (raw, ctx) => {
    const value = raw instanceof Plain ? raw.value : raw;
    if (typeof value === 'number' && value > 0 && value <= 1) return value;
    return void report(ctx, 'a number above 0, 1 at most, is expected');
  },
  { type: 'number', exclusiveMinimum: 0, maximum: 1 },
);

const onePattern = field(
  (raw, ctx) => {
    const written = delegate(ctx, plainText, raw);
    const fault = written === undefined ? undefined : regexFault(written);
    if (fault !== undefined) return void report(ctx, fault, { code: 'invalid-pattern' });
    return written;
  },
  { type: 'string' },
);

const manyPatterns = listOf(onePattern);
const patterns = shaped(
  z
    .unknown()
    .transform((raw, ctx): readonly string[] =>
      Array.isArray(raw) ? (delegate(ctx, manyPatterns, raw) ?? []) : [delegate(ctx, onePattern, raw) ?? z.NEVER],
    ),
  (of) => ({ anyOf: [of(onePattern), of(manyPatterns)] }),
);

/** One of a flow's `intents`. @param steps reads steps */
export function intentSchema(steps: z.ZodType<Block>): z.ZodType<Intent> {
  const shape = {
    name: name.describe('What `input.intent` is.'),
    note: plainText.optional().describe('For whoever reads the file.'),
    disabled: bool.optional().describe('Leaves the intent out.'),
    examples: wordLists.optional().describe('What contacts may write; the more, the better it is recognised.'),
    keywords: wordLists.optional().describe('Words that mean this wherever they stand.'),
    pattern: patterns.optional().describe('A regular expression that a message of this intent matches.'),
    patterns: patterns.optional().describe('Several of them.'),
    threshold: threshold.optional().describe('How sure the classifier has to be, from 0 to 1.'),
    goTo: target.optional().describe('The step it leads to.'),
    executeFlow: flowName.optional().describe('The flow that answers it; then the conversation goes on where it was.'),
    steps: steps.optional().describe('What answers it; then the conversation goes on where it was.'),
  };
  return strict('an intent', shape).transform((fields, ctx): Intent => {
    const { goTo, executeFlow, steps: own } = fields;
    const actions: IntentAction[] = [
      ...(goTo === undefined ? [] : [{ goTo }]),
      ...(executeFlow === undefined ? [] : [{ executeFlow }]),
      ...(own === undefined ? [] : [{ steps: own }]),
    ];
    if (actions.length > 1) {
      report(ctx, 'an intent has one of `goTo`, `executeFlow` and `steps`', { code: 'invalid-combination' });
    }
    return {
      name: fields.name,
      examples: fields.examples ?? [],
      keywords: fields.keywords ?? [],
      patterns: [...(fields.pattern ?? []), ...(fields.patterns ?? [])],
      threshold: fields.threshold ?? DEFAULT_THRESHOLD,
      disabled: fields.disabled ?? false,
      action: actions[0],
    };
  });
}

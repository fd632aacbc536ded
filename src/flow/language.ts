import { z } from 'zod';
import { Block, Step } from './behaviour.js';
import type { HandlerName } from './definition.js';
import { intentSchema } from './intents/intent.js';
import { bodyText } from './messages/markdown.js';
import { delegate, jsonMap, listOf, mapOf, name, plainText, problemsOf, report, strict } from './reading/fields.js';
import { didYouMean } from './reading/finding.js';
import { shaped } from './reading/shape.js';
import { isRawMap, Plain, type RawMap } from './reading/source.js';
import { COMMON_KEYS, commonFields, type StepKind } from './step.js';

/** A flow file whose steps are of these kinds. */
export function flowFileSchema(kinds: readonly StepKind[]) {
  const steps = stepsSchema(kinds);
  const handlers = strict('handlers', handlerShape(steps));
  return strict(
    'a flow',
    {
      spec: specVersion.describe('the version of the language'),
      flow: name.describe('its name, which is the name of the file, too'),
      title: plainText.optional().describe('for people'),
      note: plainText.optional().describe('for whoever reads the file'),
      context: jsonMap.optional().describe('what the context of a session holds that starts here'),
      texts: mapOf(bodyText).optional().describe('texts that several steps say: `say: texts.bye`'),
      intents: listOf(intentSchema(steps)).optional().describe('what contacts may want at any time'),
      handlers: handlers.optional().describe('what happens outside the plain path'),
      // The same under the name editors on YAML 1.1 read as `true`.
      on: handlers.optional().describe('the same as `handlers`, by another name'),
      steps: steps.describe('what the flow does, from top to bottom'),
    },
    ['locale'],
  ).transform((file, ctx) => {
    if (file.on !== undefined && file.handlers !== undefined) {
      report(ctx, '`on` and `handlers` are the same', {
        code: 'invalid-combination',
        path: ['on'],
        key: true,
        hint: 'write all of them under `handlers`',
      });
    }
    return file;
  });
}

/** When each of them runs. */
const HANDLER_DESCRIPTIONS: { readonly [name in HandlerName]: string } = {
  start: 'a session begins: before the first step',
  error: 'a step has failed',
  unsupported: 'the contact sent something that flows cannot read',
  sessionExpired: 'the session is over, for want of messages',
  reaction: 'the contact reacted to a message: `input.data.reaction`',
  system: 'the number or user id of the contact changed: `input.data.system`',
  status:
    "a message did not reach the contact: `input.data` has its `flow` and `step`, Meta's `codes`, and the `reason`; what is said here is not watched in its turn",
  referral: 'the contact came from an advertisement: `input.referral`',
  optOut: 'the contact wants no more marketing: `input.data.preference`; kept in `profile.optOuts.marketing_messages`',
  oldTap: 'a tap on a menu that is not the open one',
  intentNone: 'the message has no intent, though there are some',
};

/** Every handler, each a list of steps. */
function handlerShape<S extends z.ZodType>(steps: S): { [name in HandlerName]: z.ZodOptional<S> } {
  const described = (name: HandlerName) => steps.optional().describe(HANDLER_DESCRIPTIONS[name]);
  return {
    start: described('start'),
    error: described('error'),
    unsupported: described('unsupported'),
    sessionExpired: described('sessionExpired'),
    reaction: described('reaction'),
    system: described('system'),
    status: described('status'),
    referral: described('referral'),
    optOut: described('optOut'),
    oldTap: described('oldTap'),
    intentNone: described('intentNone'),
  };
}

const specVersion = shaped(
  z.unknown().transform((raw, ctx) => {
    if (!(raw instanceof Plain) || raw.value !== 1) {
      const hint = raw === '1' ? { hint: 'write it without quotes' } : {};
      report(ctx, 'this version reads `spec: 1`', {
        code: raw === undefined ? 'missing-value' : 'wrong-spec',
        ...hint,
      });
    }
    return 1;
  }),
  { const: 1 },
);

const NOTHING_COMMON = commonFields.safeParse({});

function stepsSchema(kinds: readonly StepKind[]): z.ZodType<Block> {
  const steps: z.ZodType<Block> = z.unknown().transform((raw, ctx) => {
    if (!Array.isArray(raw)) {
      if (raw === undefined) report(ctx, 'something is missing here', { code: 'missing-value' });
      else report(ctx, 'a list of steps is expected', { hint: 'begin each step with `- `' });
      return z.NEVER;
    }
    if (raw.length === 0) report(ctx, 'the list of steps is empty');
    const read = raw.flatMap((item, index) => delegate(ctx, step, item, [index]) ?? []);
    return new Block(read);
  });
  const bodies = new Map(kinds.map((kind) => [kind.kind, { kind, body: kind.build(steps) }]));
  const names = [...bodies.keys()];
  shaped(
    steps,
    (of) => ({
      type: 'array',
      minItems: 1,
      items: { anyOf: [...bodies.values()].map(({ kind, body }) => of(stepShape(kind, body))) },
    }),
    'steps',
  );
  const step: z.ZodType<Step> = z.unknown().transform((raw, ctx) => {
    const found = kindOf(raw, names, bodies, ctx);
    const known = found === undefined ? undefined : bodies.get(found);
    if (known === undefined || !isRawMap(raw)) return z.NEVER;
    const [common, own] = split(raw);
    // Both are read even if one fails, so that every fault of the step is said at once.
    const read = common === NO_KEYS ? NOTHING_COMMON : commonFields.safeParse(common);
    const body = delegate(ctx, known.body, own);
    if (!read.success) for (const { message, ...problem } of problemsOf(read.error)) report(ctx, message, problem);
    if (!read.success || body === undefined) return z.NEVER;
    const { id, disabled = false, when } = read.data;
    return new Step(known.kind.kind, id, disabled, when, body.fields, body.behaviour, known.kind.traits);
  });
  return steps;
}

/** A step of one kind as editors see it: its own keys and those every step has. */
function stepShape({ kind, description }: StepKind, body: z.ZodType): z.ZodType {
  return shaped(
    z.unknown(),
    (of) => {
      const own = of(body);
      const common = of(commonFields);
      const properties = { ...asMap(own.properties), ...asMap(common.properties) };
      return { ...own, ...(description === undefined ? {} : { description }), properties };
    },
    `step-${kind}`,
  );
}

function asMap(schema: unknown): object {
  return typeof schema === 'object' && schema !== null ? schema : {};
}

const NO_KEYS: RawMap = Object.freeze(Object.create(null));

function split(raw: RawMap): [common: RawMap, own: RawMap] {
  if (!COMMON_KEYS.some((key) => key in raw)) return [NO_KEYS, raw];
  const common: RawMap = Object.create(null);
  const own: RawMap = Object.create(null);
  for (const [key, value] of Object.entries(raw)) {
    const isCommon = COMMON_KEYS.some((one) => one === key);
    (isCommon ? common : own)[key] = value;
  }
  return [common, own];
}

/** The kind of step a map is: the one key of it that names a kind. */
function kindOf(
  raw: unknown,
  kinds: readonly string[],
  known: ReadonlyMap<string, unknown>,
  ctx: z.core.$RefinementCtx,
): string | undefined {
  if (!isRawMap(raw)) {
    const word = raw instanceof Plain ? raw.source : raw;
    const hint = typeof word === 'string' && kinds.includes(word) ? `write \`${word}: true\`` : 'write `say: Hello`';
    report(ctx, 'a step is a map', { code: 'not-a-step', hint });
    return undefined;
  }
  const keys = Object.keys(raw);
  const found = keys.filter((key) => known.has(key));
  const [first, second] = found;
  if (second !== undefined) {
    report(ctx, `a step does one thing, this one has \`${first}\` and \`${second}\``, {
      code: 'not-a-step',
      path: [second],
      key: true,
      hint: `begin \`${second}\` with its own \`- \``,
    });
    return undefined;
  }
  if (first === undefined) {
    const key = keys.find((one) => !COMMON_KEYS.some((common) => common === one));
    if (key === undefined)
      report(ctx, 'this step does nothing', { code: 'not-a-step', hint: 'say what it does, for example `say: Hello`' });
    else {
      const hint = didYouMean(key, kinds);
      const where = { code: 'unknown-step', path: [key], key: true } as const;
      report(ctx, `unknown step \`${key}\``, hint === undefined ? where : { ...where, hint });
    }
  }
  return first;
}

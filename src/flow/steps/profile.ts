import { z } from 'zod';
import { isJsonObject, type Json } from '../../shared/json.js';
import { NEXT, type StepEffect, type View } from '../behaviour.js';
import type { Value } from '../expressions/value.js';
import { delegate, listOf, mapOf, memoryPath, name, report, strict, value } from '../reading/fields.js';
import { shaped } from '../reading/shape.js';
import { Plain } from '../reading/source.js';
import { defineStep } from '../step.js';
import { type MemoryPath, readPath } from '../turn/memory.js';

/** The topic of a consent that names none. */
const EVERYTHING = 'all';

const field = shaped(
  z.unknown().transform((raw, ctx): MemoryPath => {
    const written = raw instanceof Plain ? raw.source : raw;
    const path = delegate(ctx, memoryPath, typeof written === 'string' ? `profile.${written}` : raw);
    if (path === undefined) return z.NEVER;
    const [first] = path.keys;
    if (['waId', 'bsuid', 'username'].includes(first)) report(ctx, `\`${first}\` is what WhatsApp says, not a flow`);
    return path;
  }),
  { type: 'string' },
);

const fields = mapOf(value).transform((entries, ctx) =>
  [...entries].flatMap(([key, written]) => {
    const path = delegate(ctx, field, key, [key]);
    return path === undefined ? [] : [{ path, value: written }];
  }),
);

/** `true`, one thing or several. */
function trueOr<T>(item: z.ZodType<T>): z.ZodType<true | readonly T[]> {
  const read = z.unknown().transform((raw, ctx): true | readonly T[] => {
    if (raw instanceof Plain && raw.value === true) return true;
    return delegate(ctx, listOf(item), Array.isArray(raw) ? raw : [raw]) ?? z.NEVER;
  });
  return shaped(read, (of) => ({ anyOf: [{ const: true }, of(item), of(listOf(item))] }));
}

const changes = strict('profile', {
  delete: trueOr(field).optional().describe('`true` for all that flows know, or the name of one field.'),
  update: fields.optional().describe('Fields and their new values.'),
  merge: fields.optional().describe('The same, into maps that are there.'),
  optIn: trueOr(name).optional().describe('`true`, or the name of what the contact agrees to.'),
  optOut: trueOr(name).optional().describe('`true`, or the name of what the contact does not want any more.'),
});

export const profile = defineStep({
  kind: 'profile',
  describe:
    'What is known of the contact, beyond the session. `delete` comes first, then `update` (takes the place of what was there), `merge` (puts a map into a map), `optIn` and `optOut` (keeps when it was said, in `profile.optIns` or `profile.optOuts` by topic).',
  shape: () => ({ profile: changes }),
  check: ({ profile: changed }) => {
    if (Object.values(changed).every((one) => one === undefined))
      return [{ path: ['profile'], message: 'profile needs `update`, `merge`, `delete`, `optIn` or `optOut`' }];
    if (changed.delete !== true || changed.merge === undefined) return [];
    const message = 'behind `delete: true` there is nothing to merge into';
    return [{ path: ['profile', 'merge'], key: true, message, hint: 'write `update`', code: 'invalid-combination' }];
  },
  run: ({ profile: changed }, view) => {
    const effects = deleted(changed.delete);
    for (const { path, value: written } of changed.update ?? []) effects.push(assign(path, view.value(written)));
    for (const { path, value: written } of changed.merge ?? []) {
      const added = view.value(written);
      const seen = effects.reduce(after, view);
      if (added !== undefined) effects.push(assign(path, mergedValue(readPath(seen.profile, path.keys), added)));
    }
    effects.push(...consent(changed.optIn, 'optIns', 'optOuts', view));
    effects.push(...consent(changed.optOut, 'optOuts', 'optIns', view));
    return { did: 'changed', effects, next: NEXT };
  },
  example: `
spec: 1
flow: profile
steps:
  - profile:
      update: { favourite: walnut bread }
      merge: { address: { city: Lisbon } }
      optIn: offers
  - say: "{{ profile.favourite }} in {{ profile.address.city }}, noted."
  - if: has(profile.optIns.offers)
    then: [{ say: We will write to you when there are offers. }]
`,
});

function assign(path: MemoryPath, written: Value): StepEffect {
  return { effect: 'assign', path, value: written };
}

function deleted(what: true | readonly MemoryPath[] | undefined): StepEffect[] {
  if (what === true) return [{ effect: 'forget' }];
  return (what ?? []).map((path) => assign(path, undefined));
}

/** What a step sees behind an effect of its own. */
function after(seen: View, effect: StepEffect): View {
  return effect.effect === 'assign' ? seen.withAssigned(effect.path, effect.value) : seen;
}

/** Maps go into maps; anything else takes the place of what was there. */
function mergedValue(old: Json | undefined, added: Json): Json {
  if (!isJsonObject(old) || !isJsonObject(added)) return added;
  const result = { ...old };
  for (const [key, item] of Object.entries(added)) {
    result[key] = mergedValue(Object.hasOwn(old, key) ? old[key] : undefined, item);
  }
  return result;
}

function consent(
  topics: true | readonly string[] | undefined,
  given: 'optIns' | 'optOuts',
  taken: 'optIns' | 'optOuts',
  view: View,
): StepEffect[] {
  const named = topics === true ? [EVERYTHING] : (topics ?? []);
  const now = new Date(view.nowMs).toISOString();
  return named.flatMap((topic) => [
    assign({ memory: 'profile', keys: [given, topic] }, now),
    assign({ memory: 'profile', keys: [taken, topic] }, undefined),
  ]);
}

import { NEXT, type StepEffect } from '../behaviour.js';
import { delegate, mapOf, memoryPath, value } from '../reading/fields.js';
import { shaped } from '../reading/shape.js';
import { defineStep } from '../step.js';

const assignments = shaped(mapOf(value), (of) => ({
  type: 'object',
  propertyNames: of(memoryPath),
  additionalProperties: of(value),
})).transform((entries, ctx) =>
  [...entries].flatMap(([key, written]) => {
    const path = delegate(ctx, memoryPath, key, [key]);
    return path === undefined ? [] : [{ path, value: written }];
  }),
);

export const set = defineStep({
  kind: 'set',
  describe:
    'Writes to context and profile, from top to bottom; each sees the ones before. A value that is not there takes the key away.',
  shape: () => ({ set: assignments }),
  run: ({ set: writes }, view) => {
    let seen = view;
    const effects = writes.map(({ path, value: written }): StepEffect => {
      const result = seen.value(written);
      seen = seen.withAssigned(path, result);
      return { effect: 'assign', path, value: result };
    });
    return { did: 'set', effects, next: NEXT };
  },
  example: `
spec: 1
flow: set
context: { count: 0 }
steps:
  - set:
      context.count: "{{ context.count + 1 }}"
      context.twice: "{{ context.count * 2 }}"
      profile.greeting: "Hello {{ profile.name ?? 'you' }}"
  - say: "{{ profile.greeting }}, this is message {{ context.count }}."
`,
});

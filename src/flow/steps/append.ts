import { NEXT, type StepEffect } from '../behaviour.js';
import { delegate, mapOf, memoryPath, value } from '../reading/fields.js';
import { shaped } from '../reading/shape.js';
import { defineStep } from '../step.js';

const additions = shaped(mapOf(value), (of) => ({
  type: 'object',
  propertyNames: of(memoryPath),
  additionalProperties: of(value),
})).transform((entries, ctx) =>
  [...entries].flatMap(([key, written]) => {
    const path = delegate(ctx, memoryPath, key, [key]);
    return path === undefined ? [] : [{ path, value: written }];
  }),
);

export const append = defineStep({
  kind: 'append',
  describe:
    'Puts one item behind each list, which begins with it where nothing is yet. Nothing is put behind anything for nothing.',
  shape: () => ({ append: additions }),
  run: ({ append: items }, view) => {
    const effects = items.flatMap(({ path, value: written }): StepEffect[] => {
      const item = view.value(written);
      return item === undefined ? [] : [{ effect: 'append', path, value: item }];
    });
    return { did: 'appended', effects, next: NEXT };
  },
  example: `
spec: 1
flow: append
context: { basket: [bread] }
steps:
  - append:
      context.basket: cake
      profile.visits: "{{ date.now() }}"
  - say: "In your basket: {{ format.list(context.basket) }}."
`,
});

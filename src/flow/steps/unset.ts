import { z } from 'zod';
import { NEXT } from '../behaviour.js';
import { listOf, memoryPath } from '../reading/fields.js';
import { shaped } from '../reading/shape.js';
import { defineStep } from '../step.js';

const paths = shaped(
  z.preprocess((raw) => (raw === undefined || Array.isArray(raw) ? raw : [raw]), listOf(memoryPath)),
  (of) => ({ anyOf: [of(memoryPath), of(listOf(memoryPath))] }),
);

export const unset = defineStep({
  kind: 'unset',
  describe: 'Takes keys away from context and profile.',
  shape: () => ({ unset: paths }),
  run: ({ unset: keys }) => ({
    did: 'unset',
    effects: keys.map((path) => ({ effect: 'assign', path, value: undefined })),
    next: NEXT,
  }),
  example: `
spec: 1
flow: unset
context: { basket: [bread] }
steps:
  - unset: [context.basket, profile.lastOrder]
  - say: "Your basket is {{ has(context.basket) ? 'full' : 'empty' }}."
`,
});

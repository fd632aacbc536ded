import { isJsonObject, type JsonObject } from '../../shared/json.js';
import { shorthand, strict, template, value } from '../fields.js';
import { FlowError } from '../flow-error.js';
import { defineStep } from '../step.js';

const thought = strict('think', { text: template.optional(), data: value.optional() });

export const think = defineStep({
  kind: 'think',
  describe:
    "Begins again at the top of the endpoint's flow, in the same turn, as if the contact had written this text: what was executed is left, the context stays. `input.type` is `think`.",
  traits: { leaves: true },
  shape: () => ({ think: shorthand('text', template, thought) }),
  check: ({ think: { text, data } }) =>
    text === undefined && data === undefined ? [{ path: ['think'], message: 'think needs `text` or `data`' }] : [],
  run: ({ think: { text, data } }, view) => ({
    did: 'thought',
    next: {
      to: 'think',
      text: text === undefined ? '' : view.render(text),
      data: data === undefined ? {} : asMap(view.value(data)),
    },
  }),
  example: `
spec: 1
flow: think
steps:
  - if: input.text == 'price'
    then: [{ say: It costs 10 euros. }, { stop: true }]
  - think: price
`,
});

function asMap(data: unknown): JsonObject {
  if (data === undefined || data === null) return {};
  if (!isJsonObject(data)) throw new FlowError('`data` of think is not a map');
  return data;
}

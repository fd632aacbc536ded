import { isJsonObject, type JsonObject } from '../../shared/json.js';
import type { View } from '../behaviour.js';
import { FlowError } from '../flow-error.js';
import { shorthand, strict, template, type ValueTemplate, value } from '../reading/fields.js';
import { defineStep } from '../step.js';

const thought = strict('think', {
  text: template.optional().describe('What `input.text` is then.'),
  data: value.optional().describe('What `input.data` is then.'),
});

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
      data: dataOf('think', data, view),
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

/** What a flow writes itself in place of a contact. @throws FlowError when it is no map */
export function dataOf(step: string, written: ValueTemplate | undefined, view: View): JsonObject {
  const data = written === undefined ? undefined : view.value(written);
  if (data === undefined || data === null) return {};
  if (!isJsonObject(data)) throw new FlowError(`\`data\` of ${step} is not a map`);
  return data;
}

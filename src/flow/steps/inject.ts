import { isJsonObject, type JsonObject } from '../../shared/json.js';
import { NEXT } from '../behaviour.js';
import type { Value } from '../expressions/value.js';
import { FlowError } from '../flow-error.js';
import { shorthand, strict, template, value } from '../reading/fields.js';
import { nameOf, recipientOf, scheduleOf, scheduleProblems, scheduleShape } from '../reading/schedule-fields.js';
import { defineStep } from '../step.js';

const injected = strict('inject', {
  text: template.optional().describe('What `input.text` is there.'),
  data: value.optional().describe('What `input.data` is there.'),
  ...scheduleShape,
});

export const inject = defineStep({
  kind: 'inject',
  describe:
    'Starts a turn as if the contact had written this: in this conversation, or in one that another contact has with the same business number; at once, `in` a while, or `at` a time. There `input.type` is `inject`. A second one under the same `name` takes the place of the first; `cancel` takes it back.',
  shape: () => ({ inject: shorthand('text', template, injected) }),
  check: ({ inject: fields }) => scheduleProblems('inject', fields, { text: fields.text, data: fields.data }),
  run: ({ inject: fields }, view) => {
    const to = recipientOf(fields, view);
    if (fields.cancel !== undefined) {
      const act = { to, do: 'cancel', name: nameOf(fields.cancel, view) } as const;
      return { did: 'cancelled', effects: [{ effect: 'elsewhere', act }], next: NEXT };
    }
    const text = fields.text === undefined ? '' : view.render(fields.text);
    const data = fields.data === undefined ? {} : asMap(view.value(fields.data));
    const act = { to, do: 'inject', text, data, ...scheduleOf(fields, view) } as const;
    return {
      did: act.atMs === undefined ? 'injected' : 'scheduled',
      effects: [{ effect: 'elsewhere', act }],
      next: NEXT,
    };
  },
  example: `
spec: 1
flow: inject
steps:
  - if: input.type == 'inject'
    then: [{ say: "It is time for {{ input.text }}." }, { stop: true }]
  - inject: { text: tea, in: 5m, name: tea-timer }
  - say: I will tell you in five minutes.
`,
});

function asMap(data: Value): JsonObject {
  if (data === undefined || data === null) return {};
  if (!isJsonObject(data)) throw new FlowError('`data` of inject is not a map');
  return data;
}

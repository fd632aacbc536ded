import type { Template } from '../expressions/template.js';
import {
  delegate,
  field,
  report,
  strict,
  Target,
  target,
  targetShape,
  template,
  type ValueTemplate,
  value,
  yes,
} from '../reading/fields.js';
import { isRawMap } from '../reading/source.js';
import { defineStep } from '../step.js';
import { dataOf } from './think.js';

/** Where a `goTo` leads, and how it arrives there. */
interface Leading {
  target: Target;
  /** the turn ends, and the next message goes on there */
  wait: boolean;
  text: Template | undefined;
  data: ValueTemplate | undefined;
}

const leadingMap = strict('goTo', {
  ...targetShape,
  wait: yes.optional().describe('The turn ends, and the next message goes on there.'),
  text: template.optional().describe('What `input.text` is there.'),
  data: value.optional().describe('What `input.data` is there.'),
});

const leading = field<Leading>(
  (raw, ctx) => {
    if (!isRawMap(raw)) {
      const found = delegate(ctx, target, raw);
      return found && { target: found, wait: false, text: undefined, data: undefined };
    }
    const map = delegate(ctx, leadingMap, raw);
    if (map === undefined) return undefined;
    const { flow, step, wait, text, data } = map;
    if (flow === undefined && step === undefined) return void report(ctx, 'goTo needs `step` or `flow`');
    if (wait === true && (text !== undefined || data !== undefined)) {
      const hint = 'who waits goes on with what the contact writes next';
      report(ctx, '`wait` has no `text` or `data` beside it', {
        code: 'invalid-combination',
        path: ['wait'],
        key: true,
        hint,
      });
    }
    return { target: new Target(flow, step), wait: wait === true, text, data };
  },
  (of) => ({ anyOf: [of(target), of(leadingMap)] }),
);

export const goTo = defineStep({
  kind: 'goTo',
  describe:
    'Goes on at another step and never comes back, not to the flow that executed this one either. With `wait: true` the turn ends here, and the next message goes on there. With `text` or `data` what follows has them as its input, with `goTo` as `input.type`; no intents are looked for in it.',
  traits: { leaves: true },
  shape: () => ({ goTo: leading }),
  run({ goTo: { target: leadsTo, wait, text, data } }, view) {
    if (wait) return { did: 'waits', next: { to: 'target', target: leadsTo, wait: true } };
    if (text === undefined && data === undefined) return { did: 'went', next: { to: 'target', target: leadsTo } };
    const input = { text: text === undefined ? '' : view.render(text), data: dataOf('goTo', data, view) };
    return { did: 'went', next: { to: 'target', target: leadsTo, input } };
  },
  example: `
spec: 1
flow: go-to
steps:
  - if: input.text == 'help'
    then: [{ goTo: help }]
  - say: Write "help" if you are stuck.
  - stop: true
  - id: help
    say: Here is how it works.
  - goTo: { step: thanks, wait: true }
  - id: thanks
    say: Thanks for asking.
`,
});

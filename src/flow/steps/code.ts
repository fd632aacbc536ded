import { isJsonObject, type Json, type JsonObject } from '../../shared/json.js';
import { NEXT, type StepEffect, type View } from '../behaviour.js';
import { codeFault } from '../code.js';
import { isHidden } from '../expressions/value.js';
import { FlowError } from '../flow-error.js';
import { sendingAgain } from '../messages/compose.js';
import { duration, plainText, report, shorthand, strict } from '../reading/fields.js';
import { defineStep } from '../step.js';
import { saidByCode } from '../turn/said-by-code.js';

const script = plainText
  .superRefine((code, ctx) => {
    const fault = codeFault(code);
    if (fault === undefined) return;
    const { message, offset, hint } = fault;
    report(ctx, message, { code: 'invalid-code', offset, ...(hint === undefined ? {} : { hint }) });
  })
  .describe('JavaScript: `input`, `context`, `profile`, `env`, `say()`, `log()`, `await http()`, and the helpers.');

/** JavaScript in the sandbox. What it did to context and profile is written when it has ended well, or not at all. */
export const code = defineStep({
  kind: 'code',
  describe: 'JavaScript in a sandbox: it reads and changes context and profile, says, logs and calls.',
  shape: (steps) => ({
    code: shorthand(
      'script',
      script,
      strict('code', {
        script,
        timeout: duration.optional().describe('Processor time it may take, up to what the server allows.'),
        onError: steps.optional().describe('What happens when it fails; without it `handlers.error` does.'),
      }),
    ),
  }),
  run: ({ code: { script: source, timeout } }, view) => ({
    did: 'runs',
    next: {
      to: 'call',
      kind: 'code',
      request: { ...view.scriptRequest(source), ...(timeout === undefined ? {} : { timeoutMs: timeout }) },
    },
  }),
  resume: ({ code: { onError } }, view, event) => {
    const result = event.event === 'callResult' && isJsonObject(event.result) ? event.result : {};
    const drawn: StepEffect[] = typeof result.drawn === 'number' ? [{ effect: 'drawn', count: result.drawn }] : [];
    if (result.ok === true) return { did: 'ran', effects: [...drawn, ...effectsOf(result, view)], next: NEXT };
    const detail = typeof result.detail === 'string' ? result.detail : 'the code came to nothing';
    if (onError === undefined) throw new FlowError(detail);
    view.warn(detail);
    return {
      did: typeof result.reason === 'string' ? result.reason : 'failed',
      effects: drawn,
      next: { to: 'block', block: onError },
    };
  },
  example: `
spec: 1
flow: code
context: { basket: [{ name: bread, price: 4.5, count: 2 }, { name: rolls, price: 0.4, count: 10 }] }
steps:
  - code: |
      const total = context.basket.reduce((sum, item) => sum + item.price * item.count, 0);
      context.total = total;
      if (total > 10) say(\`That is \${format.money(total, 'EUR')}: delivery is free!\`);
      else say('Shall I add something?');
`,
});

function effectsOf({ say, log, context, profile }: JsonObject, view: View): StepEffect[] {
  const spoken = listOf(say).flatMap((one) => sendingAgain(saidByCode(one), view, 0));
  const logged = listOf(log).map((line): StepEffect => ({ effect: 'log', level: 'info', message: String(line) }));
  return [...written('context', context), ...written('profile', profile), ...spoken, ...logged];
}

function written(memory: 'context' | 'profile', changes: Json | undefined): StepEffect[] {
  const { set, unset } = isJsonObject(changes) ? changes : {};
  const assign = (key: string, value: Json | undefined): StepEffect[] =>
    isHidden(key) ? [] : [{ effect: 'assign', path: { memory, keys: [key] }, value }];
  return [
    ...Object.entries(isJsonObject(set) ? set : {}).flatMap(([key, value]) => assign(key, value)),
    ...listOf(unset).flatMap((key) => (typeof key === 'string' ? assign(key, undefined) : [])),
  ];
}

function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

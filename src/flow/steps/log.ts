import { NEXT } from '../behaviour.js';
import { oneOf, shorthand, strict, template } from '../reading/fields.js';
import { defineStep } from '../step.js';

const entry = strict('log', {
  level: oneOf(['debug', 'info', 'warn', 'error']).optional().describe('`info` when left out.'),
  message: template.describe('Without what contacts write: logs are kept.'),
});

export const log = defineStep({
  kind: 'log',
  describe: 'A line for whoever looks after the bot.',
  shape: () => ({ log: shorthand('message', template, entry) }),
  run: ({ log: { level = 'info', message } }, view) => ({
    did: level,
    effects: [{ effect: 'log', level, message: view.render(message) }],
    next: NEXT,
  }),
  example: `
spec: 1
flow: log
context: { tries: 0 }
steps:
  - log: { level: warn, message: "Nobody answered {{ context.tries }} times." }
  - log: The flow came to its end.
`,
});

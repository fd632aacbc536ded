import { FlowError } from '../flow-error.js';
import { plainText, shorthand, strict } from '../reading/fields.js';
import { defineStep } from '../step.js';

const said = strict('raise', { message: plainText.describe('For timeline and log.') });

export const raise = defineStep({
  kind: 'raise',
  describe:
    'An error on purpose: `handlers.error` runs. The message is for the designer, in timeline and log, so it has no values.',
  traits: { leaves: true },
  shape: () => ({ raise: shorthand('message', plainText, said) }),
  check: ({ raise: { message } }) =>
    message.includes('{{')
      ? [{ path: ['raise'], message: 'the message of an error has no values: it goes to the log, not to the contact' }]
      : [],
  run: ({ raise: { message } }) => {
    throw new FlowError(message.slice(0, 500));
  },
  example: `
spec: 1
flow: raise
context: { total: null }
handlers:
  error: [{ say: Something is not right here. A colleague will look at it. }]
steps:
  - if: context.total == undefined
    then: [{ raise: the basket has no total }]
`,
});

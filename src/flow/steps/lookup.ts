import { NEXT } from '../behaviour.js';
import { matchPattern, regexFault } from '../expressions/safe-regex.js';
import { literalText } from '../expressions/template.js';
import { toText } from '../expressions/value.js';
import { mapOf, oneOf, template } from '../reading/fields.js';
import type { Problem } from '../reading/finding.js';
import { defineStep } from '../step.js';

type Match = 'exact' | 'ignoreCase' | 'contains' | 'regex';

/** Whether a value is a case's. `contains` does not mind upper and lower case either: it is for what people write. */
const MATCHES: { readonly [match in Match]: (value: string, key: string) => boolean } = {
  exact: (value, key) => value === key,
  ignoreCase: (value, key) => value.trim().toLowerCase() === key.toLowerCase(),
  contains: (value, key) => value.toLowerCase().includes(key.toLowerCase()),
  regex: (value, key) => matchPattern(key, value) !== undefined,
};

export const lookup = defineStep({
  kind: 'lookup',
  describe: 'The branch named for a value; the first that matches, in the order of the file.',
  shape: (steps) => ({
    lookup: template.describe('The value, as `{{ … }}`.'),
    cases: mapOf(steps).describe('Steps by value.'),
    otherwise: steps.optional().describe('Runs when no case fits.'),
    match: oneOf(['exact', 'ignoreCase', 'contains', 'regex'])
      .optional()
      .describe('How values are compared; `exact` when left out.'),
  }),
  check: ({ lookup: value, cases, match }) => {
    const problems: Problem[] = [];
    if (literalText(value) !== undefined) {
      const hint = `write lookup: "{{ ${value.source} }}"`;
      problems.push({ path: ['lookup'], message: 'the value is always the same: there is no `{{ }}` in it', hint });
    }
    for (const pattern of match === 'regex' ? cases.keys() : []) {
      const fault = regexFault(pattern);
      if (fault !== undefined)
        problems.push({ code: 'invalid-pattern', path: ['cases', pattern], key: true, message: fault });
    }
    return problems;
  },
  run: ({ lookup: of, cases, otherwise, match = 'exact' }, view) => {
    const value = view.value({ kind: 'template', template: of }) ?? null;
    const written = value === null ? '' : toText(value);
    for (const [key, block] of cases) {
      if (MATCHES[match](written, key)) return { did: key, next: { to: 'block', block } };
    }
    return { did: 'otherwise', next: otherwise === undefined ? NEXT : { to: 'block', block: otherwise } };
  },
  example: `
spec: 1
flow: lookup
steps:
  - lookup: "{{ input.text }}"
    match: contains
    cases:
      price: [{ say: It costs 10 euros. }]
      open: [{ say: We are open from nine to five. }]
    otherwise: [{ say: Ask me for the price or when we are open. }]
`,
});

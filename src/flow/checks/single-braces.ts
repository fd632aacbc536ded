import { MEMORY_NAMES } from '../expressions/expression.js';
import { isTemplate } from '../reading/walk-fields.js';
import type { Check } from './survey.js';

/** `{ context.name }`: what looks like a value, and is said as it is written. */
const SINGLE = new RegExp(`(?<!\\{)\\{\\s*((?:${MEMORY_NAMES.join('|')})\\.[^{}]*?)\\s*\\}(?!\\})`, 'g');

export const singleBraces: Check = ({ parts }, report) => {
  for (const { flow, found } of parts) {
    for (const { thing, path } of found) {
      if (!isTemplate(thing) || !thing.source.includes('{')) continue;
      const expressions = thing.parts.flatMap((part) => (typeof part === 'string' ? [] : part.ast));
      for (const { index, 0: written, 1: inside = '' } of thing.source.matchAll(SINGLE)) {
        // A map inside an expression is no mistake.
        if (expressions.some(({ start, end }) => index >= start && index < end)) continue;
        const message = `\`${written}\` is said as it is written: a value stands in two braces`;
        const hint = `write {{ ${inside} }}`;
        report(flow, { code: 'single-braces', path, offset: index, message, hint, severity: 'warning' });
      }
    }
  }
};

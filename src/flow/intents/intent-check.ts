import type { Flow } from '../definition.js';
import type { Problem } from '../reading/finding.js';
import { fold } from '../words.js';

/** Fewer teach the classifier little more than themselves. */
const FEW_EXAMPLES = 3;

/** What is wrong with the intents of a flow, beyond where they lead. */
export function intentProblems({ intents }: Flow): Problem[] {
  const names = new Set<string>();
  const words = { examples: new Map<string, string>(), keywords: new Map<string, string>() };
  return intents.flatMap((intent) => {
    const { name, examples, keywords, patterns, keys } = intent;
    const problems: Problem[] = [];
    if (names.has(name)) {
      const message = `two intents of this flow have the name \`${name}\``;
      problems.push({ code: 'duplicate-intent', path: [...keys, 'name'], message });
    }
    names.add(name);
    if (examples.length + keywords.length + patterns.length === 0) {
      problems.push({
        code: 'unreachable-intent',
        path: keys,
        message: `no message has the intent \`${name}\``,
        hint: 'give it `examples`, `keywords` or a `pattern`',
        severity: 'warning',
      });
    } else if (examples.length > 0 && examples.length < FEW_EXAMPLES && keywords.length + patterns.length === 0) {
      const message = `${examples.length === 1 ? 'one example teaches' : `${examples.length} examples teach`} little`;
      const hint = 'write five or more, as different as contacts are';
      problems.push({ code: 'few-examples', path: [...keys, 'examples'], message, hint, severity: 'warning' });
    }
    for (const key of ['examples', 'keywords'] as const) {
      for (const text of intent[key]) {
        const owner = words[key].get(fold(text)) ?? name;
        words[key].set(fold(text), owner);
        if (owner === name) continue;
        const message = `"${text}" is also one of the ${key} of \`${owner}\``;
        problems.push({ code: 'ambiguous-words', path: [...keys, key], message, severity: 'warning' });
      }
    }
    return problems;
  });
}

import type { Problem } from '../reading/finding.js';
import { fold } from '../words.js';
import type { Choices } from './answer-fields.js';

/** Words that two choices answer to: whoever writes them means neither, and is asked again. */
export function choiceProblems({ items }: Choices, path: readonly PropertyKey[]): Problem[] {
  const owners = new Map<string, string>();
  return items.flatMap(({ id, title, synonyms = [] }, index) => {
    const titles = [...title.variants.values()].flatMap(({ parts }) =>
      parts.length === 1 && typeof parts[0] === 'string' ? [parts[0]] : [],
    );
    return [...new Set([...titles, ...synonyms].map(fold))].flatMap((word): Problem[] => {
      const owner = owners.get(word) ?? id;
      owners.set(word, owner);
      if (owner === id || word === '') return [];
      const message = `\`${owner}\` and \`${id}\` both answer to "${word}", so it means neither of them`;
      return [{ code: 'ambiguous-words', path: [...path, index], message, severity: 'warning' }];
    });
  });
}

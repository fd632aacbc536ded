import type { Flow } from '../definition.js';
import { Text } from '../reading/fields.js';
import { baseLanguage } from '../words.js';
import type { Check } from './survey.js';

interface Written {
  flow: Flow;
  path: readonly PropertyKey[];
  languages: ReadonlySet<string>;
}

/** A language that fewer than one text in this many has is the odd one, not what the others lack. */
const RARE = 4;

/** Texts that lack a language other texts of the bot have. A text in no named language is meant for all. */
export const missingTranslations: Check = ({ parts }, report) => {
  const texts: Written[] = [];
  for (const { flow, found } of parts) {
    for (const { thing, path } of found) {
      if (!(thing instanceof Text) || thing.variants.size === 0 || thing.variants.has('')) continue;
      texts.push({ flow, path, languages: new Set([...thing.variants.keys()].map(baseLanguage)) });
    }
  }
  const counts = new Map<string, number>();
  for (const { languages } of texts) for (const one of languages) counts.set(one, (counts.get(one) ?? 0) + 1);
  const isRare = (language: string) => (counts.get(language) ?? 0) * RARE < texts.length;
  const expected = [...counts.keys()].filter((language) => !isRare(language));
  for (const { flow, path, languages } of texts) {
    const missing = expected.filter((language) => !languages.has(language));
    if (missing.length === 0) continue;
    const message = `this text has no ${missing.map((one) => `\`${one}\``).join(' and no ')}, which others have`;
    report(flow, { code: 'missing-translation', path, message, severity: 'warning' });
  }
  for (const [language, count] of counts) {
    if (!isRare(language)) continue;
    const first = texts.find(({ languages }) => languages.has(language));
    if (first === undefined) continue;
    const message = `only ${count} of ${texts.length} texts ${count === 1 ? 'has' : 'have'} \`${language}\``;
    report(first.flow, { code: 'missing-translation', path: [...first.path, language], message, severity: 'warning' });
  }
};

import { Text } from '../reading/fields.js';
import type { Check } from './survey.js';

/** Texts under `texts` that nothing of their flow says. */
export const unusedTexts: Check = ({ parts }, report) => {
  const used = new Set<string>();
  for (const { flow, found } of parts) {
    for (const { thing } of found) {
      if (thing instanceof Text && thing.reference !== undefined) used.add(`${flow.name} ${thing.reference}`);
    }
  }
  for (const { flow, found } of parts) {
    const [own] = found;
    const [root, name] = own?.path ?? [];
    if (own === undefined || root !== 'texts' || used.has(`${flow.name} ${String(name)}`)) continue;
    const message = `nothing says \`texts.${String(name)}\``;
    report(flow, { code: 'unused-text', path: own.path, key: true, message, severity: 'warning' });
  }
};

import { parseEnv } from 'node:util';
import type { ConfigFault } from './fault.js';

const ASSIGNMENT = /^\s*(export\s+)?[A-Za-z_][\w.-]*\s*=/;
const OPENS_A_QUOTE = /=\s*(["'`])(?:(?!\1).)*$/;

/**
 * Reads a `.env` file. Lines that assign nothing are faults here, where Node's own reader skips them: the setting
 * somebody meant would just be missing. A fault never shows the line, it may hold a secret.
 */
export function readDotEnv(
  name: string,
  source: string,
): { values: Record<string, string | undefined>; faults: ConfigFault[] } {
  const faults: ConfigFault[] = [];
  let openQuote: string | undefined;
  for (const [index, line] of source.split(/\r?\n/).entries()) {
    if (openQuote !== undefined) {
      if (line.includes(openQuote)) openQuote = undefined;
      continue;
    }
    if (/^\s*(#|$)/.test(line)) continue;
    if (ASSIGNMENT.test(line)) openQuote = line.match(OPENS_A_QUOTE)?.[1];
    else
      faults.push({ where: `${name}:${index + 1}`, message: 'the line sets no variable', allowed: 'Write NAME=value' });
  }
  return { values: parseEnv(source), faults };
}

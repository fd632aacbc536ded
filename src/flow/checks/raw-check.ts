import type { Problem } from '../reading/finding.js';
import { isBooleanWord, isRawMap, Plain, type Raw } from '../reading/source.js';

type Path = readonly PropertyKey[];

/** What can be seen in a file before it is understood: words that look like true and false, secrets in plain text. */
export function rawProblems(raw: Raw | undefined): Problem[] {
  const problems: Problem[] = [];
  const path: PropertyKey[] = [];
  if (raw !== undefined) look(raw, { stores: false, sends: false });
  return problems;

  function look(value: Raw, within: Within): void {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) below(index, item, within);
    } else if (isRawMap(value)) {
      for (const key in value) below(key, value[key] ?? '', inside(within, key, path.length));
    } else {
      const written = value instanceof Plain ? value.source : value;
      if (within.stores && value instanceof Plain && typeof value.value === 'string')
        problems.push(...word(written, path));
      problems.push(...secret(written, path, within.sends));
    }
  }

  function below(key: PropertyKey, value: Raw, within: Within): void {
    path.push(key);
    look(value, within);
    path.pop();
  }
}

interface Within {
  /** values here keep their type */
  stores: boolean;
  /** values here go to another server */
  sends: boolean;
}

function inside(within: Within, key: string, depth: number): Within {
  const stores = within.stores || key === 'set' || key === 'append' || (key === 'context' && depth === 0);
  const sends = within.sends || key === 'http' || key === 'llm';
  return stores === within.stores && sends === within.sends ? within : { stores, sends };
}

function word(written: string, path: Path): Problem[] {
  if (!isBooleanWord(written)) return [];
  const meant = /^(yes|on)$/i.test(written);
  return [
    {
      code: 'yaml-word',
      path: [...path],
      message: `\`${written}\` is a text here`,
      hint: `write ${meant}, or "${written}" if you mean the word`,
      severity: 'warning',
    },
  ];
}

/** Beginnings that only secrets have, of Meta and of services flows often call. */
const TOKEN =
  /\b(EAA[A-Za-z0-9]{40,}|sk-[A-Za-z0-9_-]{20,}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{40,}|xox[abprs]-[\w-]{20,}|AKIA[A-Z0-9]{16}|AIza[\w-]{35}|glpat-[\w-]{20,}|eyJ[\w-]{15,}\.eyJ[\w-]{15,}\.[\w-]{15,})|-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const TOKEN_BEGINS = /EAA|sk-|gh[pousr]_|github_pat_|xox|AKIA|AIza|glpat-|eyJ|-----BEGIN/;

/** Keys of headers, parameters and bodies whose value is a secret. */
const SECRET_KEY =
  /^(authorization|proxy-authorization|bearer|password|passwd|token|x-auth-token|(x-)?api[-_]?key|client[-_]?secret|access[-_]?token)$/i;
const IN_URL =
  /^[a-z]+:\/\/[^/?#\s@{}]+:[^/?#\s@{}]+@|[?&](api[-_]?key|access[-_]?token|token|key|secret|password)=[^&{}\s]{6,}/i;

const NONE: readonly Problem[] = [];

function secret(written: string, path: Path, sends: boolean): readonly Problem[] {
  const hint = 'name it: { secret: ORDERS_TOKEN }, and put the value into the environment';
  const found = (what: string): Problem[] => [
    { code: 'plain-secret', path: [...path], message: `${what} in plain text`, hint, severity: 'warning' },
  ];
  if (TOKEN_BEGINS.test(written) && TOKEN.test(written)) return found('a secret');
  if (!sends || written === '') return NONE;
  const key = path.at(-1);
  if (typeof key === 'string' && SECRET_KEY.test(key) && !written.includes('{{')) return found(`\`${key}\``);
  return IN_URL.test(written) ? found('a secret in a URL') : [];
}

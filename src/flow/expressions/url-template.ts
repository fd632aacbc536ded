import { FlowError } from '../flow-error.js';
import type { Expression } from './expression.js';
import { isHelperCall } from './helper-call.js';
import type { Template } from './template.js';
import { bounded, toMessageText, type Value } from './value.js';

/** The scheme and host of a URL, as far as the text goes. */
const BEFORE_PATH = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*$/i;
const HOST_PART = /^[\p{L}\p{N}.:[\]_-]*$/u;

/**
 * A URL with its values in place. Behind the host each is percent-encoded, so that none can add a folder, a query or a
 * fragment; `raw(x)` stays as it is. A value that begins the URL is taken for scheme and host, as `{{ env.SHOP_URL }}`
 * is; one in the host may hold only what hosts hold.
 *
 * @param evaluated the value of an expression
 * @param warn told of what is probably a mistake; no values in it
 * @throws FlowError for a value that would lead elsewhere; whatever `evaluated` throws
 */
export function renderUrl(
  { parts }: Template,
  evaluated: (expression: Expression) => Value,
  warn: (detail: string) => void,
): string {
  let url = '';
  for (const part of parts) {
    if (typeof part === 'string') url += part;
    else {
      const value = toMessageText(evaluated(part));
      if (value === '') warn(`{{ ${part.source} }} of the url is empty`);
      url += isHelperCall(part, 'raw') ? value : encoded(value, url, part);
    }
    bounded(url);
  }
  return url;
}

function encoded(value: string, before: string, { source }: Expression): string {
  if (before === '') return value;
  if (BEFORE_PATH.test(before)) {
    if (HOST_PART.test(value)) return value;
    const fix = `write raw(${source}) if it is meant to`;
    throw new FlowError(`{{ ${source} }} stands in the host of the url and holds more than a host; ${fix}`);
  }
  // No encoding keeps these from climbing: `%2e%2e` means the folder above, too.
  if (value === '.' || value === '..') throw new FlowError(`{{ ${source} }} would lead to another folder of the url`);
  return encodeURIComponent(wellFormed(value));
}

/** Half an emoji cannot be encoded. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\u{FFFD}');
}

/**
 * A query as it stands in a URL. Nothing is nothing: such a value is left out; a list repeats its name.
 *
 * @returns with its `?` or, behind a url that has one, `&`; before a fragment, which no server sees anyway
 */
export function withQuery(url: string, query: readonly (readonly [string, Value])[]): string {
  const pairs = query.flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((one) => one !== undefined && one !== null)
      .map((one) => `${encodeURIComponent(wellFormed(name))}=${encodeURIComponent(wellFormed(toMessageText(one)))}`),
  );
  if (pairs.length === 0) return url;
  const [base = ''] = url.split('#', 1);
  const joint = !base.includes('?') ? '?' : /[?&]$/.test(base) ? '' : '&';
  return bounded(`${base}${joint}${pairs.join('&')}`);
}

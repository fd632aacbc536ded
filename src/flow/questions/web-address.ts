/** Longer ones work nowhere. */
const MAX_ANSWER = 2048;
const LABEL = /^[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?$/u;

/**
 * The one web address in an answer, `https://` added where it was left out: `see example.com/shop` is `https://example.com/shop`.
 */
export function readUrl(text: string): string | undefined {
  if (text.length > MAX_ANSWER) return undefined;
  const words = text.split(/\s+/).map((word) => word.replace(/^[<("'[]+|[>)"'\].,;:!?]+$/g, ''));
  const found = words.flatMap((word) => addressOf(word) ?? []);
  return found.length === 1 ? found[0] : undefined;
}

function addressOf(word: string): string | undefined {
  if (word.includes('@') && !/^https?:\/\//i.test(word)) return undefined;
  const written = /^https?:\/\//i.test(word) ? word : `https://${word}`;
  if (/^[a-z][a-z+.-]*:\/\//i.test(word) && !/^https?:/i.test(word)) return undefined;
  if (!URL.canParse(written)) return undefined;
  const url = new URL(written);
  // `3.5` and `1.2.3.4` parse as hosts, too; punycode of other scripts begins with xn--.
  const labels = url.hostname.split('.');
  const last = labels.at(-1) ?? '';
  const isHost =
    labels.length > 1 && labels.every((label) => LABEL.test(label)) && /^(?:[a-z]{2,63}|xn--[a-z0-9-]+)$/.test(last);
  return isHost ? url.href : undefined;
}

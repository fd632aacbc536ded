import { el } from './dom.js';

/**
 * What WhatsApp makes of a text: ```mono```, `code`, *bold*, _italic_, ~strike~ and links, as nodes.
 * A mark counts only around words, so `2*3*4` and `a_b_c` stay what they are.
 */
const MARKED = new RegExp(
  [
    '```(?<block>[^]+?)```',
    '`(?<code>[^`\\n]+)`',
    // The last character is no punctuation of the sentence around it, unless it closes a bracket of the link's own.
    '(?<url>https?://(?:\\([^\\s()<>]*\\)|[^\\s<>"()])*(?:\\([^\\s()<>]*\\)|[^\\s<>".,;:!?()\\]}*_~\\x27]))',
    '(?<![\\p{L}\\p{N}])(?<mark>[*_~])(?=[^\\s*_~]|[*_~][^\\s])(?<inner>[^\\n]*?[^\\s])\\k<mark>(?![\\p{L}\\p{N}])',
  ].join('|'),
  'u',
);

const TAGS = { '*': 'strong', _: 'em', '~': 's' };

/** @returns {DocumentFragment} */
export function formatText(text) {
  const out = document.createDocumentFragment();
  let rest = text;
  for (let match = MARKED.exec(rest); match !== null; match = MARKED.exec(rest)) {
    const { block, code, url, mark, inner } = match.groups;
    out.append(rest.slice(0, match.index));
    rest = rest.slice(match.index + match[0].length);
    if (block !== undefined || code !== undefined) out.append(el('code', {}, block ?? code));
    else if (url !== undefined) out.append(link(url));
    else out.append(el(TAGS[mark], {}, formatText(inner)));
  }
  out.append(rest);
  return out;
}

/** Opens elsewhere, and never tells where it was clicked. Only http and https get here. */
export function link(url, label = url) {
  return el('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, label);
}

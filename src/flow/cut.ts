import { countCharacters } from '../shared/whatsapp-limits.js';

/** At most `most` code points, the last of them an ellipsis when something was cut. */
export function cutTo(text: string, most: number): string {
  if (text.length <= most || countCharacters(text) <= most) return text;
  return `${[...text].slice(0, most - 1).join('')}…`;
}

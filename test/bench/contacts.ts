import type { OutsideText } from '../support/meta-webhooks.js';

let written = 0;
let met = 0;

/** `count` texts from contacts nobody has met, `each` from every one; with ids that were never used. */
export function newTexts(phoneNumberId: string, count: number, each = 1): OutsideText[] {
  const texts: OutsideText[] = [];
  while (texts.length < count) {
    const number = String(++met).padStart(7, '0');
    for (let i = 0; i < each && texts.length < count; i++) {
      texts.push({
        phoneNumberId,
        contact: { waId: `35191${number}`, bsuid: `PT.9${number}` },
        wamid: `wamid.BENCH${++written}`,
        text: `m${written}`,
      });
    }
  }
  return texts;
}

/** In portions of `size`. */
export function portions<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}

/**
 * What Meta allows in a message, checked where a flow is loaded; `cloud-api/limits.ts` holds the same numbers for the last
 * check before sending, and a test keeps the two alike. Lengths are Unicode code points: Meta says "characters".
 */

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/text-messages */
export const TEXT_BODY_MAX = 4096;

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/image-messages */
export const CAPTION_MAX = 1024;

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-reply-buttons-messages */
export const BUTTONS = { bodyMax: 1024, headerMax: 60, footerMax: 60, countMax: 3, idMax: 256, titleMax: 20 } as const;

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-list-messages */
export const LIST = {
  bodyMax: 4096,
  headerMax: 60,
  footerMax: 60,
  buttonMax: 20,
  sectionsMax: 10,
  sectionTitleMax: 24,
  /** in all sections together */
  rowsMax: 10,
  rowIdMax: 200,
  rowTitleMax: 24,
  rowDescriptionMax: 72,
} as const;

/** Unicode code points. */
export function countCharacters(text: string): number {
  let characters = 0;
  for (const _ of text) characters += 1;
  return characters;
}

/** At most `most` code points, the last of them an ellipsis when something was cut. */
export function cutTo(text: string, most: number): string {
  if (text.length <= most || countCharacters(text) <= most) return text;
  return `${[...text].slice(0, most - 1).join('')}…`;
}

/**
 * What Meta allows in a message. Lengths are characters as people count them in most scripts: Unicode code points. Meta
 * says "characters" and no more; a stricter count (UTF-16 units) would refuse emoji texts that Meta takes, and a message
 * Meta finds too long after all is refused there with a named error.
 */

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/text-messages */
export const TEXT_BODY_MAX = 4096;

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/image-messages */
export const CAPTION_MAX = 1024;

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-reply-buttons-messages */
export const BUTTONS = {
  bodyMax: 1024,
  headerMax: 60,
  footerMax: 60,
  countMax: 3,
  idMax: 256,
  titleMax: 20,
} as const;

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

/**
 * One message in 6 s to one user; up to 45 at once are lent and paid back by waiting.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/about-the-platform
 */
export const PAIR_INTERVAL_MS = 6_000;
export const PAIR_BURST = 45;

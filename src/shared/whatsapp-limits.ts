/**
 * What Meta allows in a message: checked where a flow is loaded, where a message is put together, and again before it is
 * sent. Lengths are Unicode code points: Meta says "characters" and no more; a stricter count (UTF-16 units) would refuse
 * emoji texts that Meta takes, and what Meta finds too long after all is refused there with a named error.
 *
 * Pages are below https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/
 */

/** @see text-messages */
export const TEXT_BODY_MAX = 4096;

/** Images, videos and documents. @see image-messages */
export const CAPTION_MAX = 1024;

/** Body and footer of every interactive message but a list's body. @see interactive-reply-buttons-messages */
export const INTERACTIVE = { bodyMax: 1024, headerMax: 60, footerMax: 60 } as const;

/** @see interactive-reply-buttons-messages */
export const BUTTONS = { ...INTERACTIVE, countMax: 3, idMax: 256, titleMax: 20 } as const;

/** @see interactive-list-messages */
export const LIST = {
  ...INTERACTIVE,
  bodyMax: 4096,
  buttonMax: 20,
  sectionsMax: 10,
  sectionTitleMax: 24,
  /** in all sections together */
  rowsMax: 10,
  rowIdMax: 200,
  rowTitleMax: 24,
  rowDescriptionMax: 72,
} as const;

/** @see interactive-cta-url-messages */
export const CTA = { ...INTERACTIVE, titleMax: 20 } as const;

/** @see ../flows/guides/sendingaflow */
export const WHATSAPP_FLOW = { ...INTERACTIVE, buttonMax: 30 } as const;

/** @see ../catalogs/sell-products-and-services/share-products */
export const PRODUCTS = { ...INTERACTIVE, sectionsMax: 10, sectionTitleMax: 24, productsMax: 30 } as const;

/** @see ../calling/call-button-messages-deep-links */
export const CALL = { bodyMax: 1024, titleMax: 20 } as const;

/** @see interactive-media-carousel-messages */
export const CAROUSEL = {
  bodyMax: 1024,
  cardsMin: 2,
  cardsMax: 10,
  cardTextMax: 160,
  titleMax: 20,
  idMax: 256,
  /** Meta names no number for the quick replies of a card; apps show two */
  repliesMax: 2,
} as const;

/** @see contacts-messages */
export const CONTACTS_MAX = 257;

/** @see ../templates/overview */
export const TEMPLATE = {
  nameMax: 512,
  buttonsMax: 10,
  cardsMin: 2,
  cardsMax: 10,
  /** on one card */
  cardButtonsMax: 2,
  /** Meta's pages name no number for the payload of a quick reply; this many are surely taken */
  payloadMax: 128,
} as const;

/** How long a contact's message lets the business answer freely. @see send-messages */
export const WINDOW_MS = 24 * 3_600_000;

/** How long after an advertisement brought the contact: a free entry point. @see ../pricing#free-entry-point-windows */
export const AD_WINDOW_MS = 72 * 3_600_000;

/** Unicode code points. */
export function countCharacters(text: string): number {
  let characters = 0;
  for (const _ of text) characters += 1;
  return characters;
}

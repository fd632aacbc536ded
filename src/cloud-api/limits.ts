/**
 * One message in 6 s to one user; up to 45 at once are lent and paid back by waiting.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/about-the-platform
 */
export const PAIR_INTERVAL_MS = 6_000;
export const PAIR_BURST = 45;

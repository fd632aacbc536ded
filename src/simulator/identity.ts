import type { SimulatedContact } from './options.js';

/** A number that a username user hides is told for 30 days after the business wrote to it. */
const KNOWN_FOR_MS = 30 * 24 * 3_600_000;

/**
 * How webhooks spell a contact's phone number: `wa_id`, `from` and `recipient_id` alike.
 *
 * @param writtenToAtMs when this business number last sent to the phone number itself, epoch ms
 * @returns undefined when the field is left out; Meta's older texts show an empty string, third parties the BSUID in its place
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
 */
export function spellNumber(
  { waId, hidesNumber, withheldAs, bsuid }: SimulatedContact,
  writtenToAtMs: number | undefined,
  nowMs: number,
): string | undefined {
  const isKnown = writtenToAtMs !== undefined && nowMs - writtenToAtMs < KNOWN_FOR_MS;
  if (waId !== undefined && (hidesNumber !== true || isKnown)) return waId;
  if (withheldAs === 'empty') return '';
  return withheldAs === 'bsuid' ? bsuid : undefined;
}

/**
 * Whether a number somebody dials reaches this `wa_id`. Brazil added a ninth digit to mobile numbers and Mexico took a 1
 * away; accounts kept the old form, and Meta finds them by either.
 *
 * @param digits without plus
 */
export function reaches(digits: string, waId: string): boolean {
  return digits === waId || oldForm(digits) === oldForm(waId);
}

function oldForm(digits: string): string {
  return digits.replace(/^(55\d{2})9(\d{8})$/, '$1$2').replace(/^521(\d{10})$/, '52$1');
}

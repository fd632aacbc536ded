/**
 * One spelling of numbers that WhatsApp knows in two: an id is not always the number that was dialled.
 *
 * Brazil: mobile numbers got a ninth digit, a 9 in front, which the ids of older accounts lack. Mexico: a 1 behind the
 * country code. Argentina: a 9 behind it. Only for telling who is who: messages go to the id as Meta told it.
 *
 * @param waId digits without plus
 */
export function oneForm(waId: string): string {
  const brazil = /^55(\d\d)9([6-9]\d{7})$/.exec(waId);
  if (brazil !== null) return `55${brazil[1]}${brazil[2]}`;
  const mobile = /^(?:(52)1|(54)9)(\d{10})$/.exec(waId);
  return mobile === null ? waId : `${mobile[1] ?? mobile[2]}${mobile[3]}`;
}

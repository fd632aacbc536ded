/**
 * Until when the bot keeps quiet in a conversation, because a person of the business writes there from the phone app.
 *
 * @param staffWroteMs when the person last did, epoch ms
 * @param pauseMinutes the endpoint's `staffPauseMinutes`; 0 or absent: the bot takes no notice
 * @returns epoch ms; undefined when nobody did
 */
export function quietUntilMs(
  staffWroteMs: number | undefined,
  pauseMinutes: number | undefined = 0,
): number | undefined {
  return staffWroteMs === undefined || pauseMinutes === 0 ? undefined : staffWroteMs + pauseMinutes * 60_000;
}

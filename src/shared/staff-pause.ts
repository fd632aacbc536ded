import { WINDOW_MS } from './whatsapp-limits.js';

/** Who had the word in a conversation beside the bot, and when; 0 when nobody did. Epoch ms. */
export interface OtherVoices {
  /** a person of the business last wrote from the phone app */
  staffWroteMs: number;
  /** another app took the conversation, or the contact wrote to it */
  takenMs: number;
  /** that app gave it back */
  givenMs: number;
}

/** @param stored as `voices.lua` writes it; nothing for a conversation that was always the bot's */
export function readVoices(stored: string | null | undefined): OtherVoices | undefined {
  const [, wrote, taken = '', given = ''] = /^(\d+)(?:\|(\d+)\|(\d+))?$/.exec(stored ?? '') ?? [];
  return wrote === undefined
    ? undefined
    : { staffWroteMs: Number(wrote), takenMs: Number(taken), givenMs: Number(given) };
}

/** Until when the bot keeps quiet, and because of whom. */
export interface Quiet {
  untilMs: number;
  because: 'staff_answers' | 'other_app_answers';
}

/**
 * Whether and until when the bot keeps quiet in a conversation. After a person it is as long as the endpoint says. After an
 * app that took the conversation it is until that gives it back, or the contact writes to us again, but no longer than Meta
 * leaves it there without a word of the contact: a day.
 *
 * @param pauseMinutes the endpoint's `staffPauseMinutes`; 0 or absent: the bot takes no notice of persons
 * @param wroteMs when the contact last wrote to us, as Meta tells it
 */
export function quietOf(
  voices: OtherVoices | undefined,
  pauseMinutes: number | undefined = 0,
  wroteMs = 0,
): Quiet | undefined {
  if (voices === undefined) return undefined;
  const { staffWroteMs, takenMs, givenMs } = voices;
  const isTaken = takenMs > givenMs && takenMs >= wroteMs;
  const appUntilMs = isTaken ? takenMs + WINDOW_MS : 0;
  const staffUntilMs = staffWroteMs > 0 && pauseMinutes > 0 ? staffWroteMs + pauseMinutes * 60_000 : 0;
  if (appUntilMs === 0 && staffUntilMs === 0) return undefined;
  return appUntilMs > staffUntilMs
    ? { untilMs: appUntilMs, because: 'other_app_answers' }
    : { untilMs: staffUntilMs, because: 'staff_answers' };
}

import type { ResumeEvent, Step } from '../behaviour.js';

/** How a turn, or a part of it, came to its end. */
export type Ending = 'waiting' | 'handover' | 'ended' | 'call';

/** What the walk does next. */
export type Move =
  | { do: 'run'; step: Step }
  | { do: 'resume'; event: ResumeEvent }
  /** a branch of the step has come to its end */
  | { do: 'endOfBlock'; step: Step }
  /** the step is done */
  | { do: 'pass'; step: Step }
  | { do: 'end'; how: Ending };

/** What is open has the message of the turn. */
export const MESSAGE: Move = { do: 'resume', event: { event: 'message' } };

/** What is open is asked once more. */
export const AGAIN: Move = { do: 'resume', event: { event: 'again' } };

export const WAIT: Move = { do: 'end', how: 'waiting' };

/**
 * Where a Graph call can be refused: `call` is every call of the number, `send` only a message (nothing reaches the
 * contact), `status` accepts the message and fails it afterwards by webhook.
 */
export type RefusalPoint = 'call' | 'send' | 'status';

export interface FaultDefinition {
  label: string;
  explanation: string;
  /** for faults that are nothing but one of Meta's error codes at one point; the others are known by their id */
  refuses?: { at: RefusalPoint; code: number };
  /** how often it happens before it switches itself off, unless asked otherwise; left out: until switched off */
  times?: number;
}

/** Everything that can be switched on for a business number. A fault is a row here; the page and the API show the table. */
export const FAULTS = {
  duplicate: {
    label: 'Duplicate webhooks',
    explanation: 'Every webhook arrives twice with the same bytes. Meta promises at least once, not once.',
  },
  reorder: {
    label: 'Out of order',
    explanation: 'Webhooks that follow each other closely swap places, in two requests or inside one batch.',
  },
  'bad-signature': {
    label: 'Wrong signature',
    explanation: 'Webhooks are signed with another secret; once this is off they come again, signed as they should be.',
  },
  'early-status': {
    label: 'Status before answer',
    explanation: 'The bot learns that a message was delivered before its own send call has returned.',
  },
  'throttle-number': {
    label: 'Throttle the number',
    explanation: 'One message a second for the whole number; more gets error 130429.',
  },
  'throttle-pair': {
    label: 'Throttle the contact',
    explanation: 'One message in four seconds to the same contact; more gets error 131056.',
  },
  undeliverable: {
    label: 'Undeliverable',
    explanation: 'Messages are accepted, then fail with 131026: the contact cannot be reached.',
    refuses: { at: 'status', code: 131026 },
  },
  'window-closed': {
    label: '24-hour window closed',
    explanation: 'Messages are accepted, then fail with 131047: only a template may be sent now.',
    refuses: { at: 'status', code: 131047 },
  },
  'token-expired': {
    label: 'Access token expired',
    explanation: 'Every Graph call of this number is refused with 190, until somebody renews the token.',
    refuses: { at: 'call', code: 190 },
  },
  slow: {
    label: 'Slow answers',
    explanation: 'Sends are processed at once, but the answer takes its time.',
  },
  'no-answer': {
    label: 'Processed, never answered',
    explanation: 'The contact gets the message, the bot gets a timeout: it cannot know whether to send again.',
  },
  'html-answer': {
    label: 'A proxy answers',
    explanation: 'Sends get HTTP 502 and a page of HTML, and nothing reaches the contact.',
  },
  'cut-answer': {
    label: 'Answer cut off',
    explanation: 'The contact gets the message, the bot half an answer before the connection breaks.',
  },
  'server-error': {
    label: 'Server error',
    explanation: 'The next send meets HTTP 500 with error 131000, then all is well again.',
    refuses: { at: 'send', code: 131000 },
    times: 1,
  },
} as const satisfies { [id: string]: FaultDefinition };

export type FaultId = keyof typeof FAULTS;

export const FAULT_IDS = Object.keys(FAULTS).filter(isFaultId);

export function isFaultId(id: string): id is FaultId {
  return Object.hasOwn(FAULTS, id);
}

/** Which faults are on. `timesLeft` is undefined for a fault that stays until it is switched off. */
export type ActiveFaults = { [id in FaultId]?: { timesLeft?: number } };

export interface FaultBoard {
  set(phoneNumberId: string, id: FaultId, on: boolean, times?: number): void;
  active(phoneNumberId: string): ActiveFaults;
  /** Whether this fault strikes now. Asking counts: a fault with `times` is used up by it. */
  strikes(phoneNumberId: string, id: FaultId): boolean;
  /** The error code that strikes now at this point of a number's call, and counts as struck; undefined when none does. */
  strikesWith(phoneNumberId: string, point: RefusalPoint): number | undefined;
  clear(): void;
}

/** @param changed called with the number whose switches moved, also when a fault has used itself up */
export function createFaultBoard(changed: (phoneNumberId: string) => void): FaultBoard {
  const boards = new Map<string, ActiveFaults>();

  const use = (phoneNumberId: string, id: FaultId): boolean => {
    const state = boards.get(phoneNumberId)?.[id];
    if (state === undefined) return false;
    if (state.timesLeft !== undefined) {
      state.timesLeft -= 1;
      if (state.timesLeft <= 0) delete boards.get(phoneNumberId)?.[id];
      changed(phoneNumberId);
    }
    return true;
  };

  return {
    set(phoneNumberId, id, on, times) {
      const board = boards.get(phoneNumberId) ?? {};
      const definition: FaultDefinition = FAULTS[id];
      const timesLeft = times ?? definition.times;
      if (on) board[id] = timesLeft === undefined ? {} : { timesLeft };
      else delete board[id];
      boards.set(phoneNumberId, board);
      changed(phoneNumberId);
    },
    active: (phoneNumberId) => structuredClone(boards.get(phoneNumberId) ?? {}),
    strikes: use,
    strikesWith(phoneNumberId, point) {
      for (const id of FAULT_IDS) {
        const { refuses }: FaultDefinition = FAULTS[id];
        if (refuses?.at === point && use(phoneNumberId, id)) return refuses.code;
      }
      return undefined;
    },
    clear() {
      const numbers = [...boards.keys()];
      boards.clear();
      for (const phoneNumberId of numbers) changed(phoneNumberId);
    },
  };
}

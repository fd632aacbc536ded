/**
 * Where a Graph call can be refused: `call` is every call of the number, `send` only a message (nothing reaches the
 * contact), `status` accepts the message and fails it afterwards by webhook.
 */
type RefusalPoint = 'call' | 'send' | 'status';

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

/** An error of one's own choosing, beside the table of faults. */
export interface InjectedError {
  /** Meta's error code */
  code: number;
  via: RefusalPoint;
  /** only this number, or any */
  phoneNumberId?: string;
  /** only sends to this contact, or any */
  contactId?: string;
  /** how often; 1 when left out */
  times?: number;
}

/** Which faults are on. `timesLeft` is undefined for a fault that stays until it is switched off. */
export type ActiveFaults = { [id in FaultId]?: { timesLeft?: number } };

/** Who may be hit: a call of a number, perhaps about one contact. */
interface FaultTarget {
  phoneNumberId: string;
  contactId?: string | undefined;
}

export interface FaultBoard {
  set(phoneNumberId: string, id: FaultId, on: boolean, times?: number): void;
  active(phoneNumberId: string): ActiveFaults;
  inject(error: InjectedError): void;
  /** Whether this fault strikes now. Asking counts: a fault with `times` is used up by it. */
  strikes(phoneNumberId: string, id: FaultId): boolean;
  /** The error code that strikes now at this point of a call, and counts as struck; undefined when none does. */
  strikesWith(target: FaultTarget, point: RefusalPoint): number | undefined;
  clear(): void;
}

/** @param changed called with the number whose switches moved, also when a fault has used itself up */
export function createFaultBoard(changed: (phoneNumberId: string) => void): FaultBoard {
  const boards = new Map<string, ActiveFaults>();
  let injected: (InjectedError & { times: number })[] = [];

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

  const useInjected = (target: FaultTarget, point: RefusalPoint): number | undefined => {
    const hit = injected.find(
      (error) =>
        error.via === point &&
        (error.phoneNumberId ?? target.phoneNumberId) === target.phoneNumberId &&
        (error.contactId ?? target.contactId) === target.contactId,
    );
    if (hit === undefined) return undefined;
    hit.times -= 1;
    if (hit.times <= 0) injected = injected.filter((error) => error !== hit);
    return hit.code;
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
    inject: (error) => {
      injected.push({ ...error, times: error.times ?? 1 });
    },
    strikes: use,
    strikesWith(target, point) {
      const code = useInjected(target, point);
      if (code !== undefined) return code;
      for (const id of FAULT_IDS) {
        const { refuses }: FaultDefinition = FAULTS[id];
        if (refuses?.at === point && use(target.phoneNumberId, id)) return refuses.code;
      }
      return undefined;
    },
    clear() {
      const numbers = [...boards.keys()];
      boards.clear();
      injected = [];
      for (const phoneNumberId of numbers) changed(phoneNumberId);
    },
  };
}

/** A business number of the simulated account. */
export interface SimulatedNumber {
  /** as in Graph URLs, digits */
  phoneNumberId: string;
  /** as a person reads it: `+351 21 000 0001` */
  displayPhoneNumber: string;
  wabaId: string;
  /** Meta's verified name: what the contact sees above the chat */
  name: string;
  about?: string;
  /** where webhooks of this number go instead, as with Meta's override per phone number */
  webhookUrl?: string;
  /** a test number: it may write to known contacts only, anybody else is refused with 131030 */
  testNumber?: boolean;
}

/** Somebody with a phone. */
export interface SimulatedContact {
  /** ours, for the API and the page: `rita` */
  contactId: string;
  /** profile name */
  name: string;
  /** phone number without plus; left out: webhooks never tell it and nothing reaches the contact by number */
  waId?: string;
  /** business-scoped user id; Meta tells it in every webhook */
  bsuid: string;
  /** of a portfolio that is enrolled for parent ids: `US.ENT.…` */
  parentBsuid?: string;
  username?: string;
  /** the number is withheld from a business that has not written to it within 30 days */
  hidesNumber?: boolean;
  /** how webhooks spell a withheld number; all three have been seen, `omitted` is Meta's word and the default */
  withheldAs?: 'omitted' | 'empty' | 'bsuid';
  /** changes with the contact's phone; told while the number checks identities */
  identityKeyHash?: string;
}

/** A logger like pino's. Only counts, codes and ids of numbers are ever handed to it. */
export interface SimulatorLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface SimulatorOptions {
  /** 0, the default, takes any free port */
  port?: number;
  /** loopback by default: the double asks nobody for a password */
  host?: string;
  appId: string;
  appSecret: string;
  accessToken: string;
  verifyToken: string;
  numbers: readonly [SimulatedNumber, ...SimulatedNumber[]];
  contacts?: readonly SimulatedContact[];
  /** where the bot's webhook is; may be unknown yet, webhooks wait until it is */
  webhookUrl?: string | (() => string | undefined);
  /** version of the webhook subscription, `v25.0` by default; up to v23.0 statuses carry a `conversation` */
  webhookVersion?: string;
  clock?: { nowMs(): number };
  /** whether messages other than templates fail with 131047 when the contact has not written for 24 h; yes by default */
  serviceWindow?: boolean;
  /** `known`, the default, refuses templates nobody has created with 132001; `any` lets them through */
  templates?: 'known' | 'any';
  /** repeats the same random choices; without it every start differs */
  seed?: number;
  log?: SimulatorLog;
  timing?: Partial<SimulatorTiming>;
}

/** How long the double takes for what takes time. All in ms. */
export interface SimulatorTiming {
  /** waits between attempts to deliver a webhook; the last one repeats */
  webhookRetryMs: readonly number[];
  /** Meta tries for 7 days */
  webhookGiveUpMs: number;
  /** a webhook without an answer for so long has failed */
  webhookTimeoutMs: number;
  /** from acceptance to each status; jittered by up to a quarter */
  sentMs: number;
  deliveredMs: number;
  readMs: number;
  /** the reorder fault: how long a webhook waits for a neighbour to swap with */
  reorderHoldMs: number;
  /** the slow fault */
  slowAnswerMs: number;
  /** the fault that never answers: when the connection is cut */
  noAnswerMs: number;
  /** the fault that answers after the statuses: at the latest then */
  earlyStatusWaitMs: number;
  /** from a template's creation to its approval */
  templateReviewMs: number;
}

export const DEFAULT_TIMING: SimulatorTiming = {
  webhookRetryMs: [500, 1_000, 2_000, 5_000, 15_000],
  webhookGiveUpMs: 7 * 24 * 3_600_000,
  webhookTimeoutMs: 10_000,
  sentMs: 80,
  deliveredMs: 250,
  readMs: 500,
  reorderHoldMs: 250,
  slowAnswerMs: 3_000,
  noAnswerMs: 60_000,
  earlyStatusWaitMs: 2_000,
  templateReviewMs: 1_000,
};

/** How long a typing indicator shows unless a message ends it (Meta: 25 s). */
export const TYPING_MS = 25_000;

/** Four people to try a bot with: plain, with accents and emoji, without a phone number, with a username and a number. */
export const DEFAULT_CONTACTS: readonly SimulatedContact[] = [
  { contactId: 'rita', name: 'Rita Alves', waId: '351910000101', bsuid: 'PT.40000000000000000101' },
  { contactId: 'zoe', name: 'Zoë Nguyễn-Müller 🌻', waId: '491510000102', bsuid: 'DE.40000000000000000102' },
  {
    contactId: 'samira',
    name: 'Samira Haddad',
    waId: '971500000103',
    bsuid: 'AE.40000000000000000103',
    username: 'samira.h',
    hidesNumber: true,
  },
  {
    contactId: 'kofi',
    name: 'Kofi Mensah',
    waId: '233200000104',
    bsuid: 'GH.40000000000000000104',
    username: 'kofi_m',
  },
];

export const silentLog: SimulatorLog = { debug() {}, info() {}, warn() {}, error() {} };

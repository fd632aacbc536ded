import type { SimulatedNumber } from './options.js';

/** Where a URL of one's own is set instead of the app's. */
export interface Override {
  url: string;
  verifyToken: string;
}

/**
 * Who hears of what, as Meta keeps it: the app names fields and a URL, an account has to be subscribed, and account and
 * number may each have a URL of their own, the narrower one winning.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/override
 */
export interface Subscriptions {
  /** What the app asked for; undefined: all fields there are. */
  fields(): readonly string[] | undefined;
  setFields(fields: readonly string[]): void;
  isSubscribed(wabaId: string): boolean;
  subscribe(wabaId: string, override: Override | undefined): void;
  unsubscribe(wabaId: string): void;
  ofAccount(wabaId: string): Override | undefined;
  ofNumber(phoneNumberId: string): Override | undefined;
  /** undefined takes it away */
  setOfNumber(phoneNumberId: string, override: Override | undefined): void;
  /** The narrowest override there is for a change of this number. */
  override(number: SimulatedNumber, scope: 'number' | 'account'): Override | undefined;
  /** Whether a change is told at all. */
  hears(wabaId: string, field: string): boolean;
  reset(): void;
}

/** @param verifyToken the app's own, for numbers that came with a URL */
export function createSubscriptions(numbers: readonly SimulatedNumber[], verifyToken: string): Subscriptions {
  let fields: readonly string[] | undefined;
  const silent = new Set<string>();
  const accounts = new Map<string, Override>();
  const own = new Map<string, Override>();

  function reset(): void {
    fields = undefined;
    silent.clear();
    accounts.clear();
    own.clear();
    for (const { phoneNumberId, webhookUrl } of numbers) {
      if (webhookUrl !== undefined) own.set(phoneNumberId, { url: webhookUrl, verifyToken });
    }
  }
  reset();

  return {
    fields: () => fields,
    setFields: (asked) => {
      fields = asked;
    },
    isSubscribed: (wabaId) => !silent.has(wabaId),
    subscribe(wabaId, override) {
      silent.delete(wabaId);
      if (override === undefined) accounts.delete(wabaId);
      else accounts.set(wabaId, override);
    },
    unsubscribe(wabaId) {
      silent.add(wabaId);
      accounts.delete(wabaId);
    },
    ofAccount: (wabaId) => accounts.get(wabaId),
    ofNumber: (phoneNumberId) => own.get(phoneNumberId),
    setOfNumber(phoneNumberId, override) {
      if (override === undefined) own.delete(phoneNumberId);
      else own.set(phoneNumberId, override);
    },
    override: ({ phoneNumberId, wabaId }, scope) =>
      (scope === 'number' ? own.get(phoneNumberId) : undefined) ?? accounts.get(wabaId),
    hears: (wabaId, field) => !silent.has(wabaId) && (fields === undefined || fields.includes(field)),
    reset,
  };
}

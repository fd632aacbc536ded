import type { FlowEffect } from '../flow/turn/turn.js';
import type { ContactIdentity } from '../inbound/event.js';
import type { MessageItem, OptedOutItem } from '../inbound/item.js';
import { MARKETING } from '../shared/consent.js';
import { isJsonObject } from '../shared/json.js';
import { type Consent, consentOf, isNewRefusal, isOverruled, recordConsent } from './consent.js';
import { type Contact, identityChanges } from './conversation.js';
import { happenedMs, wroteToUsMs } from './when-written.js';

/** What one turn learns of its contact and writes about it. */
export class TurnContact {
  /** since the last checkpoint, as `TurnDraft` has them */
  set: [string, string][] = [];
  unset: string[] = [];
  append: [string, string][] = [];
  /** it wrote behind an advertisement */
  fromAd = false;
  /** a preference that came after the contact said the opposite: nobody has to answer it */
  isOverruled = false;

  constructor(public known: Contact) {}

  /** What was written so far is committed. */
  committed(): void {
    this.set = [];
    this.unset = [];
    this.append = [];
  }

  /** Learns who wrote, as this message tells it. */
  meet(item: MessageItem): void {
    const { waId, bsuid } = this.known;
    this.set.push(...identityChanges(this.known, item.contact));
    this.known = { ...this.known, ...item.contact };
    const wroteMs = wroteToUsMs(item);
    if (wroteMs !== undefined) this.known.wroteMs = Math.max(this.known.wroteMs ?? 0, wroteMs);
    if (isJsonObject(item.message.referral)) {
      this.fromAd = true;
      this.known.adMs = Math.max(this.known.adMs ?? 0, happenedMs(item));
    }
    // A new user id comes with a new number. What is not told again belongs to who the contact was: a reply to the
    // number somebody gave up reaches its next owner.
    if (item.contact.waId === undefined && bsuid !== undefined && this.known.bsuid !== bsuid) this.forget('waId');
    if (item.contact.bsuid === undefined && waId !== undefined && this.known.waId !== waId) this.forget('bsuid');
    const consent = consentOf(item.message);
    if (consent === undefined) return;
    this.isOverruled = isOverruled(this.known.custom, consent, happenedMs(item));
    if (!this.isOverruled) this.consent(consent, happenedMs(item));
  }

  /** @returns whether that was not known already: every message it refuses tells it anew */
  optOut({ acceptedMs, sentMs }: OptedOutItem): boolean {
    if (!isNewRefusal(this.known.custom, sentMs)) return false;
    this.consent({ topic: MARKETING, wants: false }, acceptedMs);
    return true;
  }

  private consent(consent: Consent, atMs: number): void {
    const changed = recordConsent(this.known.custom, consent, atMs);
    this.known = { ...this.known, custom: { ...this.known.custom, ...changed } };
    this.set.push(...Object.entries(changed).map(([field, value]): [string, string] => [field, JSON.stringify(value)]));
  }

  /** Learns how to reach a contact of whom only a flow has told so far. */
  introduce(told: ContactIdentity): void {
    if (this.known.waId !== undefined || this.known.bsuid !== undefined) return;
    this.set.push(...identityChanges(this.known, told));
    this.known = { ...this.known, ...told };
  }

  /** What a flow has written. */
  patch({ set, unset, appended = {} }: Extract<FlowEffect, { effect: 'profile' }>): void {
    const custom = { ...this.known.custom, ...set };
    for (const field of unset) delete custom[field];
    this.known = { ...this.known, custom };
    for (const [field, value] of Object.entries(set)) {
      const items = Object.hasOwn(appended, field) ? appended[field] : undefined;
      if (items === undefined) this.set.push([field, JSON.stringify(value)]);
      // Only what is new: others may put something behind the same list at the same time.
      else this.append.push([field, items.map((item) => JSON.stringify(item)).join(',')]);
    }
    this.unset.push(...unset);
  }

  private forget(identity: 'waId' | 'bsuid'): void {
    const { [identity]: _, ...rest } = this.known;
    this.known = rest;
    this.unset.push(`@${identity}`);
  }
}

import { hash } from 'node:crypto';
import type { ContactIdentity } from './event.js';
import { oneForm } from './number-forms.js';

/**
 * Our ids are digests of Meta's: the same in every process and for every redelivery, and safe in logs, which Meta's are
 * not (a wamid holds the contact's number).
 */
export interface Ids {
  /** of one inbound update, by the number it came to and what names it there */
  update(phoneNumberId: string, name: string): UpdateId;
  /** the digests a contact is found by, the leading one first; undefined when nothing names the contact */
  identity(contact: ContactIdentity): IdentityDigests | undefined;
}

export interface UpdateId {
  /** 16 characters */
  id: string;
  /** 64 bits as a signed decimal: Redis keeps sets of these in 8 bytes each */
  hash: string;
  /** 0 … 4095, which of a day's dedupe sets */
  shard: number;
}

export interface IdentityDigests {
  /** BSUID, else phone number */
  primary: string;
  /** the phone number behind a BSUID, '' when unknown */
  secondary: string;
  hasBsuid: boolean;
}

export function createIds(salt: string): Ids {
  const digest = (kind: string, value: string) => hash('sha256', `${salt}|${kind}|${value}`, 'base64url').slice(0, 18);
  return {
    update(phoneNumberId, name) {
      const bytes = hash('sha256', `${salt}|u|${phoneNumberId}|${name}`, 'buffer');
      return {
        id: bytes.toString('base64url', 12, 24),
        hash: bytes.readBigInt64BE(0).toString(),
        shard: bytes.readUInt16BE(8) & 0xfff,
      };
    },
    identity({ bsuid, waId: told }) {
      const waId = told && oneForm(told);
      if (bsuid) return { primary: digest('b', bsuid), secondary: waId ? digest('w', waId) : '', hasBsuid: true };
      return waId ? { primary: digest('w', waId), secondary: '', hasBsuid: false } : undefined;
    },
  };
}

const DAY_MS = 86_400_000;

/**
 * The dedupe set of an update: chosen by the update's own time, which is the same in every redelivery, so that sets end
 * as a whole. Times that cannot be true count as today.
 */
export function dedupeShard(update: UpdateId, timestampMs: number | undefined, nowMs: number): string {
  const plausible = timestampMs !== undefined && timestampMs > nowMs - 8 * DAY_MS && timestampMs < nowMs + DAY_MS;
  return `${Math.floor((plausible ? timestampMs : nowMs) / DAY_MS)}:${update.shard}`;
}

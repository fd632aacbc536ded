import type { Random } from './random.js';

/**
 * A message id shaped like Meta's: `wamid.` and base64 in which the contact's number stands readable. Code that takes
 * a wamid for an opaque id, and logs it, leaks a phone number here as it does in production.
 *
 * @param identity the contact's number, or the BSUID of a contact without one
 * @param nowMs epoch ms; part of the id, so a restart with the same seed does not repeat ids
 */
export function newWamid(identity: string, nowMs: number, random: Random): string {
  const unique = (Math.max(0, Math.floor(nowMs)).toString(16).padStart(12, '0') + random.hex(20))
    .slice(-32)
    .toUpperCase();
  const owner = Buffer.from(identity, 'latin1').subarray(0, 255);
  const bytes = Buffer.concat([
    Buffer.from([0x1c, 0x18, owner.length]),
    owner,
    Buffer.from([0x15, 0x02, 0x00, 0x11, 0x18, 0x20]),
    Buffer.from(unique, 'latin1'),
    Buffer.from([0x00]),
  ]);
  return `wamid.${bytes.toString('base64')}`;
}

/** Like Meta's `fbtrace_id`: eleven characters that mean something to nobody outside. */
export function newTraceId(random: Random): string {
  return `A${Buffer.from(random.hex(16), 'hex').toString('base64url').slice(0, 10)}`;
}

/** A Graph node id: sixteen digits. */
export function newNodeId(random: Random): string {
  return `9${Array.from({ length: 15 }, () => Math.floor(random.next() * 10)).join('')}`;
}

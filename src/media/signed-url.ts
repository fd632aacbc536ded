import { createHmac, timingSafeEqual } from 'node:crypto';
import { isMediaKey } from './store.js';

/**
 * Links to files: whoever has one may read that file until it expires, and nobody can make one. They carry no name, no
 * number and no text, so a proxy that logs them learns nothing but that there was a file.
 */
export interface MediaLinks {
  /** @param untilMs epoch ms, counted in whole seconds */
  urlOf(key: string, untilMs: number): string;
  /** @returns the key, or why there is none: a link that is not ours looks like a file that is not there */
  keyOf(path: string, query: { expires?: unknown; signature?: unknown }, nowMs: number): MediaLink;
}

export type MediaLink = { outcome: 'valid'; key: string } | { outcome: 'expired' } | { outcome: 'forged' };

/** Where the web role serves files. */
export const MEDIA_PATH = '/media';

/**
 * @param salt of the installation: equal in all processes, stored in Redis only
 * @param publicUrl without a slash at its end
 */
export function createMediaLinks(salt: string, publicUrl: string): MediaLinks {
  const secret = createHmac('sha256', salt).update('links to files').digest();
  const sign = (key: string, expires: string): Buffer =>
    createHmac('sha256', secret).update(`${key}\n${expires}`).digest();
  return {
    urlOf(key, untilMs) {
      const expires = String(Math.floor(untilMs / 1000));
      const signature = sign(key, expires).toString('base64url');
      return `${publicUrl}${MEDIA_PATH}/${key}?expires=${expires}&signature=${signature}`;
    },
    keyOf(key, { expires, signature }, nowMs) {
      if (typeof expires !== 'string' || typeof signature !== 'string' || !/^\d{1,12}$/.test(expires)) {
        return { outcome: 'forged' };
      }
      const given = Buffer.from(signature, 'base64url');
      const expected = sign(key, expires);
      const isOurs = given.length === expected.length && timingSafeEqual(given, expected) && isMediaKey(key);
      if (!isOurs) return { outcome: 'forged' };
      return Number(expires) * 1000 <= nowMs ? { outcome: 'expired' } : { outcome: 'valid', key };
    },
  };
}

import { createHmac, timingSafeEqual } from 'node:crypto';

/** Value of `X-Hub-Signature-256` for a webhook body: HMAC-SHA256 with the app secret over the bytes that are sent. */
export function signatureOf(rawBody: Buffer, appSecret: string): string {
  return `sha256=${createHmac('sha256', appSecret).update(rawBody).digest('hex')}`;
}

/** Whether `appsecret_proof` is the hex HMAC-SHA256 of the access token, keyed with the app secret. */
export function isAppSecretProof(given: string, accessToken: string, appSecret: string): boolean {
  return isSameSecret(given, createHmac('sha256', appSecret).update(accessToken).digest('hex'));
}

/** Compares in constant time; secrets of different length are simply different. */
export function isSameSecret(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}

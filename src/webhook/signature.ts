import { createHmac, timingSafeEqual } from 'node:crypto';

const HEADER = /^sha256=([0-9a-f]{64})$/;

/**
 * Whether Meta signed this body with one of our app secrets.
 *
 * @param rawBody the body as it arrived, byte for byte: parsed and re-serialised JSON no longer matches
 * @param header value of `X-Hub-Signature-256`, undefined when the request has none
 * @param appSecrets the current one and, while they are being changed, the previous one; an empty one never matches,
 *   since everybody can sign with it
 * @returns false for a missing, malformed or wrong signature alike; never throws
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint
 */
export function isSignedByMeta(rawBody: Buffer, header: string | undefined, appSecrets: readonly string[]): boolean {
  const hex = header === undefined ? undefined : HEADER.exec(header)?.[1];
  if (hex === undefined) return false;
  const given = Buffer.from(hex, 'hex');
  return appSecrets.some(
    (secret) => secret !== '' && timingSafeEqual(given, createHmac('sha256', secret).update(rawBody).digest()),
  );
}

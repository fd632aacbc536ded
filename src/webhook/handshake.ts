import { createHash, timingSafeEqual } from 'node:crypto';

/** `verified` is answered with 200, `text/plain` and exactly the challenge; `refused` with 403 and a constant body. */
export type Handshake = { outcome: 'verified'; challenge: string } | { outcome: 'refused' };

/** In practice an integer. Anything that could mean something to a browser is refused: we echo it. */
const CHALLENGE = /^[\w-]{1,256}$/;

/**
 * Meta's question whether this callback URL is ours, asked whenever the URL or the token is set.
 *
 * @param query as a parser left it: keys hold dots, values may be missing, lists or objects
 * @param verifyTokens any of them will do; an empty one never does
 * @returns never throws
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint
 */
export function answerHandshake(query: Readonly<Record<string, unknown>>, verifyTokens: readonly string[]): Handshake {
  const given = query['hub.verify_token'];
  const challenge = query['hub.challenge'];
  const isOurs = query['hub.mode'] === 'subscribe' && typeof given === 'string' && isOneOf(given, verifyTokens);
  if (!isOurs || typeof challenge !== 'string' || !CHALLENGE.test(challenge)) return { outcome: 'refused' };
  return { outcome: 'verified', challenge };
}

/** Compares digests, so that neither the length of a token nor its first letters show in the time it takes. */
function isOneOf(given: string, tokens: readonly string[]): boolean {
  const digest = sha256(given);
  let found = false;
  for (const token of tokens) {
    if (timingSafeEqual(digest, sha256(token)) && token !== '') found = true;
  }
  return found;
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

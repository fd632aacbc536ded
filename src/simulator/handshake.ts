import { randomInt } from 'node:crypto';
import { request } from 'undici';
import type { SimulatedNumber } from './options.js';
import type { Override } from './subscriptions.js';
import type { World } from './world.js';

/** How the bot's webhook met the GET that Meta sends when somebody enters its URL. */
export type HandshakeOutcome =
  | { outcome: 'verified' }
  /** an answer, but not 200 */
  | { outcome: 'refused'; httpStatus: number }
  /** 200, but the body is not exactly the challenge */
  | { outcome: 'wrong_body'; httpStatus: number }
  | { outcome: 'unreachable' }
  | { outcome: 'no_url' };

const MAX_SHOWN_ANSWER = 300;

/** Verifies the webhook of a number, wherever it goes, as Meta does when somebody enters it. */
export async function verifyWebhook(world: World, number: SimulatedNumber): Promise<HandshakeOutcome> {
  const url = world.webhookUrl(number);
  if (url === undefined) return { outcome: 'no_url' };
  const { verifyToken } = world.subscriptions.override(number, 'number') ?? world.options;
  return shakeHands(world, { url, verifyToken }, number.phoneNumberId);
}

/**
 * The GET that proves a URL and its token belong together.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint
 */
export async function shakeHands(
  world: World,
  { url, verifyToken }: Override,
  phoneNumberId?: string,
): Promise<HandshakeOutcome> {
  const challenge = String(randomInt(1_000_000_000, 2_000_000_000));
  const target = new URL(url);
  target.searchParams.set('hub.mode', 'subscribe');
  target.searchParams.set('hub.challenge', challenge);
  target.searchParams.set('hub.verify_token', verifyToken);
  const shown = new URL(target);
  shown.searchParams.set('hub.verify_token', '***');
  const entry = world.wire.begin({
    direction: 'webhook',
    phoneNumberId,
    chats: [],
    method: 'GET',
    url: shown.href,
    summary: 'handshake',
    headers: {},
    request: { 'hub.mode': 'subscribe', 'hub.challenge': challenge },
  });
  try {
    const timeoutMs = world.timing.webhookTimeoutMs;
    const answer = await request(target, { headersTimeout: timeoutMs, bodyTimeout: timeoutMs, reset: true });
    const body = await answer.body.text();
    world.wire.end(entry, { httpStatus: answer.statusCode, response: body.slice(0, MAX_SHOWN_ANSWER) });
    if (answer.statusCode !== 200) return { outcome: 'refused', httpStatus: answer.statusCode };
    return body === challenge ? { outcome: 'verified' } : { outcome: 'wrong_body', httpStatus: 200 };
  } catch {
    world.wire.end(entry, { failure: 'no answer' });
    return { outcome: 'unreachable' };
  }
}

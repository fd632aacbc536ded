import { isIP } from 'node:net';
import { BotError } from '../shared/errors.js';

/** The Graph URL of the configuration cannot be used. */
export class GraphUrlError extends BotError {
  override readonly name = 'GraphUrlError';
  readonly code = 'graph_url_unusable';
}

/** `origin` for the pool, `prefix` without a slash at its end, `''` at Meta. */
export interface BaseUrl {
  origin: string;
  prefix: string;
}

/**
 * Where Graph is: Meta's own address, or a double of it nearby.
 *
 * @throws GraphUrlError when it is no URL, or when it would send access tokens over the internet in the clear
 */
export function parseBaseUrl(text: string): BaseUrl {
  if (!URL.canParse(text)) throw new GraphUrlError('the Graph API URL is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isNearby(url.hostname))) {
    throw new GraphUrlError('the Graph API URL must be https: it carries access tokens; http is for nearby hosts only');
  }
  return { origin: url.origin, prefix: url.pathname.replace(/\/+$/, '') };
}

const PRIVATE_V4 = /^(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.)/;

/** Loopback, private addresses, and names without a dot, which only a local network or a container engine resolves. */
function isNearby(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) === 4) return PRIVATE_V4.test(host);
  if (isIP(host) === 6) return host === '::1' || /^f[cd]/.test(host) || host.startsWith('fe80:');
  return !host.includes('.') || host.endsWith('.localhost') || host.endsWith('.internal');
}

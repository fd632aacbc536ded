import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { RedisClient } from '../redis/connections.js';
import { OPS } from '../redis/lane.js';

/** Lets through who has the operator key. */
export interface OperatorKey {
  /** the key itself, once: when this process made it; else undefined */
  fresh: string | undefined;
  matches(given: string): boolean;
}

/**
 * The key that opens the operators' pages: the configured one, else one that the first start makes and shows. Only its
 * digest is stored, so it cannot be shown again; deleting `{p:ops}:operator-key` lets the next start make another.
 */
export async function readOperatorKey(client: RedisClient, configured: string | undefined): Promise<OperatorKey> {
  const made = randomBytes(18).toString('base64url');
  const stored = `${OPS.prefix}operator-key`;
  const isFirst = configured === undefined && (await client.set(stored, digest(made).toString('hex'), 'NX')) === 'OK';
  const expected = configured === undefined ? Buffer.from((await client.get(stored)) ?? '', 'hex') : digest(configured);
  return {
    fresh: isFirst ? made : undefined,
    matches: (given) => expected.length === 32 && timingSafeEqual(digest(given), expected),
  };
}

/** Asks for the key as a password (any user name), as browsers can, or as a bearer token, as scripts do. */
export function requireOperator(key: Promise<OperatorKey>): RequestHandler {
  return async (req, res, next) => {
    if ((await key).matches(givenKey(req.headers.authorization))) return next();
    res
      .status(401)
      .set('WWW-Authenticate', 'Basic realm="Parlance operators", charset="UTF-8"')
      .type('text/plain')
      .send('The operator key is needed: it was shown once by the first start, or set by PARLANCE_OPS_OPERATOR_KEY.\n');
  };
}

function givenKey(header: string | undefined): string {
  const [, scheme = '', value = ''] = /^(Basic|Bearer) (\S+)$/i.exec(header ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  const decoded = Buffer.from(value, 'base64').toString('utf8');
  return decoded.slice(decoded.indexOf(':') + 1);
}

const digest = (key: string): Buffer => createHash('sha256').update(key).digest();

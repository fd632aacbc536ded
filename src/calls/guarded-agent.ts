import { type LookupAddress, lookup as lookUp } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { BotError } from '../shared/errors.js';
import type { MayConnect } from './allowed-hosts.js';

/** The host is, or resolves to, an address flows may not call. Nothing was sent. */
export class PrivateAddressError extends BotError {
  override readonly name = 'PrivateAddressError';
  readonly code = 'private_address';
}

export interface GuardedAgentOptions {
  mayConnect: MayConnect;
  /** kept open at most, per host */
  connections: number;
  /** all addresses of a name; the system's resolver unless a test says otherwise */
  resolve?: (hostname: string, done: (err: Error | null, addresses: LookupAddress[]) => void) => void;
}

/** A host that does not take the connection within this time is down; the call may try again. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Connections to where flows may call, and nowhere else. The address is judged where the connection is made, from the
 * very answer of the resolver that is used: a name that answers differently a second time gains nothing. Literal
 * addresses are judged as well, since no resolver is asked for them.
 */
export function createGuardedAgent({ mayConnect, connections, resolve = resolveAll }: GuardedAgentOptions): Agent {
  const lookupFor =
    (port: number): LookupFunction =>
    (hostname, options, callback) =>
      resolve(hostname, (err, found) => {
        if (err !== null) return callback(err, '');
        const ofFamily = found.filter(({ family }) => !options.family || family === options.family);
        const fine = ofFamily.filter(({ address }) => mayConnect(hostname, address, port));
        const [first] = fine;
        if (first === undefined) return callback(refusal(), '');
        if (options.all) return callback(null, fine);
        callback(null, first.address, first.family);
      });

  // Kept, because a connector remembers TLS sessions; a connector asks its resolver about names, not about ports.
  const connectors = new Map<number, buildConnector.connector>();
  const connectorFor = (port: number): buildConnector.connector => {
    const known = connectors.get(port) ?? buildConnector({ timeout: CONNECT_TIMEOUT_MS, lookup: lookupFor(port) });
    connectors.set(port, known);
    return known;
  };

  const connect: buildConnector.connector = (options, callback) => {
    const hostname = options.hostname.replace(/^\[|\]$/g, '');
    const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80);
    if (isIP(hostname) !== 0 && !mayConnect(hostname, hostname, port)) return callback(refusal(), null);
    connectorFor(port)(options, callback);
  };
  // The deadline of a call is its own; undici's timers would only end it under another name.
  return new Agent({ connect, connections, headersTimeout: 0, bodyTimeout: 0 });
}

function refusal(): PrivateAddressError {
  return new PrivateAddressError('the host has no address that flows may call');
}

function resolveAll(hostname: string, done: (err: Error | null, addresses: LookupAddress[]) => void): void {
  lookUp(hostname, { all: true }, done);
}

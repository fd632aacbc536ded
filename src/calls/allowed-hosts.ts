import ipaddr from 'ipaddr.js';

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** One entry of `calls.allowedPrivateHosts`. Without a port it holds for all of them. */
type AllowedHost = { port: number | undefined } & ({ name: string } | { range: Range });

const WITH_PORT = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/i;
const NAME = /^(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/;

/**
 * Reads a host that flows may call though it is private: a name (`orders.internal`), an address (`10.0.0.5`, `::1`) or a
 * range (`10.1.0.0/16`), the first two also with a port (`localhost:3000`, `[::1]:3000`).
 *
 * @returns undefined when it is none of these
 */
export function readAllowedHost(written: string): AllowedHost | undefined {
  const [, bracketed, plain, digits] = WITH_PORT.exec(written) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port === 0 || port > 65_535)) return undefined;
  const host = (bracketed ?? plain ?? written).toLowerCase();
  const range = rangeOf(host);
  if (range !== undefined) return port !== undefined && host.includes('/') ? undefined : { port, range };
  // What is all digits and dots and no address is a misspelt address, which must not become a name.
  return bracketed === undefined && NAME.test(host) && /[a-z]/.test(host) ? { port, name: host } : undefined;
}

function rangeOf(text: string): Range | undefined {
  if (text.includes('/')) return ipaddr.isValidCIDR(text) ? ipaddr.parseCIDR(text) : undefined;
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/**
 * Azure's host of each machine, which hands out certificates and settings: an address that is public by its number.
 *
 * @see https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
 */
const AZURE_WIRE_SERVER = '168.63.129.16';

/**
 * Whether anybody on the internet has this address: not this machine, not a network around it, not a cloud's metadata
 * service, and no other spelling of those (IPv4 inside IPv6, NAT64, 6to4, Teredo).
 *
 * @param address in any notation of IPv4 or IPv6
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast' || parsed.toString() === AZURE_WIRE_SERVER) return false;
  // All of the internet's IPv6 is in 2000::/3; what is elsewhere and has no name of its own, as ::7f00:1, is private too.
  return parsed instanceof ipaddr.IPv4 || (Number(parsed.parts[0]) & 0xe000) === 0x2000;
}

/** Whether a connection to this address is fine: `hostname` is what the URL said, lower case, and `port` where it goes. */
export type MayConnect = (hostname: string, address: string, port: number) => boolean;

/** Public addresses and the hosts of `allowedPrivateHosts`; entries that cannot be read allow nothing. */
export function createMayConnect(allowedPrivateHosts: readonly string[]): MayConnect {
  const allowed = allowedPrivateHosts.flatMap((written) => readAllowedHost(written) ?? []);
  return function mayConnect(hostname, address, port) {
    if (isPublicAddress(address)) return true;
    const name = hostname.toLowerCase().replace(/\.$/, '');
    return allowed.some((host) => {
      if (host.port !== undefined && host.port !== port) return false;
      return 'name' in host ? host.name === name : isIn(address, host.range);
    });
  };
}

function isIn(address: string, [network, bits]: Range): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv4) return network instanceof ipaddr.IPv4 && parsed.match(network, bits);
  return network instanceof ipaddr.IPv6 && parsed.match(network, bits);
}

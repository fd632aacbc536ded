import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMayConnect, isPublicAddress, readAllowedHost } from '../../../src/calls/allowed-hosts.js';

describe('an address is public', () => {
  it.each(['93.184.216.34', '8.8.8.8', '1.1.1.1', '223.255.255.254', '2606:4700::1111', '2a00:1450:4003::200e'])(
    '%s',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );
});

describe('an address is not public', () => {
  it.each([
    ['this machine', '127.0.0.1'],
    ['all of 127/8', '127.255.0.1'],
    ['this machine, any of its addresses', '0.0.0.0'],
    ['the rest of 0/8', '0.1.2.3'],
    ['10/8', '10.0.0.1'],
    ['172.16/12', '172.31.255.1'],
    ['192.168/16', '192.168.1.1'],
    ['a cloud’s metadata', '169.254.169.254'],
    ['another metadata service', '100.100.100.200'],
    ['a public address that Azure keeps for a machine’s own host', '168.63.129.16'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['benchmarks', '198.18.0.1'],
    ['documentation', '203.0.113.1'],
    ['protocol assignments', '192.0.0.192'],
    ['multicast', '224.0.0.1'],
    ['class E', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['one number', '2130706433'],
    ['hexadecimal', '0x7f.1'],
    ['octal', '0177.0.0.1'],
    ['IPv6 of this machine', '::1'],
    ['unspecified', '::'],
    ['IPv4 inside IPv6', '::ffff:127.0.0.1'],
    ['the same in hexadecimal', '::ffff:7f00:1'],
    ['the old way', '::7f00:1'],
    ['NAT64', '64:ff9b::7f00:1'],
    ['local NAT64', '64:ff9b:1::a00:1'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001:0:7f00:1::'],
    ['unique local', 'fd00::1'],
    ['a metadata service on IPv6', 'fd00:ec2::254'],
    ['link-local', 'fe80::1'],
    ['link-local with its interface', 'fe80::1%eth0'],
    ['site-local', 'fec0::1'],
    ['IPv6 multicast', 'ff02::1'],
    ['IPv6 documentation', '2001:db8::1'],
    ['a name', 'localhost'],
    ['nothing', ''],
  ])('%s: %s', (_what, address) => expect(isPublicAddress(address)).toBe(false));

  it('in any spelling of a private IPv4 address', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const privateV4 = fc.oneof(
      fc.tuple(fc.constantFrom(0, 10, 127), octet, octet, octet),
      fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
      fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
    );
    fc.assert(
      fc.property(privateV4, ([a, b, c, d]) => {
        const [high, low] = [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
        const spellings = [`${a}.${b}.${c}.${d}`, `::ffff:${a}.${b}.${c}.${d}`, `::ffff:${high}:${low}`];
        const tunnels = [`::${high}:${low}`, `64:ff9b::${high}:${low}`, `2002:${high}:${low}::1`];
        expect([...spellings, ...tunnels].filter(isPublicAddress)).toEqual([]);
      }),
    );
  });
});

describe('an allowed private host', () => {
  it.each([
    'orders',
    'orders.internal',
    'orders.internal:8080',
    'localhost:3000',
    '10.0.0.5',
    '10.0.0.5:80',
    '10.1.0.0/16',
    '::1',
    '[::1]:3000',
    'fd00::/8',
  ])('is %s', (written) => expect(readAllowedHost(written)).toBeDefined());

  it.each([
    '',
    ' ',
    'http://orders.internal',
    'orders.internal/',
    '*.internal',
    '10.0.0',
    '10.0.0.256',
    '2130706433',
    '10.0.0.0/33',
    '10.0.0.0/8:80',
    'localhost:0',
    'localhost:65536',
    'localhost:',
    '[orders]:80',
    '-orders',
  ])('is not %j', (written) => expect(readAllowedHost(written)).toBeUndefined());
});

it('lets private hosts through by name, address, range and port, and by nothing near them', () => {
  const mayConnect = createMayConnect([
    'orders.internal',
    'localhost:3000',
    '10.1.0.0/16',
    '[::1]:3000',
    '192.168.0.9:80',
  ]);
  const questions: [string, string, number, boolean][] = [
    ['orders.internal', '10.9.9.9', 443, true],
    ['ORDERS.internal.', '10.9.9.9', 443, true],
    ['my-orders.internal', '10.9.9.9', 443, false],
    ['localhost', '127.0.0.1', 3000, true],
    ['localhost', '127.0.0.1', 6379, false],
    ['127.0.0.1', '127.0.0.1', 3000, false],
    ['evil.example', '10.1.2.3', 80, true],
    ['evil.example', '10.2.2.3', 80, false],
    ['::1', '::1', 3000, true],
    ['::1', '::1', 80, false],
    ['192.168.0.9', '::ffff:192.168.0.9', 80, true],
    ['192.168.0.9', '192.168.0.9', 81, false],
    ['example.com', '93.184.216.34', 1, true],
  ];
  for (const [host, address, port, answer] of questions) {
    expect([host, address, port, mayConnect(host, address, port)]).toEqual([host, address, port, answer]);
  }
  expect(createMayConnect(['not a host'])('not a host', '10.0.0.1', 80)).toBe(false);
});

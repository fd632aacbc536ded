import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../src/endpoint/endpoint.js';
import { createEndpoints, endpointConflicts } from '../../../src/endpoint/endpoints.js';
import { simulatedCredentials, simulatorSetup } from '../../../src/endpoint/simulated.js';

function endpoint(id: string, own: Partial<Endpoint> = {}): Endpoint {
  return {
    id,
    name: id,
    enabled: true,
    simulated: false,
    flow: 'welcome',
    locale: 'en',
    timeZone: 'UTC',
    urlToken: `url-of-${id}`,
    verifyToken: `verify-${id}`,
    appId: 'app-1',
    appSecrets: ['secret-1'],
    accessToken: 'token',
    phoneNumberId: `number-of-${id}`,
    wabaId: 'waba',
    graphVersion: 'v25.0',
    graphApiUrl: 'https://graph.facebook.com',
    messageDelayMs: 500,
    sessionExpirationMinutes: 30,
    throughputPerSec: 80,
    duringSleep: 'interrupt',
    transcriptMinutes: 0,
    collectMs: 0,
    staffPauseMinutes: 60,
    startsTurn: {},
    handoverHours: [],
    media: { accept: {}, types: [] },
    typingIndicator: true,
    markAsRead: true,
    fallback: 'Sorry',
    env: {},
    secrets: {},
    llm: {},
    source: `config/endpoints/${id}.yaml`,
    ...own,
  };
}

describe('the endpoints', () => {
  const a = endpoint('a');
  const b = endpoint('b', { appSecrets: ['secret-2', 'secret-1'], enabled: false });
  const other = endpoint('other', { appId: 'app-2', appSecrets: ['secret-3'], enabled: false });
  const endpoints = createEndpoints([a, b, other]);

  it('are found by id and by number', () => {
    expect(endpoints.byId('b')).toBe(b);
    expect(endpoints.byPhoneNumberId('number-of-other')).toBe(other);
    expect([endpoints.byId('c'), endpoints.byPhoneNumberId('c'), endpoints.routeFor('c')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('of one app are served by the URL of any of them, with the secrets of all', () => {
    const route = endpoints.routeFor('url-of-a');
    expect(route).toBe(endpoints.routeFor('url-of-b'));
    expect(route).toEqual({
      appId: 'app-1',
      enabled: true,
      appSecrets: ['secret-1', 'secret-2'],
      verifyTokens: ['verify-a', 'verify-b'],
      byPhoneNumberId: new Map([
        ['number-of-a', a],
        ['number-of-b', b],
      ]),
    });
  });

  it('of another app stay apart: neither its numbers nor its secrets are valid here', () => {
    const route = endpoints.routeFor('url-of-other');
    expect(route?.appSecrets).toEqual(['secret-3']);
    expect([...(route?.byPhoneNumberId.keys() ?? [])]).toEqual(['number-of-other']);
  });

  it('make a disabled route only when all of the app are disabled', () => {
    expect(endpoints.routeFor('url-of-b')?.enabled).toBe(true);
    expect(endpoints.routeFor('url-of-other')?.enabled).toBe(false);
  });

  it.each(['constructor', '__proto__', 'toString'])('are not found by %s', (name) => {
    expect(endpoints.routeFor(name)).toBeUndefined();
  });

  it('cannot share an id, a number or a URL', () => {
    const twin = endpoint('a', { appId: 'app-2' });
    expect(endpointConflicts([a, b, twin]).map(({ field, first, second }) => [field, first, second])).toEqual([
      ['id', a, twin],
      ['phoneNumberId', a, twin],
      ['urlToken', a, twin],
    ]);
    expect(() => createEndpoints([a, endpoint('z', { urlToken: a.urlToken })])).toThrow(
      'endpoints a and z have the same urlToken',
    );
  });
});

describe('the credentials of demo bots', () => {
  it('are the same at every start, and differ by bot and by key', () => {
    const welcome = simulatedCredentials('key', 'welcome');
    expect(simulatedCredentials('key', 'welcome')).toEqual(welcome);
    const orders = simulatedCredentials('key', 'orders');
    expect(orders).toMatchObject({
      appId: welcome.appId,
      appSecrets: welcome.appSecrets,
      verifyToken: welcome.verifyToken,
    });
    expect(orders.phoneNumberId).not.toBe(welcome.phoneNumberId);
    expect(orders.urlToken).not.toBe(welcome.urlToken);
    expect(simulatedCredentials('other', 'welcome').appSecrets).not.toEqual(welcome.appSecrets);
  });

  it('look like those of Meta', () => {
    for (let n = 0; n < 500; n++) {
      const { phoneNumberId, urlToken } = simulatedCredentials('key', `bot-${n}`);
      expect(phoneNumberId).toMatch(/^1\d{14}$/);
      expect(urlToken).toMatch(/^[\w-]{16,128}$/);
    }
  });

  it('set up the simulator for all demo bots, and not at all without one', () => {
    const [x, y] = ['x', 'y'].map((id) => endpoint(id, { simulated: true, ...simulatedCredentials('key', id) }));
    if (x === undefined || y === undefined) throw new Error('two endpoints were made');
    expect(simulatorSetup([endpoint('real'), x, y])).toEqual({
      appId: x.appId,
      appSecret: x.appSecrets[0],
      accessToken: x.accessToken,
      verifyToken: x.verifyToken,
      webhookPath: `/webhook/${x.urlToken}`,
      numbers: [
        { phoneNumberId: x.phoneNumberId, displayPhoneNumber: '+1 555-0101', wabaId: x.wabaId, name: 'x' },
        { phoneNumberId: y.phoneNumberId, displayPhoneNumber: '+1 555-0102', wabaId: y.wabaId, name: 'y' },
      ],
    });
    expect(simulatorSetup([endpoint('real')])).toBeUndefined();
  });

  it('begin with the one that shows newcomers around', () => {
    const bots = [
      endpoint('orders', { simulated: true, flow: 'order-status', ...simulatedCredentials('key', 'orders') }),
      endpoint('reception', { simulated: true, flow: 'welcome', ...simulatedCredentials('key', 'reception') }),
      endpoint('parcels', { simulated: true, flow: 'parcels', ...simulatedCredentials('key', 'parcels') }),
    ];
    expect(simulatorSetup(bots)?.numbers.map(({ name }) => name)).toEqual(['reception', 'orders', 'parcels']);
  });
});

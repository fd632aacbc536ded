import { createServer, type Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { http, type RawRequest, type RawServer, startRawServer } from '../cloud-api/raw-server.js';
import { AROUND, type CallRig, callRig } from './call-rig.js';

let server: RawServer;
let rig: CallRig;
let answer: (socket: Socket, request: RawRequest, index: number) => void;

beforeEach(async () => {
  server = await startRawServer((socket, request, index) => answer(socket, request, index));
  rig = callRig([`127.0.0.1:${server.port}`]);
  answer = (socket) => socket.write(json({ ok: 'yes' }));
});
afterEach(async () => {
  await rig.stop();
  await server.close();
});

const json = (body: unknown, status = 200, headers: string[] = []) =>
  http(status, JSON.stringify(body), ['content-type: application/json', ...headers]);

/** Bytes as they are, with their length. */
function bytes(socket: Socket, body: Buffer, headers: readonly string[]): void {
  socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${headers.join('\r\n')}\r\n\r\n`);
  socket.write(body);
}

const BOMB = gzipSync(Buffer.alloc(5_000_000));

const requestLines = () => server.requests.map(({ requestLine }) => requestLine.replace(' HTTP/1.1', ''));

describe('a request', () => {
  it('is sent as asked, and its answer given as it came', async () => {
    answer = (socket) =>
      socket.write(json({ status: 'shipped' }, 201, ['X-Trace: 7', 'Set-Cookie: a=1', 'Set-Cookie: b=2']));
    const result = await rig.call({ url: `${server.url}/orders/1%2F2?a=b`, headers: { 'X-Shop': 'Porto' } });
    expect(result).toEqual({
      ok: true,
      status: 201,
      headers: { 'content-length': '20', 'content-type': 'application/json', 'x-trace': '7', 'set-cookie': 'a=1, b=2' },
      body: { status: 'shipped' },
      tries: 1,
    });
    expect(requestLines()).toEqual(['GET /orders/1%2F2?a=b']);
    expect(server.requests[0]?.headers).toMatchObject({ 'x-shop': 'Porto', 'user-agent': 'Parlance' });
    expect(server.requests[0]?.headers).not.toHaveProperty('idempotency-key');
  });

  it.each([
    ['JSON', { json: { a: ['ü'] } }, '{"a":["ü"]}', 'application/json'],
    ['a JSON null', { json: null }, 'null', 'application/json'],
    ['text', { text: 'Olá' }, 'Olá', 'text/plain; charset=utf-8'],
    [
      'a form',
      {
        form: [
          ['a', '1 & 2'],
          ['a', 'é'],
        ],
      },
      'a=1+%26+2&a=%C3%A9',
      'application/x-www-form-urlencoded',
    ],
  ])('carries %s', async (_what, body, written, type) => {
    await rig.call({ url: server.url, method: 'POST', body });
    expect(server.requests[0]).toMatchObject({
      body: written,
      headers: { 'content-type': type, 'idempotency-key': AROUND.key },
    });
  });

  it('has the content type and the idempotency key of its own headers, when it has them', async () => {
    const headers = { 'Content-Type': 'application/xml', 'Idempotency-Key': 'mine' };
    await rig.call({ url: server.url, method: 'PUT', headers, body: { text: '<a/>' } });
    expect(server.requests[0]?.headers).toMatchObject({ 'content-type': 'application/xml', 'idempotency-key': 'mine' });
  });

  it.each([
    ['bearer', { auth: { bearer: { secret: 'ORDERS_TOKEN' } } }, { authorization: 'Bearer s3cret' }],
    [
      'basic',
      { auth: { basic: { user: 'bot', password: { secret: 'ORDERS_TOKEN' } } } },
      { authorization: `Basic ${Buffer.from('bot:s3cret').toString('base64')}` },
    ],
    ['a header', { headers: { 'X-Api-Key': { secret: 'ORDERS_TOKEN' } } }, { 'x-api-key': 's3cret' }],
    [
      'a header with a prefix',
      { headers: { Authorization: { secret: 'OTHER', prefix: 'ApiKey ' } } },
      { authorization: 'ApiKey other' },
    ],
  ])('carries a secret as %s', async (_what, more, headers) => {
    await rig.call({ url: server.url, ...more });
    expect(server.requests[0]?.headers).toMatchObject(headers);
  });

  it.each(['MISSING', 'constructor'])('with a secret the endpoint does not have is not sent: %s', async (secret) => {
    const result = await rig.call({ url: server.url, auth: { bearer: { secret } } });
    expect(result).toMatchObject({ ok: false, reason: 'noSecret', status: 0, tries: 0 });
    expect(server.requests).toEqual([]);
  });

  it.each([
    ['badUrl', 'nothing', { url: '' }],
    ['badUrl', 'a path', { url: '/orders' }],
    ['badUrl', 'a file', { url: 'file:///etc/passwd' }],
    ['badUrl', 'FTP', { url: 'ftp://127.0.0.1/x' }],
    ['badUrl', 'data', { url: 'data:text/plain,x' }],
    ['badUrl', 'a user and password', { url: 'http://user:pass@127.0.0.1/' }],
    ['badUrl', 'a port that is none', { url: 'http://127.0.0.1:99999/' }],
    ['badHeader', 'a line break in a header', { url: '@', headers: { 'X-Name': 'Ana\r\nX-Admin: 1' } }],
    ['badHeader', 'a line break in a token', { url: '@', auth: { bearer: 'a\nb' } }],
    ['badHeader', 'an emoji in a header', { url: '@', headers: { 'X-Name': '🥐' } }],
    ['badHeader', 'a header name with a colon', { url: '@', headers: { 'X: Y': '1' } }],
    ['badHeader', 'a Host of its own', { url: '@', headers: { Host: 'internal' } }],
    ['badHeader', 'a length of its own', { url: '@', headers: { 'content-length': '5' } }],
    ['badRequest', 'a method nobody knows', { url: '@', method: 'BREW' }],
    ['badRequest', 'no url', {}],
    ['badRequest', 'a key nobody knows', { url: '@', socketPath: '/var/run/docker.sock' }],
    ['badRequest', 'a timeout of hours', { url: '@', timeoutMs: 10_000_000 }],
  ])('is refused as %s: %s', async (reason, _what, request) => {
    const url = 'url' in request ? { url: request.url === '@' ? server.url : request.url } : {};
    expect(await rig.call({ ...request, ...url })).toMatchObject({ ok: false, reason, status: 0 });
    expect(server.requests).toEqual([]);
  });
});

describe('an answer', () => {
  it.each([
    ['JSON', 'application/json; charset=utf-8', '{"a":1}', { body: { a: 1 } }],
    ['a kind of JSON', 'application/problem+json', '{"a":1}', { body: { a: 1 } }],
    ['JSON that says to be text', 'text/plain', ' [1]', { body: [1] }],
    ['text that only begins like JSON', 'text/plain', '[sic] hello', { body: '[sic] hello' }],
    ['a number that says to be JSON', 'application/json', '7', { body: 7 }],
    ['a number as text', 'text/plain', '007', { body: '007' }],
    ['wrong JSON', 'application/json', '{"a":', { body: '{"a":', note: 'notJson' }],
    ['nothing', 'application/json', '', { body: null }],
    ['JSON nested for ever', 'application/json', `${'['.repeat(4000)}${']'.repeat(4000)}`, { note: 'tooDeep' }],
    ['JSON with a prototype', 'application/json', '{"__proto__":{"x":1}}', { status: 200 }],
  ])('is %s', async (_what, type, body, expected) => {
    answer = (socket) => socket.write(http(200, body, [`content-type: ${type}`]));
    expect(await rig.call({ url: server.url })).toMatchObject({ ok: true, ...expected });
    expect(Object.prototype).not.toHaveProperty('x');
  });

  it('in another charset is read in it', async () => {
    answer = (socket) => bytes(socket, Buffer.from('Olá', 'latin1'), ['content-type: text/plain; charset=ISO-8859-1']);
    expect(await rig.call({ url: server.url })).toMatchObject({ body: 'Olá' });
  });

  it('that is no text is nothing', async () => {
    answer = (socket) => bytes(socket, Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0x00]), ['content-type: image/jpeg']);
    expect(await rig.call({ url: server.url })).toMatchObject({ ok: true, body: null, note: 'notText' });
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('packed with %s is unpacked', async (encoding, pack) => {
    const packed = pack(Buffer.from('{"a":"ü"}'));
    answer = (socket) => bytes(socket, packed, [`content-encoding: ${encoding}`, 'content-type: application/json']);
    expect(await rig.call({ url: server.url })).toMatchObject({ ok: true, body: { a: 'ü' } });
  });

  it('of 400 and above has failed, with all that it says', async () => {
    answer = (socket) => socket.write(json({ error: 'gone' }, 410));
    expect(await rig.call({ url: server.url })).toMatchObject({
      ok: false,
      reason: 'httpStatus',
      detail: 'the server answered 410',
      status: 410,
      body: { error: 'gone' },
    });
  });

  const endless = (socket: Socket) => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
    const more = () => {
      if (socket.destroyed) return;
      socket.write(`400\r\n${'x'.repeat(1024)}\r\n`, more);
    };
    more();
  };
  it.each<[string, string, (socket: Socket) => void]>([
    [
      'tooLarge',
      'says to have 100 MB',
      (s) => s.write(`HTTP/1.1 200 OK\r\ncontent-length: ${100 * 1024 * 1024}\r\n\r\nx`),
    ],
    ['tooLarge', 'never ends', endless],
    ['tooLarge', 'is 5 MB once unpacked', (s) => bytes(s, BOMB, ['content-encoding: gzip'])],
    ['timeout', 'never begins', () => undefined],
    ['timeout', 'stops in the middle', (s) => s.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf')],
    ['timeout', 'stops in its headers', (s) => s.write('HTTP/1.1 200 OK\r\nx-half: ')],
    ['timeout', 'only says to go on', (s) => s.write('HTTP/1.1 103 Early Hints\r\n\r\n')],
    ['network', 'is a broken connection', (s) => s.destroy()],
    ['network', 'is a reset', (s) => s.resetAndDestroy()],
    ['network', 'breaks in the middle', (s) => s.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf')],
    ['badAnswer', 'is no HTTP', (s) => s.write('SSH-2.0-OpenSSH_9.2\r\n')],
    ['badAnswer', 'has headers of 100 KB', (s) => s.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`)],
    ['badAnswer', 'says to be packed and is not', (s) => bytes(s, Buffer.from('plain'), ['content-encoding: gzip'])],
    ['badAnswer', 'is packed in a way nobody asked for', (s) => bytes(s, Buffer.from('x'), ['content-encoding: zstd'])],
  ])('is no answer (%s) when it %s', async (reason, _what, how) => {
    answer = how;
    const result = await rig.call({ url: server.url, timeoutMs: reason === 'timeout' ? 200 : 5_000 });
    expect(result).toMatchObject({ ok: false, reason, status: 0, headers: {}, body: null });
  });

  it('does not come from a port where nobody listens, or a host that is not there', async () => {
    const { port, close } = await startRawServer(() => undefined);
    await close();
    const other = callRig(['127.0.0.1', 'nowhere.invalid']);
    expect(await other.call({ url: `http://127.0.0.1:${port}/` })).toMatchObject({ reason: 'refused' });
    expect(await other.call({ url: 'http://nowhere.invalid/' })).toMatchObject({ reason: 'hostNotFound' });
    await other.stop();
  });

  it('does not come over a connection that is not secure when it should be', async () => {
    const plain = createServer(
      (socket) =>
        void socket
          .on('error', () => undefined)
          .resume()
          .end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    );
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const address = plain.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const other = callRig(['127.0.0.1']);
    expect(await other.call({ url: `https://127.0.0.1:${port}/` })).toMatchObject({ ok: false, reason: 'tls' });
    await other.stop();
    await new Promise((resolve) => plain.close(resolve));
  });
});

describe('a redirect', () => {
  const redirect = (location: string, status = 302) => http(status, '', [`location: ${location}`]);

  it.each([
    ['a GET', 'GET', 302, 'GET', ''],
    ['a POST, 302', 'POST', 302, 'GET', ''],
    ['a POST, 303', 'POST', 303, 'GET', ''],
    ['a POST, 307', 'POST', 307, 'POST', 'hello'],
    ['a POST, 308', 'POST', 308, 'POST', 'hello'],
    ['a PUT, 301', 'PUT', 301, 'PUT', 'hello'],
  ])('of %s is followed', async (_what, method, status, then, body) => {
    answer = (socket, _request, index) =>
      socket.write(index === 0 ? redirect('../there?x=1', status) : json({ at: 1 }));
    const sent = method === 'GET' ? {} : { body: { text: 'hello' } };
    const auth = { bearer: { secret: 'ORDERS_TOKEN' } };
    const result = await rig.call({ url: `${server.url}/a/b`, method, auth, ...sent });
    expect(result).toMatchObject({ ok: true, status: 200, body: { at: 1 } });
    expect(requestLines()).toEqual([`${method} /a/b`, `${then} /there?x=1`]);
    expect(server.requests[1]?.body).toBe(body);
    expect(server.requests[1]?.headers.authorization).toBe('Bearer s3cret');
    expect('content-type' in (server.requests[1]?.headers ?? {})).toBe(body !== '');
  });

  it('to another origin gets no secret, also on the way back', async () => {
    const other = await startRawServer((socket) => socket.write(redirect(`${server.url}/home`)));
    answer = (socket, _request, index) => socket.write(index === 0 ? redirect(`${other.url}/away`) : json({}));
    const both = callRig([`127.0.0.1:${server.port}`, `127.0.0.1:${other.port}`]);
    const headers = { 'X-Api-Key': { secret: 'OTHER' }, Cookie: 'a=1', 'X-Shop': 'Porto' };
    expect(await both.call({ url: server.url, auth: { bearer: 'token' }, headers })).toMatchObject({ ok: true });
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer token',
      'x-api-key': 'other',
      cookie: 'a=1',
    });
    for (const { headers: seen } of [other.requests[0], server.requests[1]].flatMap((request) => request ?? [])) {
      expect(seen).toMatchObject({ 'x-shop': 'Porto' });
      for (const name of ['authorization', 'x-api-key', 'cookie']) expect(seen).not.toHaveProperty(name);
    }
    expect(server.requests).toHaveLength(2);
    await both.stop();
    await other.close();
  });

  it('in a circle ends after five', async () => {
    answer = (socket) => socket.write(redirect('/round'));
    expect(await rig.call({ url: server.url, retries: 2 })).toMatchObject({
      ok: false,
      reason: 'tooManyRedirects',
      status: 302,
    });
    expect(server.requests).toHaveLength(6);
  });

  it.each([
    ['privateAddress', 'http://127.0.0.1:1/'],
    ['privateAddress', 'http://169.254.169.254/latest/meta-data/'],
    ['privateAddress', 'http://[::ffff:10.0.0.1]/'],
    ['privateAddress', 'http://localhost/'],
    ['badUrl', 'file:///etc/passwd'],
    ['badUrl', 'http://user:pass@example.com/'],
    ['badUrl', 'http://['],
  ])('that leads astray is not followed (%s): %s', async (reason, location) => {
    answer = (socket) => socket.write(redirect(location));
    expect(await rig.call({ url: server.url })).toMatchObject({ ok: false, reason });
    expect(server.requests).toHaveLength(1);
  });

  it('without a place to go is an answer like any other', async () => {
    answer = (socket) => socket.write(json({ choose: true }, 302));
    expect(await rig.call({ url: server.url })).toMatchObject({ ok: true, status: 302, body: { choose: true } });
  });
});

describe('retries', () => {
  const failing = (times: number, how: (socket: Socket) => void) => {
    answer = (socket, _request, index) => (index < times ? how(socket) : socket.write(json({ done: true })));
  };

  it.each<[string, string, (socket: Socket) => void]>([
    ['GET', 'a 503', (s) => s.write(json({}, 503))],
    ['GET', 'a 429 that says when', (s) => s.write(json({}, 429, ['retry-after: 0']))],
    ['GET', 'a 502', (s) => s.write(json({}, 502))],
    ['PUT', 'a broken connection', (s) => s.destroy()],
    ['DELETE', 'a 500', (s) => s.write(json({}, 500))],
    ['POST', 'a 503, which says it was not done', (s) => s.write(json({}, 503))],
    ['PATCH', 'a 429', (s) => s.write(json({}, 429))],
  ])('repeat a %s after %s, with the same key', async (method, _what, how) => {
    failing(2, how);
    expect(await rig.call({ url: server.url, method, retries: 2 })).toMatchObject({ ok: true, tries: 3 });
    expect(new Set(server.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  it.each<[string, string, string, (socket: Socket) => void]>([
    ['POST', 'a 502: it may be done', 'httpStatus', (s) => s.write(json({}, 502))],
    ['POST', 'a broken connection: it may be done', 'network', (s) => s.destroy()],
    ['GET', 'a 404', 'httpStatus', (s) => s.write(json({}, 404))],
    ['GET', 'too large an answer', 'tooLarge', (s) => s.write('HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n')],
  ])('do not repeat a %s after %s', async (method, _what, reason, how) => {
    failing(9, how);
    expect(await rig.call({ url: server.url, method, retries: 3 })).toMatchObject({ ok: false, reason, tries: 1 });
    expect(server.requests).toHaveLength(1);
  });

  it('end when they are used up, with the last answer', async () => {
    failing(9, (s) => s.write(json({ sorry: true }, 503)));
    expect(await rig.call({ url: server.url, retries: 1 })).toMatchObject({
      status: 503,
      body: { sorry: true },
      tries: 2,
    });
  });

  it('do not wait longer than the call may take', async () => {
    failing(9, (s) => s.write(json({}, 503, ['retry-after: 60'])));
    expect(await rig.call({ url: server.url, retries: 3 })).toMatchObject({ status: 503, tries: 1 });
  });

  it('of a POST that never reached a server are harmless', async () => {
    const { port, close } = await startRawServer(() => undefined);
    await close();
    const other = callRig(['127.0.0.1']);
    const result = await other.call({ url: `http://127.0.0.1:${port}/`, method: 'POST', retries: 1 });
    expect(result).toMatchObject({ reason: 'refused', tries: 2 });
    await other.stop();
  });
});

describe('a cached answer', () => {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs };
  const cached = () => callRig([`127.0.0.1:${server.port}`], { clock });

  it('is used again until its time is over, by the same endpoint with the same request only', async () => {
    answer = (socket, _request, index) => socket.write(json({ index }));
    const other = cached();
    const request = { url: server.url, cacheMs: 60_000, headers: { 'X-Key': { secret: 'OTHER' } } };
    const bodies = async (...requests: object[]) => {
      const results = [];
      for (const more of requests) results.push((await other.call({ ...request, ...more })).body);
      return results;
    };
    expect(await bodies({}, {}, { url: `${server.url}/x` }, { headers: {} }, {})).toEqual(
      [0, 0, 1, 2, 0].map((index) => ({ index })),
    );
    const elsewhere = { ...AROUND, endpoint: { ...AROUND.endpoint, id: 'other' } };
    expect((await other.call(request, elsewhere)).body).toEqual({ index: 3 });
    nowMs += 60_000;
    expect(await bodies({}, {})).toEqual([{ index: 4 }, { index: 4 }]);
    await other.stop();
  });

  it('is never a failed one', async () => {
    answer = (socket, _request, index) => socket.write(json({}, index === 0 ? 500 : 200));
    const other = cached();
    const results = [];
    for (let i = 0; i < 3; i++) results.push((await other.call({ url: server.url, cacheMs: 1000 })).status);
    expect([results, server.requests.length]).toEqual([[500, 200, 200], 2]);
    await other.stop();
  });
});

it('ends with an error of this machine when the process stops: the turn is run again elsewhere', async () => {
  let stopped: Promise<void> | undefined;
  answer = () => {
    stopped = rig.stop();
  };
  await expect(rig.call({ url: server.url, retries: 3 })).rejects.toMatchObject({ code: 'calls_stopping' });
  await stopped;
  await expect(rig.call({ url: server.url })).rejects.toMatchObject({ code: 'calls_stopping' });
});

import { createHmac } from 'node:crypto';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type CloudApiClient,
  type CloudApiClientOptions,
  createCloudApiClient,
} from '../../../src/cloud-api/client.js';
import { toRequestBody } from '../../../src/cloud-api/to-wire.js';
import { accepted, http, type RawRequest, type RawServer, startRawServer } from './raw-server.js';

const TOKEN = 'EAAtokenTOKEN0123456789';
const SECRET = 'app-s3cret';
const call = { phoneNumberId: '700000000000001', graphVersion: 'v25.0', accessToken: TOKEN };
const bodyFor = (text: string) =>
  toRequestBody({ type: 'text', text }, { waId: '351910000002' }, { callbackData: text });
const body = bodyFor('Olá, o teu código é 4711');

const opened: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

async function serve(answer: (socket: Socket, request: RawRequest, index: number) => void): Promise<RawServer> {
  const server = await startRawServer(answer);
  opened.push(server);
  return server;
}

function connect(baseUrl: string, options: Partial<CloudApiClientOptions> = {}): CloudApiClient {
  const client = createCloudApiClient({ baseUrl, timeoutMs: 2_000, connections: 4, ...options });
  opened.unshift(client);
  return client;
}

const graphError = (code: number, more: object = {}) =>
  JSON.stringify({ error: { message: `(#${code}) For +351910000002`, type: 'OAuthException', code, ...more } });

describe('send', () => {
  it('posts the message with token, version and number, and gives Meta’s id', async () => {
    const server = await serve((socket) => socket.write(accepted('wamid.OUT1')));
    const outcome = await connect(`${server.url}/graph`).send({ ...call, body });
    expect(outcome).toEqual({ outcome: 'sent', wamid: 'wamid.OUT1', waId: '351910000002' });
    const [request] = server.requests;
    expect(request?.requestLine).toBe('POST /graph/v25.0/700000000000001/messages HTTP/1.1');
    expect(request?.headers).toMatchObject({ authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' });
    expect(JSON.parse(request?.body ?? '')).toEqual(body);
  });

  it('proves that it knows the app secret, of each token and secret anew', async () => {
    const server = await serve((socket) => socket.write(accepted('wamid.OUT1')));
    const client = connect(server.url);
    const pairs = [
      [TOKEN, SECRET],
      [TOKEN, SECRET],
      ['other-token', SECRET],
      [TOKEN, 'new-secret'],
    ] as const;
    for (const [accessToken, appSecret] of pairs) await client.send({ ...call, accessToken, appSecret, body });
    expect(server.requests.map((request) => request.requestLine.split(' ')[1]?.split('?')[1])).toEqual(
      pairs.map(([token, secret]) => `appsecret_proof=${createHmac('sha256', secret).update(token).digest('hex')}`),
    );
  });

  it('cannot be led to another path by an id', async () => {
    const server = await serve((socket) => socket.write(accepted('wamid.OUT1')));
    await connect(server.url).send({ ...call, phoneNumberId: '../7?x=1#', graphVersion: 'v/25', body });
    expect(server.requests[0]?.requestLine).toBe('POST /v%2F25/..%2F7%3Fx%3D1%23/messages HTTP/1.1');
  });

  it('takes what Meta says of a BSUID and of a template', async () => {
    const answer = {
      contacts: [{ input: 'PT.9', user_id: 'PT.9' }],
      messages: [{ id: 'wamid.1', message_status: 'paused' }],
    };
    const server = await serve((socket) => socket.write(http(200, JSON.stringify(answer))));
    expect(await connect(server.url).send({ ...call, body })).toEqual({
      outcome: 'sent',
      wamid: 'wamid.1',
      bsuid: 'PT.9',
      messageStatus: 'paused',
    });
  });

  const unknown = (reason: string) => ({ outcome: 'unknown', reason, mayHaveBeenSent: true });
  const paused = (reason: string) => ({ outcome: 'paused', reason, mayHaveBeenSent: false });
  const rejected = (reason: string) => ({ outcome: 'rejected', reason, mayHaveBeenSent: false });
  const html = '<html><body>Sorry, something went wrong.</body></html>';

  it.each<[string, string, object]>([
    ['HTML and 200', http(200, html, ['content-type: text/html']), unknown('unreadable_success')],
    ['nothing and 200', http(200, ''), unknown('empty_success')],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', unknown('empty_success')],
    ['a list and 200', http(200, '[]'), unknown('unreadable_success')],
    ['an object without an id and 200', http(200, '{"messages":[{}]}'), unknown('success_without_id')],
    ['an id that is no string', http(200, '{"messages":[{"id":7}]}'), unknown('success_without_id')],
    ['half an object and 200', http(200, '{"messages":[{"id":"wam'), unknown('unreadable_success')],
    [
      'a known error and 200',
      http(200, graphError(131047)),
      { ...rejected('window_closed'), code: 131047, remedy: 'template' },
    ],
    ['an unknown error and 200', http(200, graphError(77)), { ...unknown('unknown_code_in_success'), code: 77 }],
    ['nothing and 400', http(400, ''), rejected('http_400_without_error')],
    ['HTML and 400', http(400, html), rejected('http_400_without_error')],
    ['an error without a code and 400', http(400, '{"error":{"message":"?"}}'), rejected('http_400_without_error')],
    ['HTML and 401', http(401, html), paused('http_401_without_error')],
    ['HTML and 404', http(404, html), paused('http_404_without_error')],
    ['a redirect', http(302, '', ['location: https://elsewhere.example']), paused('http_302_without_error')],
    [
      'HTML and 429',
      http(429, html),
      { outcome: 'retry', reason: 'http_429_without_error', scope: 'number', afterMs: 1_000, mayHaveBeenSent: false },
    ],
    ['HTML and 500', http(500, html), unknown('http_500_without_error')],
    ['nothing and 503', http(503, ''), unknown('http_503_without_error')],
    ['a bad gateway', http(502, html), unknown('http_502_without_error')],
    ['a token error', http(401, graphError(190)), { ...paused('token_invalid'), code: 190 }],
    [
      'throttling, as 400',
      http(400, graphError(130429)),
      { outcome: 'retry', reason: 'throughput', code: 130429, scope: 'number', afterMs: 1_000, mayHaveBeenSent: false },
    ],
    [
      'the pair rate',
      http(400, graphError(131056)),
      { outcome: 'retry', reason: 'pair_rate', code: 131056, scope: 'pair', afterMs: 1_000, mayHaveBeenSent: false },
    ],
    [
      'a rate limit with an estimate',
      http(400, graphError(80007), [
        'x-business-use-case-usage: {"1":[{"type":"whatsapp","estimated_time_to_regain_access":5}]}',
      ]),
      {
        outcome: 'retry',
        reason: 'account_rate',
        code: 80007,
        scope: 'number',
        afterMs: 300_000,
        mayHaveBeenSent: false,
      },
    ],
    [
      'an error Meta calls transient',
      http(400, graphError(100, { is_transient: true })),
      {
        outcome: 'retry',
        reason: 'invalid_parameter',
        code: 100,
        scope: 'message',
        afterMs: 1_000,
        mayHaveBeenSent: false,
      },
    ],
    [
      'a failure inside Meta',
      http(500, graphError(131000)),
      {
        outcome: 'retry',
        reason: 'unknown_failure',
        code: 131000,
        scope: 'message',
        afterMs: 1_000,
        mayHaveBeenSent: true,
      },
    ],
    [
      '3 MB and 200',
      http(200, JSON.stringify({ pad: 'x'.repeat(3e6), messages: [{ id: 'w' }] })),
      unknown('answer_too_big'),
    ],
    ['3 MB and 400', http(400, 'x'.repeat(3e6)), unknown('answer_too_big')],
    ['something that is not HTTP', 'SSH-2.0-OpenSSH_9.9\r\n', unknown('answer_not_http')],
  ])('reads %s', async (_what, answer, expected) => {
    const server = await serve((socket) => socket.write(answer));
    expect(await connect(server.url).send({ ...call, body })).toEqual(expected);
    expect(server.requests).toHaveLength(1);
  });

  it('waits for the answer behind early hints, and for one in pieces', async () => {
    const server = await serve((socket) => {
      const answer = accepted('wamid.OUT1');
      socket.write(`HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n${answer.slice(0, 40)}`);
      setTimeout(() => socket.write(answer.slice(40)), 20);
    });
    expect(await connect(server.url).send({ ...call, body })).toMatchObject({ outcome: 'sent', wamid: 'wamid.OUT1' });
  });

  it.each<[string, (socket: Socket) => void, string]>([
    ['closes without an answer', (socket) => socket.end(), 'connection_lost'],
    ['resets the connection', (socket) => socket.resetAndDestroy(), 'connection_lost'],
    ['breaks off within the head', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-'), 'connection_lost'],
    [
      'breaks off within the body',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{"messages":[{"id":"wamid.1"}]}'),
      'answer_cut',
    ],
    ['is silent', () => undefined, 'answer_timeout'],
    [
      'never ends its body',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
        const drip = setInterval(() => socket.write('1\r\n \r\n'), 20);
        socket.on('close', () => clearInterval(drip));
      },
      'answer_body_timeout',
    ],
  ])('does not know what came of it when the server %s, and asks only once', async (_what, act, reason) => {
    const server = await serve(act);
    const client = connect(server.url, { timeoutMs: 300 });
    expect(await client.send({ ...call, body })).toEqual({ outcome: 'unknown', reason, mayHaveBeenSent: true });
    await client.close();
    expect(server.requests).toHaveLength(1);
  });

  it('sends nothing when nobody listens, and may try again', async () => {
    const server = await serve(() => undefined);
    await server.close();
    const client = connect(server.url);
    const refused = { outcome: 'retry', reason: 'connection_refused', scope: 'number', mayHaveBeenSent: false };
    expect(await client.send({ ...call, body })).toEqual({ ...refused, afterMs: 1_000 });
    expect(await client.send({ ...call, body, attempt: 4 })).toEqual({ ...refused, afterMs: 8_000 });
  });

  it('sends nothing when TLS fails', async () => {
    const server = await serve(() => undefined);
    const outcome = await connect(server.url.replace('http:', 'https:'), { timeoutMs: 500 }).send({ ...call, body });
    expect(outcome).toMatchObject({ outcome: 'retry', mayHaveBeenSent: false });
    expect(server.requests).toEqual([]);
  });

  it('gives up waiting for a free connection without having sent anything, then or later', async () => {
    const waiting: Socket[] = [];
    const server = await serve((socket) => waiting.push(socket));
    const client = connect(server.url, { connections: 1, timeoutMs: 400 });
    const first = client.send({ ...call, body: bodyFor('first') });
    const second = client.send({ ...call, body: bodyFor('second') });
    // The first one's time begins when it is written, later than the second one's: that is over first.
    expect(await second).toMatchObject({ outcome: 'retry', reason: 'no_connection_in_time', mayHaveBeenSent: false });
    expect(await first).toMatchObject({ outcome: 'unknown', reason: 'answer_timeout' });
    const third = client.send({ ...call, body: bodyFor('third') });
    await expect.poll(() => server.requests.length).toBe(2);
    waiting[1]?.write(accepted('wamid.3'));
    expect(await third).toMatchObject({ outcome: 'sent', wamid: 'wamid.3' });
    expect(server.requests.map(({ body: sent }) => JSON.parse(sent).text.body)).toEqual(['first', 'third']);
  });

  it('calls a token that fits no header what it is, without quoting it', async () => {
    const server = await serve((socket) => socket.write(accepted('wamid.OUT1')));
    const outcome = await connect(server.url).send({ ...call, accessToken: `${TOKEN}\r\nx: y`, body });
    expect(outcome).toEqual({ outcome: 'paused', reason: 'request_unusable', mayHaveBeenSent: false });
    expect(server.requests).toEqual([]);
  });

  it('tells nothing of token, number, text or secret, whatever the server repeats', async () => {
    const echo = JSON.stringify({
      error: { message: `${TOKEN} +351910000002 código ${SECRET}`, code: 131000, error_data: { details: TOKEN } },
    });
    const answers = [
      http(500, echo),
      http(400, echo.replace('131000', '55')),
      http(200, echo),
      http(401, TOKEN),
      TOKEN,
    ];
    const server = await serve((socket, _request, index) => socket.write(answers[index] ?? ''));
    const client = connect(server.url);
    for (const _ of answers) {
      const told = JSON.stringify(await client.send({ ...call, appSecret: SECRET, body }));
      expect(told).toMatch(/"reason":"[a-z0-9_]+"/);
      expect(told).not.toMatch(/EAA|35191|digo|s3cret|wamid/);
    }
  });
});

describe('kept connections', () => {
  it('are used again, one message at a time on each', async () => {
    const server = await serve((socket, _request, index) => socket.write(accepted(`wamid.${index}`)));
    const client = connect(server.url, { connections: 3 });
    for (let i = 0; i < 10; i += 1) await client.send({ ...call, body });
    // The next message may start before the last one's connection is free again, never more than that.
    expect(server.connections()).toBeLessThanOrEqual(2);
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => client.send({ ...call, body })));
    expect(outcomes.every(({ outcome }) => outcome === 'sent')).toBe(true);
    expect(server.connections()).toBeLessThanOrEqual(3);
  });

  it('that the server closes after each answer neither lose nor double a message', async () => {
    const server = await serve((socket, _request, index) => {
      // No `connection: close`: the client learns of it from the FIN alone.
      socket.end(accepted(`wamid.${index}`));
    });
    const client = connect(server.url, { connections: 1 });
    for (let i = 0; i < 100; i += 1) {
      const text = `m${i}`;
      const outcome = await client.send({ ...call, body: bodyFor(text) });
      const seen = server.requests.filter((request) => JSON.parse(request.body).text.body === text).length;
      if (outcome.outcome === 'sent') expect(seen).toBe(1);
      else if (outcome.mayHaveBeenSent) expect(seen).toBeLessThanOrEqual(1);
      else expect(seen).toBe(0);
    }
    expect(server.requests.length).toBeGreaterThan(90);
  });

  it('that the server resets while messages wait neither lose nor double one', async () => {
    const server = await serve((socket, _request, index) => {
      if (index % 3 === 2) socket.resetAndDestroy();
      else socket.write(accepted(`wamid.${index}`));
    });
    const client = connect(server.url, { connections: 2 });
    const texts = Array.from({ length: 60 }, (_, i) => `m${i}`);
    const outcomes = await Promise.all(texts.map((text) => client.send({ ...call, body: bodyFor(text) })));
    const seen = server.requests.map((request): string => JSON.parse(request.body).text.body);
    expect(new Set(seen).size).toBe(seen.length);
    for (const [i, text] of texts.entries()) {
      const outcome = outcomes[i];
      if (outcome?.outcome === 'sent') expect(seen).toContain(text);
      else if (outcome?.mayHaveBeenSent === false) expect(seen).not.toContain(text);
      else expect(outcome).toMatchObject({ outcome: 'unknown', reason: 'connection_lost' });
    }
    expect(outcomes.filter((outcome) => outcome.outcome === 'sent').length).toBe(40);
  });
});

describe('markRead', () => {
  it('marks as read and shows typing', async () => {
    const server = await serve((socket) => socket.write(http(200, '{"success":true}')));
    const client = connect(server.url);
    expect(await client.markRead({ ...call, wamid: 'wamid.IN1', typing: true })).toEqual({ outcome: 'marked' });
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({
      messaging_product: 'whatsapp',
      status: 'read',
      message_id: 'wamid.IN1',
      typing_indicator: { type: 'text' },
    });
    expect(server.requests[0]?.requestLine).toBe('POST /v25.0/700000000000001/messages HTTP/1.1');
  });

  it.each<[string, string, object]>([
    ['success is false', http(200, '{"success":false}'), { outcome: 'unknown', reason: 'success_without_id' }],
    ['the message is unknown', http(400, graphError(131009)), { outcome: 'rejected', reason: 'parameter_invalid' }],
    ['the token is gone', http(401, graphError(190)), { outcome: 'paused', reason: 'token_invalid' }],
  ])('has the outcomes of a message when %s', async (_what, answer, expected) => {
    const server = await serve((socket) => socket.write(answer));
    const client = connect(server.url);
    expect(await client.markRead({ ...call, wamid: 'wamid.IN1', typing: false })).toMatchObject(expected);
  });
});

describe('close', () => {
  it('waits for messages under way and takes no further ones', async () => {
    const server = await serve((socket) => setTimeout(() => socket.write(accepted('wamid.1')), 50));
    const client = connect(server.url);
    const underWay = client.send({ ...call, body });
    await expect.poll(() => server.requests.length).toBe(1);
    const closed = client.close();
    const late = { outcome: 'retry', reason: 'client_closed', mayHaveBeenSent: false };
    expect(await client.send({ ...call, body })).toMatchObject(late);
    await closed;
    expect(await underWay).toMatchObject({ outcome: 'sent', wamid: 'wamid.1' });
    expect(server.requests).toHaveLength(1);
    await client.close();
  });
});

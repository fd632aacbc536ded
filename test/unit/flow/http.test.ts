import { describe, expect, it } from 'vitest';
import { loadFlows } from '../../../src/flow/load.js';
import type { TurnRequest } from '../../../src/flow/turn/turn.js';
import type { Json, JsonObject } from '../../../src/shared/json.js';
import { flowFiles, type Talk, talkTo } from './talk.js';

const ENV: Partial<TurnRequest> = { env: { SHOP_URL: 'https://shop.example:8443/api' } };

/** The request a step makes, once the contact has written `text`. */
function requestOf(http: string, text = 'Hi'): JsonObject | undefined {
  const talk = talkTo(`context: { order: { id: 7, tags: [a, "b c"] } }\nsteps:\n- http: ${http}`, ENV);
  talk.say(text);
  return talk.last?.call?.request;
}

/** A flow with one step, at its answer. */
function answered(http: string): Talk {
  const talk = talkTo(`steps:\n- say: one moment\n- http: ${http}\n- say: "went on: {{ context.r.status }}"`, ENV);
  expect(talk.say('Hi')).toEqual(['one moment']);
  expect(talk.last?.outcome).toBe('call');
  return talk;
}

const ok = (body: Json, more: JsonObject = {}): Json => ({
  ok: true,
  status: 200,
  headers: { etag: '1' },
  body,
  ...more,
});
const failed = (reason: string, more: JsonObject = {}): Json => ({
  ok: false,
  reason,
  detail: 'a sentence',
  status: 0,
  headers: {},
  body: null,
  ...more,
});

describe('a url', () => {
  it.each([
    ['takes what begins it as it is', '{{ env.SHOP_URL }}/orders', 'https://shop.example:8443/api/orders'],
    [
      'encodes what stands behind the host',
      'https://x.example/{{ input.text }}',
      'https://x.example/a%2Fb%3F%26%20%23%C3%BC',
    ],
    [
      'encodes in its query, too',
      'https://x.example/?q={{ input.text }}',
      'https://x.example/?q=a%2Fb%3F%26%20%23%C3%BC',
    ],
    [
      'encodes right behind a whole host',
      '{{ env.SHOP_URL }}?q={{ input.text }}',
      'https://shop.example:8443/api?q=a%2Fb%3F%26%20%23%C3%BC',
    ],
    ['leaves alone what is raw', "https://x.example/{{ raw('a/b') }}", 'https://x.example/a/b'],
    ['encodes what is only raw in part', "https://x.example/{{ raw('a/b') + '/c' }}", 'https://x.example/a%2Fb%2Fc'],
    ['takes a value into its host', "https://{{ 'shop-1' }}.example/x", 'https://shop-1.example/x'],
    [
      'shows lists and maps as JSON',
      'https://x.example/{{ context.order.tags }}',
      'https://x.example/%5B%22a%22%2C%22b%20c%22%5D',
    ],
    ['survives half an emoji', "https://x.example/{{ '\\uD83D' }}", 'https://x.example/%EF%BF%BD'],
  ])('%s', (_what, url, expected) => {
    expect(requestOf(JSON.stringify(url), 'a/b?& #ü')?.url).toBe(expected);
  });

  it.each([
    ['a value in the host that ends it', 'https://{{ input.text }}.shop.example/', 'evil.example/'],
    ['a value in the host that is a user', 'https://{{ input.text }}shop.example/', 'me@'],
    ['a port that is a path', 'https://shop.example:{{ input.text }}', '80/x'],
    ['a value right behind the scheme that is a path', 'https://{{ input.text }}', '/x'],
    ['a folder up', 'https://x.example/orders/{{ input.text }}/lines', '..'],
    ['the same folder', 'https://x.example/orders/{{ input.text }}', '.'],
  ])('fails with %s', (_what, url, text) => {
    const talk = talkTo(`steps:\n- http: ${JSON.stringify(url)}\nhandlers:\n  error: [{ say: caught }]`);
    expect(talk.say(text)).toEqual(['caught']);
    expect(talk.failures).toEqual([expect.stringMatching(/\{\{ input\.text \}\}/)]);
    expect(talk.failures.join()).not.toContain(text === '.' ? '`.`' : text);
  });

  it('fails when its expression does, and tells when a value is nothing', () => {
    const failing = talkTo('steps:\n- http: "https://x.example/{{ input.text.toFixed(2) }}"');
    failing.say('x');
    expect(failing.failures).toHaveLength(1);
    const empty = talkTo('steps:\n- http: "https://x.example/{{ context.order }}/x"');
    empty.say('x');
    expect(empty.warnings).toEqual(['{{ context.order }} of the url is empty']);
  });
});

it('joins its query to the url', () => {
  const query =
    '{ a: "x y&z", none: "{{ context.none }}", tags: "{{ context.order.tags }}", id: "{{ context.order.id }}", yes: true }';
  const joined = 'a=x%20y%26z&tags=a&tags=b%20c&id=7&yes=true';
  expect(requestOf(`{ url: "https://x.example/o", query: ${query} }`)?.url).toBe(`https://x.example/o?${joined}`);
  expect(requestOf(`{ url: "https://x.example/o?b=1#top", query: ${query} }`)?.url).toBe(
    `https://x.example/o?b=1&${joined}`,
  );
  expect(requestOf('{ url: "https://x.example/o", query: { none: "{{ context.none }}" } }')?.url).toBe(
    'https://x.example/o',
  );
});

it.each([
  ['nothing but a url', '"https://x.example/"', { method: 'GET', url: 'https://x.example/', headers: {} }],
  [
    'a map',
    '{ url: "https://x.example/", body: { id: "{{ context.order.id }}", by: "{{ input.text }}" } }',
    { method: 'POST', body: { json: { id: 7, by: 'Hi' } } },
  ],
  [
    'a value that is a map',
    '{ url: "https://x.example/", method: PUT, body: "{{ context.order }}" }',
    { method: 'PUT', body: { json: { id: 7, tags: ['a', 'b c'] } } },
  ],
  ['a text', '{ url: "https://x.example/", body: "id: {{ context.order.id }}" }', { body: { text: 'id: 7' } }],
  [
    'a form',
    '{ url: "https://x.example/", form: { id: 7, tags: "{{ context.order.tags }}", no: "{{ context.no }}" } }',
    {
      method: 'POST',
      body: {
        form: [
          ['id', '7'],
          ['tags', 'a'],
          ['tags', 'b c'],
        ],
      },
    },
  ],
  [
    'a token',
    '{ url: "https://x.example/", auth: { bearer: { secret: TOKEN } } }',
    { auth: { bearer: { secret: 'TOKEN' } } },
  ],
  [
    'a password',
    '{ url: "https://x.example/", auth: { basic: { user: "{{ input.text }}", password: { secret: PW } } } }',
    { auth: { basic: { user: 'Hi', password: { secret: 'PW' } } } },
  ],
  [
    'headers',
    '{ url: "https://x.example/", headers: { X-By: "{{ input.text }}" }, auth: { header: { X-Key: { secret: KEY, prefix: "Key " } } } }',
    { headers: { 'X-By': 'Hi', 'X-Key': { secret: 'KEY', prefix: 'Key ' } } },
  ],
  [
    'limits',
    '{ url: "https://x.example/", timeout: 2s, retries: 2, cache: 10m }',
    { timeoutMs: 2000, retries: 2, cacheMs: 600_000 },
  ],
])('asks with %s', (_what, http, expected) => expect(requestOf(http)).toMatchObject(expected));

describe('an answer', () => {
  it('goes to `into`, and the flow goes on', () => {
    const talk = answered('{ url: "https://x.example/", into: context.r, onError: [{ say: no }] }');
    expect(talk.answerCall(0, ok({ a: 1 }))).toEqual(['went on: 200']);
    expect(talk.session?.context).toEqual({ r: { status: 200, headers: { etag: '1' }, body: { a: 1 } } });
    expect(talk.last?.trace.map(({ kind, outcome }) => [kind, outcome])).toContainEqual(['http', 'ok']);
  });

  it.each([
    ['timeout', failed('timeout'), 0, null],
    ['httpStatus', failed('httpStatus', { status: 404, body: { why: 'gone' } }), 404, { why: 'gone' }],
    ['httpStatus', { ok: true, status: 503, headers: {}, body: 'x' }, 503, 'x'],
    ['badAnswer', null, 0, null],
    ['badAnswer', 'what is this', 0, null],
    ['badAnswer', { ok: 'yes' }, 0, null],
  ])('that is none (%s) runs onError, then the flow goes on', (error, result, status, body) => {
    const talk = answered(
      '{ url: "https://x.example/", into: context.r, onError: [{ say: "no: {{ context.r.error }}" }] }',
    );
    expect(talk.answerCall(0, result)).toEqual([`no: ${error}`, `went on: ${status}`]);
    expect(talk.session?.context).toMatchObject({ r: { status, body, error } });
    expect(talk.last?.trace.map(({ kind, outcome }) => [kind, outcome])).toContainEqual(['http', error]);
    expect(talk.warnings).toHaveLength(1);
  });

  it('that is none is data when nobody minds, and the flow goes on', () => {
    const talk = answered('{ url: "https://x.example/", into: context.r }');
    expect(talk.answerCall(0, failed('refused'))).toEqual(['went on: 0']);
    const forgetful = answered('"https://x.example/"');
    expect(forgetful.answerCall(0, failed('refused'))).toEqual(['went on: ']);
    expect(forgetful.warnings).toEqual(['a sentence']);
  });

  it('whose body was not what it said to be is told in the trace', () => {
    const talk = answered('{ url: "https://x.example/", into: context.r }');
    talk.answerCall(0, ok('{"a":', { note: 'notJson' }));
    expect(talk.warnings).toEqual(['the answer says to be JSON and is not; its body is a text']);
  });

  it.each([
    ['a part', 'items[1].name', 'Rye'],
    ['a part that is not there', 'items[9].name.first', null],
    ['several parts', '{ first: "items[0].name", total: sum }', { first: 'Walnut', total: 2 }],
  ])('is kept as %s of its body', (_what, pick, body) => {
    const talk = answered(
      `{ url: "https://x.example/", into: context.r, pick: ${pick.startsWith('{') ? pick : `"${pick}"`} }`,
    );
    talk.answerCall(0, ok({ items: [{ name: 'Walnut' }, { name: 'Rye' }], sum: 2 }));
    expect(talk.session?.context).toMatchObject({ r: { body } });
  });

  it('that failed is kept whole, whatever was to be picked', () => {
    const talk = answered('{ url: "https://x.example/", into: context.r, pick: items }');
    talk.answerCall(0, { ok: false, reason: 'httpStatus', detail: 'x', status: 400, headers: {}, body: { why: 'x' } });
    expect(talk.session?.context).toMatchObject({ r: { body: { why: 'x' } } });
  });

  it('larger than the memory is a failure of the flow, and nothing of it stays', () => {
    const talk = talkTo(
      'handlers:\n  error: [{ say: caught }]\nsteps:\n- http: { url: "https://x.example/", into: context.r }',
    );
    talk.say('Hi');
    expect(talk.answerCall(0, ok('x'.repeat(300_000)))).toEqual(['caught']);
    expect(talk.failures).toEqual([expect.stringContaining('context is over 262144 bytes')]);
    expect(talk.session?.context).toEqual({});
  });
});

/** Findings as `line:column message (hint)`; flows begin on line 3. */
function findings(flow: string): string[] {
  return loadFlows(flowFiles({ bot: flow })).findings.map(({ line, column, message, hint }) => {
    return hint === undefined ? `${line}:${column} ${message}` : `${line}:${column} ${message} (${hint})`;
  });
}

describe('a finding', () => {
  const http = (keys: string) => findings(`steps:\n- http: { url: "https://x.example/", ${keys} }`);

  it.each([
    ['without a url', '- http: { into: context.r }', ['4:3 http needs `url`']],
    [
      'without a scheme',
      '- http: x.example/orders',
      ['4:9 a url begins with https:// or http:// (write https://shop.example.com/…, or "{{ env.SHOP_URL }}/…")'],
    ],
    [
      'with a file',
      '- http: "file:///etc/passwd"',
      ['4:9 a url begins with https:// or http:// (write https://shop.example.com/…, or "{{ env.SHOP_URL }}/…")'],
    ],
    ['that is no url', '- http: "https://x.example:port/"', ['4:9 `https://x.example:port/` is not a url']],
    [
      'with a password',
      '- http: "https://me:pw@x.example/{{ input.text }}"',
      ['4:9 a url holds no user and password (write auth: { basic: { user: …, password: { secret: NAME } } })'],
    ],
  ])('%s', (_what, step, expected) => expect(findings(`steps:\n${step}`)).toEqual(expected));

  it.each([
    ['a GET with a body', 'method: GET, body: x', ['4:51 a GET has no body (use `query`, or POST)']],
    ['body and form', 'body: x, form: { a: b }', ['4:47 a request has a `body` or a `form`, not both']],
    ['a POST to keep', 'body: x, cache: 10m', ['4:47 only the answer of a GET can be kept']],
    ['an answer to keep for days', 'cache: 2d', ['4:45 an answer is kept for 24h at most (write cache: 24h)']],
    ['a time nobody waits', 'timeout: 10m', ['4:47 a call may take 2 minutes at most: somebody waits for it']],
    ['many tries', 'retries: 50', ['4:47 a whole number from 0 to 5 is expected']],
    [
      'a method nobody knows',
      'method: get',
      ['4:46 `get` is not one of GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS (did you mean `GET`?)'],
    ],
    ['a header of the connection', 'headers: { Host: a }', ['4:49 `Host` belongs to the connection and cannot be set']],
    ['a header that is none', 'headers: { "X Y": a }', ['4:49 `X Y` is no name of a header']],
    [
      'two ways to log in',
      'auth: { bearer: { secret: A }, header: { X: { secret: B } } }',
      ['4:44 auth is one of `bearer`, `basic` and `header`'],
    ],
    ['no way to log in', 'auth: {}', ['4:44 auth is one of `bearer`, `basic` and `header`']],
    [
      'a secret in small letters',
      'auth: { bearer: { secret: shop-token } }',
      ['4:64 a secret is named in capitals, as the variable that holds it (write SHOP_TOKEN)'],
    ],
    [
      'a way into the body that is none',
      'pick: "items[]"',
      ['4:44 `items[]` is no way into the body (write items[0].name)'],
    ],
    [
      'a prototype to pick',
      'pick: "a.__proto__"',
      ['4:44 `a.__proto__` is no way into the body (write items[0].name)'],
    ],
    ['a misspelt key', 'onErorr: []', ['4:38 `onErorr` is not a key of http (did you mean `onError`?)']],
  ])('with %s', (_what, keys, expected) => expect(http(keys)).toEqual(expected));
});

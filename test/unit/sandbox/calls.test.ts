import { afterAll, describe, expect, it } from 'vitest';
import type { CallHandler } from '../../../src/calls/perform-call.js';
import { createSandboxCalls } from '../../../src/sandbox/calls.js';
import { createSandboxPool } from '../../../src/sandbox/pool.js';
import type { Json, JsonObject } from '../../../src/shared/json.js';
import { type Talk, talkTo } from '../flow/talk.js';

const pool = createSandboxPool({ threads: 1, memoryMb: 64 });
afterAll(() => pool.close());

const requests: { request: JsonObject; key: string }[] = [];
const http: CallHandler = async (request, { key }) => {
  requests.push({ request, key });
  const url = String(request.url);
  return url.endsWith('/gone')
    ? { ok: true, status: 404, headers: {}, body: 'no', tries: 1 }
    : { ok: true, status: 200, headers: { 'x-a': '1' }, body: { url }, tries: 1 };
};
const handlers = createSandboxCalls({
  run: pool.run,
  http,
  limits: { expressionMs: 250, codeMs: 500, maxResultBytes: 100_000 },
});

/** A turn with everything it calls. */
async function turn(talk: Talk, text: string): Promise<unknown[]> {
  const said = [...talk.say(text)];
  while (talk.last?.outcome === 'call' && talk.last.call !== undefined) {
    const { kind, request, ordinal } = talk.last.call;
    const around = { key: `c:1:${ordinal}`, endpoint: { id: 'shop', secrets: {}, llm: {} }, nowMs: talk.nowMs };
    const answer = await (kind === 'code' ? handlers.code : handlers.expression)(request, around);
    said.push(...talk.answerCall(ordinal, answer));
  }
  return said;
}

describe('a flow with scripts', () => {
  it('filters, sorts, sums and formats what it has', async () => {
    const talk = talkTo(
      `context:
  items: [{ name: rye, price: 4.5, tags: [dark] }, { name: roll, price: 0.4 }, { name: cake, price: 12 }]
steps:
- say: "{{ context.items.filter(x => x.price > 1).map(({ name, tags: [tag = '-'] = [] }) => name + '/' + tag).sort().join(', ') }}"
- set: { context.total: "{{ context.items.reduce((sum, { price }) => sum + price, 0) }}" }
- when: context.items.some(item => item.tags.includes('dark'))
  say: "{{ format.money(context.total, 'EUR') }} for {{ [...new Set(context.items.map(x => x.name.length))].join('+') }}"
- lookup: "{{ input.text.match(/[0-9]+/g).join('') }}"
  cases: { "42": [{ say: The answer. }] }`,
    );
    expect(await turn(talk, 'a4b2')).toEqual(['cake/-, rye/dark', '€16.90 for 3+4', 'The answer.']);
    expect([talk.failures, talk.warnings]).toEqual([[], []]);
  });

  it('knows the item of a list in expressions and code', async () => {
    const talk = talkTo(`steps:
- repeat:
    for: row
    in: [[1, 2], [3]]
    index: n
    steps:
      - say: "{{ n }}: {{ row.map(x => x * 10).join('+') }}"
      - code: say(row.length + '/' + n)`);
    expect(await turn(talk, 'a')).toEqual(['0: 10+20', '2/0', '1: 30', '1/1']);
    expect(talk.failures).toEqual([]);
  });

  it('runs code that changes, says, logs and calls, each call with a key of its own', async () => {
    requests.length = 0;
    const talk = talkTo(
      `context: { old: 1, list: [2, 1] }
steps:
- code: |
    const [a, b] = await Promise.all([
      http({ url: 'https://a.example/x', query: { q: 'a b', n: 1 }, timeout: '2s' }),
      http({ url: 'https://a.example/gone', method: 'POST', body: { n: 1 } }),
    ]);
    log(a.status, b.ok, b.reason);
    const c = await http('https://a.example/' + a.headers['x-a']);
    context.list.sort();
    context.urls = [a.body.url, c.body.url];
    delete context.old;
    profile.visits = (profile.visits ?? 0) + 1;
    say('One');
    say({ text: 'Two', buttons: ['Yes', 'No'] });
- say: "{{ context.list }} {{ context.old ?? 'gone' }} {{ context.urls[1] }} {{ profile.visits }}"`,
    );
    expect(await turn(talk, 'Hi')).toEqual([
      'One',
      { text: 'Two', buttons: ['Yes', 'No'] },
      '[1,2] gone https://a.example/1 1',
    ]);
    expect(talk.effects('log').map(({ message }) => message)).toEqual(['200 false httpStatus']);
    expect(requests).toEqual([
      { key: 'c:1:0:0', request: { url: 'https://a.example/x?q=a+b&n=1', timeoutMs: 2000 } },
      { key: 'c:1:0:1', request: { url: 'https://a.example/gone', method: 'POST', body: { json: { n: 1 } } } },
      { key: 'c:1:0:2', request: { url: 'https://a.example/1' } },
    ]);
  });

  it('is told of what fails, and goes on', async () => {
    const talk = talkTo(
      `steps:
- say: "a{{ [1].map(x => x.map(1)) }}b"
- code: { script: "context.a.b.c", onError: [{ say: Sorry. }] }
- code: { script: "for (;;);", timeout: 50ms, onError: [{ say: Too slow. }] }`,
    );
    expect(await turn(talk, 'Hi')).toEqual(['ab', 'Sorry.', 'Too slow.']);
  });

  it('is refused what is no script', async () => {
    const around = { key: '', endpoint: { id: '', secrets: {}, llm: {} }, nowMs: 0 };
    const refused: Json = expect.objectContaining({ ok: false, reason: 'badRequest' });
    expect(await handlers.expression({ code: 1 }, around)).toEqual(refused);
    expect(await handlers.code({}, around)).toEqual(refused);
  });
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OutsideWindow } from '../../../src/shared/message.js';
import { decodeOutboxItem, type OutboxItem } from '../../../src/shared/outbox-item.js';
import { type Core, LANE, startCore } from '../../support/core.js';
import { PHONE, statusOf } from '../../support/events.js';
import { GRACE_MS, type OutboxRig, outboxRig, SENT } from '../../support/outbox-rig.js';

/** Messages that Meta takes and refuses later, on real outboxes. */
let core: Core;
let rig: OutboxRig;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());
beforeEach(() => {
  rig = outboxRig(core.client, core.clock);
});
afterEach(() => core.client.flushall());

const P = LANE.prefix;
const WINDOW_CLOSED = 131_047;
const MEDIA_FAILED = 131_053;
const template: OutsideWindow = { do: 'template', template: { name: 'come_back', language: 'en' } };

const says = (text: string, outsideWindow: OutsideWindow = template, other: Partial<OutboxItem> = {}) => ({
  content: { type: 'text' as const, text },
  delivery: { outsideWindow },
  ...other,
});
const texts = () => rig.calls.map(({ text }) => text);
const told = (conv: string, oid: number, word: string, ...errorCodes: number[]) =>
  core.accept([statusOf(conv.split('.')[1] ?? '', oid, word, { errorCodes })], 'any');
const inbox = (conv: string) => core.client.llen(`${P}i:${conv}`);
const waiting = async (conv: string) =>
  (await core.client.lrange(`${P}o:${conv}`, 0, -1)).map((item) => {
    const bar = item.indexOf('|');
    return { oid: item.slice(0, bar), ...decodeOutboxItem(item.slice(bar + 1)) };
  });
const events = async () => (await core.client.xrange(`${P}ev`, '-', '+')).map(([, [, json = '']]) => JSON.parse(json));

/** A conversation whose contact has just written, so that we take its window for open. */
async function openChat(...items: (string | Partial<OutboxItem>)[]): Promise<string> {
  const conv = await rig.queueUp('rita', ...items);
  await wrote(conv);
  return conv;
}
const wrote = (conv: string) =>
  core.client.hset(`${P}c:${conv.split('.')[1]}`, `~w:${PHONE}`, String(core.clock.nowMs()));
async function runAll(conv: string): Promise<void> {
  for (let jobs = 0; jobs < 10 && (await core.client.llen(`${P}o:${conv}`)) > 0; jobs++) {
    core.clock.advance(600);
    await rig.run(conv);
  }
}

describe('a window that Meta says was closed, after it took the message', () => {
  it('sends the template in its place, before what waits; that follows the same rule, and no flow hears of a failure', async () => {
    const conv = await openChat(says('a', template, { watched: true }), says('b'), 'c');
    await rig.run(conv);
    await told(conv, 1, 'failed', WINDOW_CLOSED);
    await told(conv, 1, 'failed', WINDOW_CLOSED);
    expect((await waiting(conv)).map(({ oid, again }) => [oid, again])).toEqual([
      ['5', { oid: '1' }],
      ['2', undefined],
      ['3', undefined],
    ]);
    await runAll(conv);
    expect(texts()).toEqual(['a', 'template', 'template', 'c']);
    expect(await inbox(conv)).toBe(0);
    expect((await events()).map(({ k, oid, was }) => [k, oid, was])).toEqual([
      ['sent', '1', undefined],
      ['status', '1', undefined],
      ['again', '5', '1'],
      ['sent', '5', undefined],
      ['sent', '2', undefined],
      ['sent', '3', undefined],
    ]);
  });

  it('wakes an outbox in which nothing waits any more, behind the message delay', async () => {
    const conv = await openChat(says('a'));
    await rig.run(conv);
    expect(await rig.delayOf(conv)).toBeUndefined();
    await told(conv, 1, 'failed', WINDOW_CLOSED);
    expect(await rig.delayOf(conv)).toBeLessThanOrEqual(500);
    await runAll(conv);
    expect(texts()).toEqual(['a', 'template']);
    expect(await core.client.keys(`${P}sub:*`)).toEqual([]);
  });

  it.each([
    [1, 2, 3],
    [3, 2, 1],
    [2, 3, 1],
  ])('keeps their order when the news of several comes as %i, %i, %i', async (...order) => {
    const named = (name: string): OutsideWindow => ({ do: 'template', template: { name, language: 'en' } });
    const conv = await openChat(says('a', named('a')), says('b', named('b')), says('c', named('c')));
    for (let sent = 0; sent < 3; sent++) await rig.run(conv);
    for (const oid of order) await told(conv, oid, 'failed', WINDOW_CLOSED);
    expect((await waiting(conv)).map(({ content }) => content)).toMatchObject(
      ['a', 'b', 'c'].map((text) => ({ text })),
    );
  });

  it('comes behind a message that is on its way to Meta right now', async () => {
    const conv = await openChat(says('a'), 'b', 'c');
    await rig.run(conv);
    rig.answers.push(async () => {
      await told(conv, 1, 'failed', WINDOW_CLOSED);
      return SENT;
    });
    await runAll(conv);
    expect(texts()).toEqual(['a', 'b', 'template', 'c']);
  });

  it('is minded when the news overtakes the answer of the call', async () => {
    const conv = await openChat(says('a', template, { watched: true }), 'b');
    rig.answers.push(async () => {
      await told(conv, 1, 'failed', WINDOW_CLOSED);
      return SENT;
    });
    await runAll(conv);
    expect(texts()).toEqual(['a', 'template', 'b']);
    expect(await inbox(conv)).toBe(0);
  });

  it('is minded when the news settles a send whose worker was killed', async () => {
    const conv = await openChat(says('a'));
    const budget = { throughputPerSec: 80, pairIntervalMs: 0, pairBurst: 1 };
    await rig.outbox.begin(await rig.owner(conv), budget, core.clock.nowMs());
    await told(conv, 1, 'failed', WINDOW_CLOSED);
    await runAll(conv);
    expect(texts()).toEqual(['template']);
  });

  it('happens once: a substitute that fails in its turn has failed, and its flow hears of that', async () => {
    const conv = await openChat(says('a', template, { watched: true }));
    await rig.run(conv);
    await told(conv, 1, 'failed', WINDOW_CLOSED);
    await runAll(conv);
    await told(conv, 2, 'failed', WINDOW_CLOSED);
    expect([await waiting(conv), texts()]).toEqual([[], ['a', 'template']]);
    expect(await inbox(conv)).toBe(1);
  });

  it.each<[OutsideWindow['do'], string]>([
    ['wait', 'parked'],
    ['skip', 'skipped'],
  ])('%s: the message is %s, as when the answer of the call says so', async (what, became) => {
    const conv = await openChat(says('a', what === 'wait' ? { do: 'wait' } : { do: 'skip' }, { watched: true }));
    await rig.run(conv);
    await told(conv, 1, 'failed', WINDOW_CLOSED);
    await runAll(conv);
    expect([texts(), rig.observed.at(-1)?.outcome, await inbox(conv)]).toEqual([['a'], became, 0]);
    expect(await core.client.llen(`${P}pk:${conv}`)).toBe(what === 'wait' ? 1 : 0);
  });

  it('is open again when the contact has written since: the message itself goes out', async () => {
    const conv = await openChat(says('a'));
    await rig.run(conv);
    core.clock.advance(2_000);
    await wrote(conv);
    await told(conv, 1, 'failed', WINDOW_CLOSED);
    await runAll(conv);
    expect(texts()).toEqual(['a', 'a']);
  });

  it('of a message that says nothing about it is a failure like any other', async () => {
    const conv = await openChat({ watched: true });
    await rig.run(conv);
    await told(conv, 1, 'failed', WINDOW_CLOSED);
    expect([await waiting(conv), await inbox(conv)]).toEqual([[], 1]);
  });

  it('is not why a message fails with another code', async () => {
    const conv = await openChat(says('a', template, { watched: true }));
    await rig.run(conv);
    await told(conv, 1, 'failed', 131_026);
    expect([await waiting(conv), await inbox(conv)]).toEqual([[], 1]);
    expect(await core.client.keys(`${P}sub:*`)).toEqual([]);
  });

  it.each(['delivered', 'read'])(
    'is out of the question once the message was %s: nothing of it is kept',
    async (word) => {
      const conv = await openChat(says('a'));
      await rig.run(conv);
      await told(conv, 1, 'sent');
      const [key = ''] = await core.client.keys(`${P}sub:*`);
      expect(await core.client.ttl(key)).toBeGreaterThan(80_000);
      await told(conv, 1, word);
      expect(await core.client.keys(`${P}sub:*`)).toEqual([]);
      await told(conv, 1, 'failed', WINDOW_CLOSED);
      expect(await waiting(conv)).toEqual([]);
    },
  );

  it('costs messages that say nothing about it nothing: no key, no word in their status', async () => {
    const conv = await openChat('a');
    await rig.run(conv);
    expect(await core.client.keys(`${P}sub:*`)).toEqual([]);
    expect(await core.client.hget(`${P}sm:0`, '1')).toBe(`accepted|${core.clock.nowMs()}`);
  });
});

describe('a file whose id Meta does not know any more, as it says after it took the message', () => {
  const file = { path: 'menu.pdf', sha256: 'a'.repeat(64), bytes: 3, type: 'application/pdf' };
  const menu: Partial<OutboxItem> = { content: { type: 'document', file }, watched: true };
  const reused = { ...SENT, reusedMedia: { [file.sha256]: 'media-1' } };

  it('is sent once more, and the item says which id is of no use', async () => {
    const conv = await openChat(menu, 'b');
    rig.answers.push(reused);
    await rig.run(conv);
    await told(conv, 1, 'failed', MEDIA_FAILED);
    expect((await waiting(conv)).map(({ again }) => again)).toEqual([
      { oid: '1', staleMedia: { [file.sha256]: 'media-1' } },
      undefined,
    ]);
    const oid = Number((await waiting(conv))[0]?.oid);
    await runAll(conv);
    expect([texts(), await inbox(conv)]).toEqual([['document', 'document', 'b'], 0]);
    await told(conv, oid, 'failed', MEDIA_FAILED);
    expect([await waiting(conv), await inbox(conv)]).toEqual([[], 1]);
  });

  it('was just uploaded: then it is the file, and the flow hears of it', async () => {
    const conv = await openChat(menu);
    await rig.run(conv);
    await told(conv, 1, 'failed', MEDIA_FAILED);
    expect([await waiting(conv), await inbox(conv)]).toEqual([[], 1]);
  });

  it('went with a template for a closed window: the template comes again', async () => {
    const header = { type: 'document' as const, file };
    const dressed: OutsideWindow = { do: 'template', template: { name: 'menu', language: 'en', header } };
    const conv = await rig.queueUp('rita', says('a', dressed));
    rig.answers.push(reused);
    await rig.run(conv);
    await told(conv, 1, 'failed', WINDOW_CLOSED);
    expect(await waiting(conv)).toEqual([]);
    const other = await rig.queueUp('ana', says('a', dressed));
    rig.answers.push(reused);
    await rig.run(other);
    await told(other, 2, 'failed', MEDIA_FAILED);
    core.clock.advance(GRACE_MS);
    await runAll(other);
    expect(texts()).toEqual(['template', 'template', 'template']);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ConversationStore } from '../../../src/conversation/store.js';
import type { TakeTurn, TurnTask } from '../../../src/conversation/turn-task.js';
import {
  type Core,
  ENDPOINT,
  LANE,
  ownerOf,
  quietDraft,
  replyOf,
  startCore,
  waitingTexts,
  wakeAll,
  wakeRig,
} from '../../support/core.js';
import { person, textFrom } from '../../support/events.js';

let core: Core;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());
afterEach(() => core.client.flushall());

const P = LANE.prefix;

async function say(n: number, ...texts: string[]): Promise<string> {
  const { messages } = await core.accept(
    texts.map((text) => textFrom(person(n), text)),
    'any',
  );
  return messages[0]?.conversationId ?? '';
}

const textIn = ({ item }: TurnTask): string =>
  item.kind === 'message' ? String(Object.values(item.message.text ?? {})[0]) : 'timer';

/** A turn that answers with what it heard. */
function echo(heard: string[], meanwhile: (text: string) => unknown = () => undefined): TakeTurn {
  return async (task) => {
    const text = textIn(task);
    heard.push(text);
    await meanwhile(text);
    return quietDraft(task.contact, { outcome: 'answered', replies: [replyOf(text)] });
  };
}

async function repliesIn(conversationId: string): Promise<string[]> {
  const items = await core.client.lrange(`${P}o:${conversationId}`, 0, -1);
  return items.map((item) => JSON.parse(item.slice(item.indexOf('|') + 1)).content.text);
}

const isAtRest = async (conversationId: string): Promise<boolean> =>
  (await core.client.zscore(`${P}pend`, conversationId)) === null &&
  (await core.client.exists(`${P}i:${conversationId}`)) === 0;

const counting = (n: number) => Array.from({ length: n }, (_, i) => `m${i}`);

describe('a wake-up', () => {
  it('handles what waits, in order, each once, and lets others go first after its share', async () => {
    const conversationId = await say(1, ...counting(25));
    const heard: string[] = [];
    const { handleWake, turns } = wakeRig(core.store, core.clock, echo(heard));
    expect(await wakeAll(core.client, handleWake, conversationId, { times: 1 })).toBe(1);
    expect(heard).toEqual(counting(10));
    expect(await wakeAll(core.client, handleWake, conversationId)).toBe(2);
    expect(heard).toEqual(counting(25));
    expect(await repliesIn(conversationId)).toEqual(counting(25));
    expect(turns).toHaveLength(25);
    expect(await isAtRest(conversationId)).toBe(true);
  });

  it('handles what comes in while it works, each once, and leaves nobody waiting', async () => {
    const conversationId = await say(1, 'm0', 'm1');
    const heard: string[] = [];
    const late = new Map([
      ['m1', 'm2'],
      ['m2', 'm3'],
      ['m3', 'm4'],
    ]);
    const turn = echo(heard, async (text) => {
      const next = late.get(text);
      if (next !== undefined) await say(1, next);
    });
    const { handleWake } = wakeRig(core.store, core.clock, turn);
    await handleWake(await ownerOf(core.client, conversationId), false);
    expect(heard).toEqual(counting(5));
    expect(await isAtRest(conversationId)).toBe(true);
  });

  it('lets others go first when it took its time', async () => {
    const conversationId = await say(1, ...counting(5));
    const heard: string[] = [];
    const limits = {
      messagesPerWake: 10,
      wakeBudgetMs: 100,
      maxFailures: 3,
      noEndpointRetryMs: 1_000,
      maxCrashes: 5,
      sessionGcSec: 60,
    };
    const slow = echo(heard, () => core.clock.advance(60));
    const { handleWake } = wakeRig(core.store, core.clock, slow, { limits });
    expect(await wakeAll(core.client, handleWake, conversationId)).toBe(2);
    expect(heard).toEqual(counting(5));
  });

  it.each([
    ['that lost the conversation', 1],
    ['that comes back after its work was done', 0],
  ])('%s does nothing', async (_what, epochOffset) => {
    const conversationId = await say(1, 'm0');
    const heard: string[] = [];
    const { handleWake } = wakeRig(core.store, core.clock, echo(heard));
    const owner = await ownerOf(core.client, conversationId);
    if (epochOffset === 0) await handleWake(owner, false);
    heard.length = 0;
    await handleWake({ ...owner, epoch: owner.epoch + epochOffset }, false);
    expect(heard).toEqual([]);
  });

  it('whose commit was answered into a broken connection goes on behind it', async () => {
    const conversationId = await say(1, 'm0', 'm1', 'm2');
    let broken = 1;
    const resending: ConversationStore = {
      ...core.store,
      // What a client does when the connection ends between a command and its answer: it sends the command again.
      async commit(...args) {
        const answer = await core.store.commit(...args);
        return broken-- > 0 ? core.store.commit(...args) : answer;
      },
    };
    const heard: string[] = [];
    const { handleWake } = wakeRig(resending, core.clock, echo(heard));
    await handleWake(await ownerOf(core.client, conversationId), false);
    expect(heard).toEqual(counting(3));
    expect(await repliesIn(conversationId)).toEqual(counting(3));
    expect(await isAtRest(conversationId)).toBe(true);
  });

  it('that froze while another run did its work drops what it did itself', async () => {
    const conversationId = await say(1, 'm0', 'm1');
    const owner = await ownerOf(core.client, conversationId);
    const heard: string[] = [];
    const other = wakeRig(core.store, core.clock, echo(heard));
    let frozen = true;
    const zombie = wakeRig(
      core.store,
      core.clock,
      echo([], async () => {
        if (frozen) await other.handleWake(owner, true);
        frozen = false;
      }),
    );
    await zombie.handleWake(owner, false);
    expect(heard).toEqual(['m0', 'm1']);
    expect(await repliesIn(conversationId)).toEqual(['m0', 'm1']);
    expect(zombie.turns).toEqual([]);
  });
});

/** Dead letters as the commit left them for the mover. */
async function deadLetters(): Promise<{ reason: string; place: string; failures: number; payload: string }[]> {
  const effects = await core.client.lrange(`${P}fx`, 0, -1);
  return effects.map((effect) => JSON.parse(effect.slice(effect.indexOf('|') + 1)));
}

describe('a turn that cannot be run', () => {
  const failing = (heard: string[], bad: string) =>
    echo(heard, (text) => {
      if (text === bad) throw new Error('the database of orders is away');
    });

  it('waits longer each time, keeps its place, and ends among the dead letters with a word to the contact', async () => {
    const conversationId = await say(1, 'm0', 'bad', 'm1');
    const heard: string[] = [];
    const { handleWake, turns } = wakeRig(core.store, core.clock, failing(heard, 'bad'));
    const delays: number[] = [];
    for (let i = 0; i < 2; i++) {
      await handleWake(await ownerOf(core.client, conversationId), false);
      const { epoch } = await ownerOf(core.client, conversationId);
      delays.push(Number(await core.client.hget(`${P}in:${conversationId}-${epoch}`, 'delay')));
      expect(await waitingTexts(core.client, conversationId)).toEqual(['bad', 'm1']);
    }
    await handleWake(await ownerOf(core.client, conversationId), false);
    expect(delays).toEqual([500, 1_000]);
    expect(heard).toEqual(['m0', 'bad', 'bad', 'bad', 'm1']);
    expect(await repliesIn(conversationId)).toEqual(['m0', ENDPOINT.fallback, 'm1']);
    expect(turns.map(({ outcome }) => outcome)).toEqual([
      'answered',
      'postponed',
      'postponed',
      'dead_lettered',
      'answered',
    ]);
    const [letter] = await deadLetters();
    expect(letter).toMatchObject({ reason: 'turn_failed', failures: 3, place: '2' });
    // What was thrown may quote what it choked on.
    expect(JSON.stringify({ ...letter, payload: '' })).not.toContain('database of orders');
    expect(await isAtRest(conversationId)).toBe(true);
    expect(await core.client.exists(`${P}att`)).toBe(0);
  });

  it('and works the next time is answered in its place', async () => {
    const conversationId = await say(1, 'm0', 'm1');
    const heard: string[] = [];
    let faults = 1;
    const turn = echo(heard, () => {
      if (faults-- > 0) throw new Error('away');
    });
    const { handleWake } = wakeRig(core.store, core.clock, turn);
    await wakeAll(core.client, handleWake, conversationId);
    expect(heard).toEqual(['m0', 'm0', 'm1']);
    expect(await repliesIn(conversationId)).toEqual(['m0', 'm1']);
    expect(await core.client.exists(`${P}att`)).toBe(0);
  });

  it('because it is not an item of ours is a dead letter at once', async () => {
    const conversationId = await say(1, 'm0');
    await core.client.lset(`${P}i:${conversationId}`, 0, '1|{"k":"telegram"}');
    const { handleWake } = wakeRig(core.store, core.clock, echo([]));
    await handleWake(await ownerOf(core.client, conversationId), false);
    expect((await deadLetters()).map((letter) => letter.reason)).toEqual(['unreadable_item']);
    expect(await repliesIn(conversationId)).toEqual([]);
    expect(await isAtRest(conversationId)).toBe(true);
  });

  it('because no enabled endpoint has its number waits, and is answered when one has', async () => {
    const conversationId = await say(1, 'm0', 'm1');
    const heard: string[] = [];
    const away = wakeRig(core.store, core.clock, echo(heard), { endpointOf: () => undefined });
    for (let i = 0; i < 10; i++) await away.handleWake(await ownerOf(core.client, conversationId), false);
    expect(await deadLetters()).toEqual([]);
    const { handleWake } = wakeRig(core.store, core.clock, echo(heard));
    await wakeAll(core.client, handleWake, conversationId);
    expect(await repliesIn(conversationId)).toEqual(['m0', 'm1']);
  });
});

describe('an item that takes its process down', () => {
  /** A process of its own: its wake-ups never come to an end once one of them has met the poison. */
  function process(heard: string[], poison: string) {
    let died = () => undefined as unknown;
    const death = new Promise<never>((_resolve, reject) => {
      died = () => reject(new Error('killed'));
    });
    death.catch(() => undefined);
    const dead = { is: false };
    const turn: TakeTurn = async (task) => {
      if (dead.is) return new Promise(() => undefined);
      const text = textIn(task);
      heard.push(text);
      if (text === poison) {
        dead.is = true;
        died();
        return new Promise(() => undefined);
      }
      return quietDraft(task.contact, { outcome: 'answered', replies: [replyOf(text)] });
    };
    const { handleWake } = wakeRig(core.store, core.clock, turn);
    return {
      run: (owner: Parameters<typeof handleWake>[0], crashedBefore: boolean) =>
        Promise.race([handleWake(owner, crashedBefore), death]).catch(() => undefined),
      isDead: () => dead.is,
    };
  }

  it('is given up after a few crashes; what was beside and behind it is not', async () => {
    const culprit = await say(1, 'before', 'poison', 'after');
    const neighbours = [await say(2, 'm0'), await say(3, 'm0')];
    const heard: string[] = [];
    let crashes = 0;
    for (let started = 0; started < 20; started++) {
      const owners = [];
      for (const id of [culprit, ...neighbours]) {
        if ((await core.client.zscore(`${P}pend`, id)) !== null) owners.push(await ownerOf(core.client, id));
      }
      if (owners.length === 0) break;
      const { run, isDead } = process(heard, 'poison');
      // All start together in one process, as suspects after the first crash.
      await Promise.all(owners.map((owner) => run(owner, crashes > 0)));
      if (isDead()) crashes += 1;
    }
    // The crash that nobody expected, then five that were counted.
    expect(crashes).toBe(6);
    expect((await deadLetters()).map(({ reason, place }) => [reason, place])).toEqual([['poison', '2']]);
    expect(await repliesIn(culprit)).toEqual(['before', ENDPOINT.fallback, 'after']);
    for (const id of neighbours) {
      expect(await repliesIn(id)).toEqual(['m0']);
      expect(await isAtRest(id)).toBe(true);
    }
    expect(await isAtRest(culprit)).toBe(true);
    expect(await core.client.exists(`${P}att`)).toBe(0);
  });

  it('is met by one suspect at a time', async () => {
    const ids = [await say(1, 'a'), await say(2, 'b'), await say(3, 'c')];
    let running = 0;
    let most = 0;
    const turn: TakeTurn = async (task) => {
      running += 1;
      most = Math.max(most, running);
      await core.client.ping();
      running -= 1;
      return quietDraft(task.contact);
    };
    const { handleWake } = wakeRig(core.store, core.clock, turn);
    const owners = await Promise.all(ids.map((id) => ownerOf(core.client, id)));
    await Promise.all(owners.map((owner) => handleWake(owner, true)));
    expect(most).toBe(1);
  });
});

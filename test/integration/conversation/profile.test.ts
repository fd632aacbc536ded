import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAdopter } from '../../../src/conversation/adopt-contact.js';
import { decodeContact } from '../../../src/conversation/conversation.js';
import { createMover, hubKey, type LaneEffect, type ProfilePatch } from '../../../src/conversation/effects.js';
import { laneNamed } from '../../../src/redis/lane.js';
import type { DeadLetter } from '../../../src/shared/dead-letter.js';
import { type Core, ENDPOINT, quietDraft, silent, snapshot, startCore, wakeAll, wakeRig } from '../../support/core.js';
import { PHONE, person, textFrom } from '../../support/events.js';

/** A contact known to several numbers, each in a lane of its own. */
let core: Core;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());
afterEach(() => core.client.flushall());

const LANES = [laneNamed('0'), laneNamed('1'), laneNamed('2')];
const [here, there] = [laneNamed('0'), laneNamed('1')];
const WHO = 'AbCdEfGhIjKlMnOp';
let letters: DeadLetter[];
let move: ReturnType<typeof createMover>;
beforeEach(() => {
  letters = [];
  move = createMover({
    redis: core.client,
    lanes: () => LANES,
    addDeadLetter: async (letter) => void letters.push(letter),
    ids: core.ids,
    clock: core.clock,
    log: silent,
  });
});

let numbers = 0;
async function leave(effect: LaneEffect, lane = here): Promise<void> {
  await core.client.rpush(`${lane.prefix}fx`, `${++numbers}|${JSON.stringify(effect)}`);
}
const patch = (set: [string, string][], unset: string[] = []): ProfilePatch => ({
  effect: 'profile',
  contactId: WHO,
  set,
  unset,
  append: [],
});
const profileIn = async (key: string) => decodeContact(Object.entries(await core.client.hgetall(key)).flat()).custom;

describe('a profile changed in one lane', () => {
  it('is changed in every lane that knows the contact, and kept for those that do not yet', async () => {
    await core.client.hset(`${there.prefix}c:${WHO}`, '@waId', '351', 'street', '"Rua"');
    await leave(patch([['city', '"Porto"']], ['street']));
    expect(await move(here)).toBe(1);
    expect(await profileIn(`${there.prefix}c:${WHO}`)).toEqual({ city: 'Porto' });
    expect(await profileIn(hubKey(WHO))).toEqual({ city: 'Porto' });
    expect(await core.client.exists(`{p:2}:c:${WHO}`)).toBe(0);
    expect(await core.client.exists(`${here.prefix}fx`)).toBe(0);
  });

  it('ends at what was written last, also with two movers at work', async () => {
    await core.client.hset(`${there.prefix}c:${WHO}`, '@waId', '351');
    for (let n = 1; n <= 250; n++)
      await leave(
        patch(
          [
            ['n', String(n)],
            [`f${n}`, 'true'],
          ],
          [`f${n - 1}`],
        ),
      );
    while ((await core.client.llen(`${here.prefix}fx`)) > 0) await Promise.all([move(here), move(here)]);
    expect(await profileIn(`${there.prefix}c:${WHO}`)).toEqual({ n: 250, f250: true });
    expect(await profileIn(hubKey(WHO))).toEqual({ n: 250, f250: true });
  });

  it('is changed once: a mover that was killed before it struck the change off does no harm', async () => {
    await core.client.hset(`${there.prefix}c:${WHO}`, '@waId', '351');
    await leave(patch([['city', '"Porto"']]));
    const [first = ''] = await core.client.lrange(`${here.prefix}fx`, 0, -1);
    await move(here);
    await leave(patch([['city', '"Lisboa"']]));
    await move(here);
    const before = await snapshot(core.client);
    await core.client.rpush(`${here.prefix}fx`, first);
    await move(here);
    expect(await snapshot(core.client)).toEqual(before);
    expect(await profileIn(`${there.prefix}c:${WHO}`)).toEqual({ city: 'Lisboa' });
  });

  it('keeps the changes of other lanes apart: each lane counts for itself', async () => {
    await core.client.hset(`{p:2}:c:${WHO}`, '@waId', '351');
    await leave(patch([['a', '1']]), here);
    await leave(patch([['b', '2']]), there);
    await move(there);
    await move(here);
    expect(await profileIn(`{p:2}:c:${WHO}`)).toEqual({ a: 1, b: 2 });
  });
});

describe('a contact that is new to a lane', () => {
  // As the load before it leaves it.
  beforeEach(() => core.client.hset(`${there.prefix}c:${WHO}`, '~', '1'));
  const adopt = () => createAdopter(core.client)({ lane: there, conversationId: `${PHONE}.${WHO}`, epoch: 1 }, WHO);

  it('brings along what other lanes know', async () => {
    await leave(patch([['city', '"Porto"']]));
    await move(here);
    expect((await adopt()).custom).toEqual({ city: 'Porto' });
    // And hears of what comes after.
    await leave(patch([['city', '"Lisboa"']]));
    await move(here);
    expect(await profileIn(`${there.prefix}c:${WHO}`)).toEqual({ city: 'Lisboa' });
  });

  it('keeps what was changed here meanwhile', async () => {
    await leave(
      patch([
        ['city', '"Porto"'],
        ['age', '40'],
      ]),
    );
    await move(here);
    await core.client.hset(`${there.prefix}c:${WHO}`, 'city', '"Faro"');
    expect((await adopt()).custom).toEqual({ city: 'Faro', age: 40 });
  });

  it('that nobody knows has an empty profile', async () => {
    expect(await adopt()).toEqual({ custom: {} });
  });
});

it('a turn leaves its profile change with the commit, when other lanes are there to hear it', async () => {
  const { messages } = await core.accept([textFrom(person(1), 'I live in Porto')], 'any');
  const id = messages[0]?.conversationId ?? '';
  const { handleWake } = wakeRig(
    core.store,
    core.clock,
    async ({ contact }) =>
      quietDraft(contact, {
        contactSet: [
          ['@name', 'Rita'],
          ['city', '"Porto"'],
        ],
      }),
    { hasOtherLanes: () => true, adoptContact: createAdopter(core.client), endpointOf: () => ENDPOINT },
  );
  await wakeAll(core.client, handleWake, id);
  await move(here);
  // Identities are learned by each lane from what the contact sends there.
  expect(await core.client.hgetall(hubKey(id.split('.')[1] ?? ''))).toEqual({ '~0': '1', city: '"Porto"' });
});

it('a dead letter is handed over, and struck off only when that has worked', async () => {
  const letter: DeadLetter = {
    effect: 'dead',
    queue: 'in',
    lane: '0',
    conversationId: `${PHONE}.${WHO}`,
    place: '7',
    reason: 'poison',
    detail: '',
    failures: 6,
    atMs: 1,
    payload: '{}',
  };
  await leave(letter);
  const failing = createMover({
    redis: core.client,
    lanes: () => LANES,
    addDeadLetter: () => Promise.reject(new Error('away')),
    ids: core.ids,
    clock: core.clock,
    log: silent,
  });
  await expect(failing(here)).rejects.toThrow('away');
  expect(await core.client.llen(`${here.prefix}fx`)).toBe(1);
  await move(here);
  expect(letters).toEqual([letter]);
  expect(await core.client.llen(`${here.prefix}fx`)).toBe(0);
});

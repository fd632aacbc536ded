import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWakeWorker } from '../../../src/redis/wake-worker.js';
import { systemClock } from '../../../src/shared/clock.js';
import { acceptorOn, type Core, LANE, quietDraft, silent, startCore, wakeRig } from '../../support/core.js';
import { person, textFrom } from '../../support/events.js';
import { createSignal } from '../../support/signal.js';

let core: Core;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());

/** A queue that ignores a job whose id still exists loses the second of two quick messages about once in 4000. */
it('two quick messages of 4000 conversations are all handled, in order, and none stands still', async () => {
  const count = 4_000;
  const accept = acceptorOn(core.client, { clock: systemClock });
  const heard = new Map<string, string[]>();
  let turns = 0;
  const all = createSignal();
  const { handleWake } = wakeRig(core.store, systemClock, async ({ conversation, item, contact }) => {
    const texts = heard.get(conversation.id) ?? [];
    heard.set(conversation.id, texts);
    if (item.kind === 'message') texts.push(JSON.stringify(item.message.text));
    turns += 1;
    return quietDraft(contact);
  });
  const worker = createWakeWorker({
    connection: core.client,
    lane: LANE,
    queue: 'in',
    concurrency: 50,
    lockMs: 15_000,
    stalledCheckMs: 5_000,
    log: silent,
    async handle({ crashedBefore, ...owner }) {
      await handleWake(owner, crashedBefore);
      if (turns >= 2 * count) all.reach();
    },
  });
  // The second message comes about when the first one's wake-up ends: a batch of 40 first ones, then their second ones.
  for (let from = 0; from < count; from += 40) {
    const people = Array.from({ length: 40 }, (_, i) => person(from + i));
    await accept(
      people.map((who) => textFrom(who, '1')),
      'any',
    );
    await accept(
      people.map((who) => textFrom(who, '2')),
      'any',
    );
  }
  await all.reached;
  await worker.close();
  expect(heard.size).toBe(count);
  for (const texts of heard.values()) expect(texts).toEqual(['{"body":"1"}', '{"body":"2"}']);
  expect(await core.client.exists(`${LANE.prefix}pend`)).toBe(0);
});

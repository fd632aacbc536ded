import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTurn } from '../../../src/conversation/turn.js';
import { advance } from '../../../src/flow/turn/advance.js';
import type { JsonObject } from '../../../src/shared/json.js';
import { readItem } from '../../../src/webhook/read-item.js';
import { type Core, ENDPOINT, LANE, startCore, wakeAll, wakeRig } from '../../support/core.js';
import { person, textFrom } from '../../support/events.js';
import { outboxRig } from '../../support/outbox-rig.js';
import { flowFiles, versionOf } from '../../unit/flow/talk.js';

const FLOW = `steps:
  - say: { text: Your parcel is here, outsideWindow: wait }
  - id: asked
    question: { type: text, text: Was it good? }
  - say: "you said {{ input.text }}"
`;
const HOUR_MS = 3_600_000;

/** Webhook events, the engine, the wake handler and the sender on a real Redis; time is told. */
let core: Core;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());

it('a message to a group is recorded as that: it opens no window, answers no question and gets no answer', async () => {
  const rig = outboxRig(core.client, core.clock);
  const version = versionOf(flowFiles({ welcome: FLOW }));
  const takeTurn = createTurn({
    advance,
    readMessage: readItem,
    versions: { current: () => ({ hash: 'v1', version }), get: async () => version, fate: () => 'keep' },
    performCall: () => Promise.reject(new Error('no calls here')),
    limits: { stepsPerTurn: 100, flowDepth: 20, maxMemoryBytes: 100_000 },
  });
  const { handleWake } = wakeRig(core.store, core.clock, takeTurn, {
    endpointOf: () => ({ ...ENDPOINT, sessionExpirationMinutes: 0 }),
  });
  const writes = async (text: string, other: JsonObject = {}) => {
    const event = textFrom(person(1), text, { timestampMs: core.clock.nowMs() });
    const { messages } = await core.accept([{ ...event, message: { ...event.message, ...other } }], 'any');
    const id = messages[0]?.conversationId ?? '';
    await wakeAll(core.client, handleWake, id);
    return id;
  };
  const hears = async (id: string) => {
    for (let i = 0; i < 9 && (await core.client.llen(`${LANE.prefix}o:${id}`)) > 0; i++) {
      core.clock.advance(1_000);
      await rig.run(id);
    }
    return rig.calls.splice(0).map(({ text }) => text);
  };
  const lastTurn = async () => {
    const entries = await core.client.xrange(`${LANE.prefix}ev`, '-', '+');
    return entries.map(([, [, json = '']]) => JSON.parse(json)).findLast(({ k }) => k === 'turn');
  };

  const id = await writes('hi');
  core.clock.advance(25 * HOUR_MS);
  expect(await hears(id)).toEqual(['Was it good?']);
  await writes('Is anybody else here?', { group_id: 'Y2FwaV9ncm91cDox' });
  expect(await lastTurn()).toMatchObject({ in: 'text', group: true, outcome: 'recorded' });
  expect(await hears(id)).toEqual([]);
  await writes('Very');
  expect(await lastTurn()).not.toHaveProperty('group');
  expect(await hears(id)).toEqual(['Your parcel is here', 'you said Very']);
});

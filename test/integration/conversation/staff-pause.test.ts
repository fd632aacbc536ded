import express from 'express';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEndHandoverHandler } from '../../../src/api/end-handover.js';
import type { SendOutcome } from '../../../src/cloud-api/outcome.js';
import type { ObservedTurn } from '../../../src/conversation/observed-turn.js';
import { createTurn } from '../../../src/conversation/turn.js';
import type { HandleWake } from '../../../src/conversation/wake.js';
import { advance } from '../../../src/flow/turn/advance.js';
import type { ContactIdentity, EchoEvent, RoutingEvent } from '../../../src/inbound/event.js';
import { createQuarantineReplay } from '../../../src/inbound/quarantine.js';
import { script } from '../../../src/redis/script.js';
import { readEvents } from '../../../src/webhook/read-events.js';
import { readItem } from '../../../src/webhook/read-item.js';
import { type Core, ENDPOINT, LANE, ownerOf, startCore, waitingTexts, wakeAll, wakeRig } from '../../support/core.js';
import { PHONE, person, statusOf, textFrom } from '../../support/events.js';
import { GRACE_MS, type OutboxRig, outboxRig } from '../../support/outbox-rig.js';
import { flowFiles, versionOf } from '../../unit/flow/talk.js';

/** Webhook events, the engine, the wake handler and the sender on a real Redis; time is told. */
let core: Core;
let rig: OutboxRig;
let taken: string[];
let turns: ObservedTurn[];
let handleWake: HandleWake;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());
beforeEach(() => {
  rig = outboxRig(core.client, core.clock);
  rig.endpoint.staffPauseMinutes = 60;
  taken = [];
  handleWake = bot('- say: "you said {{ input.text }}"');
});
afterEach(() => core.client.flushall());

const MINUTE = 60_000;
const rita = person(1);

function bot(steps: string, staffPauseMinutes = 60): HandleWake {
  const version = versionOf(flowFiles({ welcome: `steps:\n${steps}` }));
  const takeTurn = createTurn({
    advance,
    readMessage: readItem,
    versions: { current: () => ({ hash: 'v1', version }), get: async () => version, fate: () => 'keep' },
    performCall: () => Promise.reject(new Error('no calls here')),
    limits: { stepsPerTurn: 100, flowDepth: 20, maxMemoryBytes: 100_000 },
  });
  const made = wakeRig(core.store, core.clock, takeTurn, {
    endpointOf: () => ({ ...ENDPOINT, staffPauseMinutes, sessionExpirationMinutes: 0 }),
    onTaken: (_endpoint, _number, wamid) => void taken.push(wamid),
  });
  turns = made.turns;
  return made.handleWake;
}

let echoes = 0;
const echo = (contact: ContactIdentity, other: Partial<EchoEvent> = {}): EchoEvent => ({
  kind: 'echo',
  phoneNumberId: PHONE,
  wamid: `wamid.echo${++echoes}`,
  timestampMs: core?.clock.nowMs(),
  contact,
  ...other,
});

async function write(text: string): Promise<string> {
  const { messages } = await core.accept([textFrom(rita, text)], 'any');
  const id = messages[0]?.conversationId ?? '';
  await wakeAll(core.client, handleWake, id);
  return id;
}

async function sendAll(id: string): Promise<string[]> {
  for (let i = 0; i < 10 && (await core.client.llen(`${LANE.prefix}o:${id}`)) > 0; i++) {
    core.clock.advance(1_000);
    await rig.run(id);
  }
  return rig.calls.splice(0).map(({ text }) => text);
}

async function endHandover(id: string): Promise<number> {
  const handler = createEndHandoverHandler(core.client, new Map([[PHONE, LANE]]), core.clock);
  return (await request(express().post('/:conversationId', handler)).post(`/${id}`)).status;
}

describe('another app that takes the conversation', () => {
  let told = 0;
  const routed = (is: RoutingEvent['is'], afterMs = 0): RoutingEvent => ({
    ...{ kind: 'routing', phoneNumberId: PHONE, id: `routed ${++told}` },
    ...{ timestampMs: core.clock.nowMs() + afterMs, contact: { waId: rita.waId }, is },
  });
  const accept = (event: RoutingEvent) => core.accept([event], 'any');
  const writtenTo = (text: string) => textFrom(rita, text, { timestampMs: core.clock.nowMs() });

  it('has the word until it gives it back, also where persons at the phone app are not minded', async () => {
    handleWake = bot('- sleep: 10m\n- say: "slept"', 0);
    rig.endpoint.staffPauseMinutes = 0;
    const id = await write('hi');
    expect(await accept(routed('taken'))).toMatchObject({ routed: 1, messages: [] });
    core.clock.advance(11 * MINUTE);
    await script('due').run(core.client, LANE.prefix, [core.clock.nowMs(), 100]);
    await handleWake(await ownerOf(core.client, id), false);
    expect(await waitingTexts(core.client, id)).toEqual(['timer']);
    core.clock.advance(20 * 60 * MINUTE);
    await accept(routed('standby'));
    core.clock.advance(20 * 60 * MINUTE);
    await accept(routed('given'));
    await wakeAll(core.client, handleWake, id);
    expect(await sendAll(id)).toEqual(['slept']);
  });

  it('keeps back replies that were about to leave, and its return ends a `handover` of the flow', async () => {
    handleWake = bot('- say: one moment\n- handover: true\n- say: I am back');
    const id = await write('hi');
    await accept(routed('taken'));
    expect(await sendAll(id)).toEqual([]);
    expect(rig.observed.at(-1)).toMatchObject({ outcome: 'skipped', reason: 'other_app_answers' });
    core.clock.advance(1_000);
    await accept(routed('given'));
    await wakeAll(core.client, handleWake, id);
    expect(await sendAll(id)).toEqual(['I am back']);
  });

  it('is waited for no longer by what a flow has planned once the contact writes to us', async () => {
    handleWake = bot('- sleep: 10m\n- say: slept\n- wait: true\n- say: "you said {{ input.text }}"', 0);
    const id = await write('hi');
    await accept(routed('taken'));
    core.clock.advance(11 * MINUTE);
    await script('due').run(core.client, LANE.prefix, [core.clock.nowMs(), 100]);
    await handleWake(await ownerOf(core.client, id), false);
    const isHeld = async () => {
      const { epoch } = await ownerOf(core.client, id);
      return (await core.client.zscore(`${LANE.prefix}in:delayed`, `${id}-${epoch}`)) !== null;
    };
    expect(await isHeld()).toBe(true);
    core.clock.advance(MINUTE);
    await core.accept([writtenTo('and now?')], 'any');
    expect(await isHeld()).toBe(false);
    await handleWake(await ownerOf(core.client, id), false);
    expect(await sendAll(id)).toEqual(['slept', 'you said and now?']);
  });

  it('keeps a `handover` of the flow when an older return is told late', async () => {
    handleWake = bot('- say: one moment\n- handover: true\n- say: I am back');
    const id = await write('hi');
    await sendAll(id);
    await accept(routed('taken'));
    await accept(routed('given', -5_000));
    await wakeAll(core.client, handleWake, id);
    expect(await sendAll(id)).toEqual([]);
    core.clock.advance(5_000);
    await accept(routed('given'));
    await accept(routed('given', -1_000));
    await wakeAll(core.client, handleWake, id);
    expect(await sendAll(id)).toEqual(['I am back']);
  });

  it('has it no longer when the contact writes to us, and what waited from before is that app’s to answer', async () => {
    const id = await write('hi');
    await sendAll(id);
    await core.accept([writtenTo('for you or for them?')], 'any');
    await accept(routed('taken'));
    await wakeAll(core.client, handleWake, id);
    expect(turns.at(-1)?.outcome).toBe('paused');
    core.clock.advance(2_000);
    await core.accept([writtenTo('and now?')], 'any');
    await wakeAll(core.client, handleWake, id);
    expect(await sendAll(id)).toEqual(['you said and now?']);
  });

  it.each<[string, [RoutingEvent['is'], number][], string[]]>([
    [
      'taken, then given back',
      [
        ['taken', 0],
        ['given', 1_000],
      ],
      ['still here'],
    ],
    [
      'given, then taken again',
      [
        ['given', 0],
        ['taken', 1_000],
      ],
      [],
    ],
    [
      'taken, then written to',
      [
        ['given', 0],
        ['standby', 1_000],
      ],
      [],
    ],
    [
      'taken and given within one second',
      [
        ['taken', 1_000],
        ['given', 1_000],
      ],
      ['still here'],
    ],
  ])('%s: it counts what happened last, in whatever order it is told, and how often', async (_what, events, sent) => {
    for (const order of [events, events.toReversed()]) {
      const id = await write('hi');
      await sendAll(id);
      core.clock.advance(1_000);
      const told = order.map(([is, afterMs]) => routed(is, afterMs - 1_000));
      for (const event of [...told, ...told]) await accept(event);
      await wakeAll(core.client, handleWake, id);
      await rig.queueUp(id.split('.')[1] ?? '', 'still here');
      expect(await sendAll(id)).toEqual(sent);
      core.clock.advance(60 * MINUTE);
    }
  });

  it('has it for a day at most without a word of the contact', async () => {
    const id = await write('hi');
    await accept(routed('taken'));
    core.clock.advance(24 * 60 * MINUTE - 1);
    await rig.queueUp(id.split('.')[1] ?? '', 'early');
    await sendAll(id);
    core.clock.advance(1);
    await rig.queueUp(id.split('.')[1] ?? '', 'late');
    expect(await sendAll(id)).toEqual(['late']);
  });

  it('whose contact never wrote to us is remembered, and makes no conversation', async () => {
    await accept(routed('standby'));
    await accept(routed('given', 5_000));
    expect(await core.client.keys(`${LANE.prefix}[ic]:*`)).toEqual([]);
  });

  it('opens the window with what the contact writes to it', async () => {
    const id = await write('hi');
    core.clock.advance(30 * 60 * MINUTE);
    await accept(routed('standby'));
    const contact = `${LANE.prefix}c:${id.split('.')[1]}`;
    expect(await core.client.hget(contact, `~w:${PHONE}`)).toBe(String(core.clock.nowMs()));
  });

  it('opens nothing by taking a conversation', async () => {
    const id = await write('hi');
    const contact = `${LANE.prefix}c:${id.split('.')[1]}`;
    const before = await core.client.hget(contact, `~w:${PHONE}`);
    core.clock.advance(MINUTE);
    await accept(routed('taken'));
    expect(await core.client.hget(contact, `~w:${PHONE}`)).toBe(before);
  });
});

it('a call opens the window, and silences nobody', async () => {
  const id = await write('hi');
  await sendAll(id);
  core.clock.advance(30 * 60 * MINUTE);
  const call: RoutingEvent = {
    ...{ kind: 'routing', phoneNumberId: PHONE, id: 'wacid.1', is: 'called' },
    ...{ timestampMs: core.clock.nowMs(), contact: { waId: rita.waId } },
  };
  expect(await core.accept([call, call], 'any')).toMatchObject({ routed: 2, messages: [] });
  expect(await core.client.hget(`${LANE.prefix}c:${id.split('.')[1]}`, `~w:${PHONE}`)).toBe(String(core.clock.nowMs()));
  await rig.queueUp(id.split('.')[1] ?? '', 'about your call');
  expect(await sendAll(id)).toEqual(['about your call']);
});

describe('a person who writes from the phone app', () => {
  it('has the word: the contact’s messages are recorded, stay unread, and get no answer until the pause is over', async () => {
    const id = await write('hi');
    expect(await sendAll(id)).toEqual(['you said hi']);
    const report = await core.accept([echo({ waId: rita.waId })], 'any');
    expect(report).toMatchObject({ echoes: 1, messages: [] });
    taken.length = 0;
    await write('are you a person?');
    expect([turns.at(-1)?.outcome, taken, await sendAll(id)]).toEqual(['paused', [], []]);
    core.clock.advance(59 * MINUTE);
    await write('still there?');
    expect(turns.at(-1)?.outcome).toBe('paused');
    core.clock.advance(1 * MINUTE);
    await write('and now?');
    expect(await sendAll(id)).toEqual(['you said and now?']);
  });

  it('keeps back replies that were about to leave, and counts from the last word, however the echoes come', async () => {
    const id = await write('hi');
    const later = echo({ bsuid: rita.bsuid }, { timestampMs: core.clock.nowMs() + 5 });
    core.clock.advance(10);
    await core.accept([later, echo(rita, { timestampMs: core.clock.nowMs() - 10 })], 'any');
    expect(await sendAll(id)).toEqual([]);
    expect(rig.observed.at(-1)).toMatchObject({ outcome: 'skipped', reason: 'staff_answers' });
    expect(await core.client.get(`${LANE.prefix}pw:${id}`)).toBe(String(later.timestampMs));
    // Left out on purpose: nobody has to mend that.
    expect(await core.client.llen(`${LANE.prefix}fx`)).toBe(0);
  });

  describe('while the bot has a message in hand', () => {
    const unknown: SendOutcome = { outcome: 'unknown', reason: 'timeout', mayHaveBeenSent: true };
    const statusIs = async () => (await core.client.hget(`${LANE.prefix}sm:0`, '1'))?.split('|')[0];

    it.each(['delivered', 'failed'])(
      'of which nobody knows whether Meta has it: a late %s is believed',
      async (word) => {
        const id = await write('hi');
        rig.answers.push(unknown);
        await rig.run(id);
        await core.accept([echo(rita)], 'any');
        core.clock.advance(GRACE_MS);
        await rig.run(id);
        expect(rig.observed.at(-1)).toMatchObject({ outcome: 'skipped', reason: 'staff_answers' });
        expect([rig.calls.length, await statusIs()]).toEqual([1, 'doubtful']);
        await core.accept([statusOf(id.split('.')[1] ?? '', 1, word)], 'any');
        expect(await statusIs()).toBe(word);
      },
    );

    it('that waits for the contact: it waits for the person, too, and is not lost', async () => {
      handleWake = bot(`
- say: { text: Your parcel is here, outsideWindow: wait }
- wait: true
- say: "you said {{ input.text }}"`);
      const id = await write('hi');
      core.clock.advance(25 * 60 * MINUTE);
      expect(await sendAll(id)).toEqual([]);
      await core.accept([echo(rita)], 'any');
      await write('are you a person?');
      // Back in the outbox, as the contact wrote; and parked again, as the person has the word.
      expect(await sendAll(id)).toEqual([]);
      expect(rig.observed.at(-1)).toMatchObject({ outcome: 'parked', reason: 'staff_answers' });
      core.clock.advance(61 * MINUTE);
      await write('thanks');
      expect(await sendAll(id)).toEqual(['Your parcel is here', 'you said thanks']);
    });

    it('that waits for the contact, but may be with Meta already, is not said twice', async () => {
      handleWake = bot('- say: { text: Your parcel is here, outsideWindow: wait }');
      const id = await write('hi');
      rig.answers.push(unknown);
      await rig.run(id);
      await core.accept([echo(rita)], 'any');
      core.clock.advance(GRACE_MS);
      await rig.run(id);
      expect(rig.observed.at(-1)).toMatchObject({ outcome: 'skipped' });
      expect(await core.client.exists(`${LANE.prefix}pk:${id}`)).toBe(0);
    });
  });

  it('told twice, days late, or in the future changes nothing, nothing, and no more than now', async () => {
    const once = echo(rita);
    await core.accept([once, once, echo(rita, { timestampMs: core.clock.nowMs() + 90 * MINUTE })], 'any');
    core.clock.advance(61 * MINUTE);
    const id = await write('hi');
    await core.accept([once, echo(rita, { timestampMs: core.clock.nowMs() - 3 * 86_400_000 })], 'any');
    expect(await sendAll(id)).toEqual(['you said hi']);
  });

  it('who wrote first has the word as well: the contact’s first message is theirs', async () => {
    await core.accept([echo({ waId: rita.waId })], 'any');
    const id = await write('thanks for writing');
    expect([turns.at(-1)?.outcome, await sendAll(id)]).toEqual(['paused', []]);
  });

  it('is not minded by an endpoint that says so', async () => {
    handleWake = bot('- say: "you said {{ input.text }}"', 0);
    rig.endpoint.staffPauseMinutes = 0;
    await core.accept([echo(rita)], 'any');
    expect(await sendAll(await write('hi'))).toEqual(['you said hi']);
  });

  it('is left alone by what a flow has planned: that comes when the pause is over, in its order', async () => {
    handleWake = bot('- sleep: 10m\n- say: "slept"\n- wait: true\n- say: "you said {{ input.text }}"');
    const id = await write('hi');
    await core.accept([echo(rita)], 'any');
    core.clock.advance(11 * MINUTE);
    await script('due').run(core.client, LANE.prefix, [core.clock.nowMs(), 100]);
    await core.accept([textFrom(rita, 'me too')], 'any');
    await handleWake(await ownerOf(core.client, id), false);
    expect(await waitingTexts(core.client, id)).toEqual(['timer', 'me too']);
    core.clock.advance(50 * MINUTE);
    await wakeAll(core.client, handleWake, id);
    expect(turns.map(({ outcome }) => outcome)).toEqual(['waiting', 'answered', 'paused']);
    expect(await sendAll(id)).toEqual(['slept']);
  });

  it('is done when an operator says so', async () => {
    const id = await write('hi');
    await sendAll(id);
    await core.accept([echo(rita)], 'any');
    await write('hello?');
    expect(await endHandover(id)).toBe(202);
    await wakeAll(core.client, handleWake, id);
    await write('and now?');
    expect(await sendAll(id)).toEqual(['you said and now?']);
  });

  it.each([
    ['of a number nobody had', { event: echo(rita) }],
    ['that could not be read', { echo: { id: 'wamid.E', to: rita.waId } }],
  ])('told in an echo %s counts when an operator has it tried again', async (_what, raw) => {
    const replay = createQuarantineReplay({ accept: core.accept, readEvents });
    const event = { kind: 'malformed', reason: 'unknown_number', phoneNumberId: PHONE, raw };
    await replay(JSON.parse(JSON.stringify({ at: 1, appId: null, event })));
    const [key] = await core.client.keys(`${LANE.prefix}pw:*`);
    expect(key).toMatch(/pw:\d+\.[\w-]{16}$/);
    expect(await core.client.keys(`${LANE.prefix}i:*`)).toEqual([]);
  });
});

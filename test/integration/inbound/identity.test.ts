import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ContactIdentity, InboundEvent } from '../../../src/inbound/event.js';
import { type Core, LANE, startCore, waitingTexts } from '../../support/core.js';
import { identityChange, PHONE, textFrom } from '../../support/events.js';

let core: Core;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());
afterEach(() => core.client.flushall());

const rita = { bsuid: 'PT.RITA', waId: '351910000001' };

/** The contact a message of these identities belongs to. */
async function whoIs(contact: ContactIdentity, previous?: ContactIdentity): Promise<string> {
  const event = textFrom(contact, 'hi', previous === undefined ? {} : { previous, type: 'system' });
  const { messages, quarantined } = await core.accept([event], 'any');
  return messages[0]?.conversationId.split('.')[1] ?? Object.keys(quarantined)[0] ?? 'nobody';
}

describe('a contact', () => {
  it.each([
    ['user id alone', { bsuid: rita.bsuid }],
    ['number alone', { waId: rita.waId }],
    ['both', rita],
  ])('with %s is the same person every time', async (_what, contact) => {
    const first = await whoIs(contact);
    expect(first).toMatch(/^[\w-]{16}$/);
    expect(await whoIs(contact)).toBe(first);
  });

  it('without any identity goes to quarantine', async () => {
    expect(await whoIs({ username: 'rita', name: 'Rita' })).toBe('no_sender');
  });

  const { bsuid, waId } = rita;
  it.each<[string, ContactIdentity[]]>([
    ['number first, then a user id beside it, then either', [{ waId }, rita, { bsuid }, { waId }]],
    ['user id first, then a number beside it, then either', [{ bsuid }, rita, { waId }, { bsuid }]],
    ['both, then the number withheld, then back', [rita, { bsuid }, rita]],
    ['both, then an old webhook without user id', [rita, { waId }, rita]],
  ])('stays one: %s', async (_what, sightings) => {
    const seen = [];
    for (const sighting of sightings) seen.push(await whoIs(sighting));
    expect(new Set(seen).size).toBe(1);
  });

  it('whose number is used by somebody else now is not mixed up with them', async () => {
    const old = await whoIs(rita);
    const kofi = { bsuid: 'PT.KOFI', waId: rita.waId };
    const fresh = await whoIs(kofi);
    expect(fresh).not.toBe(old);
    expect(await whoIs({ waId: rita.waId })).toBe(fresh);
    expect(await whoIs({ bsuid: rita.bsuid })).toBe(old);
    expect(await whoIs(kofi)).toBe(fresh);
  });
});

describe('an announced change', () => {
  const next = { bsuid: 'PT.RITA2', waId: '351910000002' };

  it.each<[string, ContactIdentity, ContactIdentity, ContactIdentity]>([
    ['of the number, told by numbers', { waId: rita.waId }, { waId: rita.waId }, { waId: next.waId }],
    ['of number and user id, told by both', rita, rita, next],
    ['of the user id alone', rita, { bsuid: rita.bsuid }, { bsuid: next.bsuid }],
    ['from a number to a user id', { waId: rita.waId }, { waId: rita.waId }, { bsuid: next.bsuid }],
    ['of a contact known by number, told by both', { waId: rita.waId }, rita, next],
    ['of a contact known by user id, told by both', { bsuid: rita.bsuid }, rita, next],
  ])('%s in a message keeps the contact, under each new identity', async (_what, known, previous, contact) => {
    const id = await whoIs(known);
    expect(await whoIs(contact, previous)).toBe(id);
    if (contact.bsuid !== undefined) expect(await whoIs({ bsuid: contact.bsuid })).toBe(id);
    if (contact.waId !== undefined) expect(await whoIs({ waId: contact.waId })).toBe(id);
    expect(await whoIs(contact)).toBe(id);
  });

  it('outside any message (user_id_update) keeps the contact, and starts no turn', async () => {
    const id = await whoIs(rita);
    await core.client.del(`${LANE.prefix}i:${PHONE}.${id}`);
    const report = await core.accept([identityChange({ bsuid: rita.bsuid }, next)], 'any');
    expect(report).toMatchObject({ identities: 1, messages: [], duplicates: 0 });
    expect(await core.client.exists(`${LANE.prefix}i:${PHONE}.${id}`)).toBe(0);
    expect(await whoIs({ bsuid: next.bsuid })).toBe(id);
    expect(await whoIs({ waId: next.waId })).toBe(id);
  });

  it('that names no number reaches every number of the account', async () => {
    const id = await whoIs(rita);
    await core.accept([identityChange({ bsuid: rita.bsuid }, next, { phoneNumberId: undefined })], 'any');
    expect(await whoIs({ bsuid: next.bsuid })).toBe(id);
  });

  it('of somebody we never met is remembered', async () => {
    const id = await whoIs({ waId: next.waId }, { waId: rita.waId });
    expect(await whoIs({ waId: rita.waId })).toBe(id);
    expect(await whoIs({ waId: next.waId })).toBe(id);
  });

  it('sets the old number free: its next owner is somebody else', async () => {
    const id = await whoIs({ waId: rita.waId });
    await whoIs({ waId: next.waId }, { waId: rita.waId });
    expect(await whoIs({ bsuid: 'PT.STRANGER', waId: rita.waId })).not.toBe(id);
    expect(await whoIs(next)).toBe(id);
  });

  it('does not move a conversation that has begun under the new identity', async () => {
    const old = await whoIs(rita);
    const begun = await whoIs({ bsuid: next.bsuid });
    expect(begun).not.toBe(old);
    const before = await core.client.lrange(`${LANE.prefix}i:${PHONE}.${begun}`, 0, -1);
    await core.accept([identityChange({ bsuid: rita.bsuid }, { bsuid: next.bsuid })], 'any');
    expect(await whoIs({ bsuid: next.bsuid })).toBe(begun);
    const after = await core.client.lrange(`${LANE.prefix}i:${PHONE}.${begun}`, 0, -1);
    expect(after.slice(0, before.length)).toEqual(before);
  });

  it('joins an identity whose conversation is idle', async () => {
    const old = await whoIs(rita);
    const idle = await whoIs({ bsuid: next.bsuid });
    await core.client.del(`${LANE.prefix}i:${PHONE}.${idle}`);
    await core.accept([identityChange({ bsuid: rita.bsuid }, { bsuid: next.bsuid })], 'any');
    expect(await whoIs({ bsuid: next.bsuid })).toBe(old);
  });
});

it('a user id has one contact for ever, whatever numbers come and go beside it, unless Meta announces a change', async () => {
  const bsuids = ['PT.A', 'PT.B', 'PT.C'];
  const waIds = ['351910000001', '351910000002', '351910000003'];
  const sighting = fc
    .record({ bsuid: fc.option(fc.constantFrom(...bsuids)), waId: fc.option(fc.constantFrom(...waIds)) })
    .filter(({ bsuid, waId }) => bsuid !== null || waId !== null)
    .map(
      ({ bsuid, waId }): ContactIdentity => ({
        ...(bsuid === null ? {} : { bsuid }),
        ...(waId === null ? {} : { waId }),
      }),
    );
  await fc.assert(
    fc.asyncProperty(fc.array(sighting, { minLength: 1, maxLength: 20 }), async (sightings) => {
      await core.client.flushall();
      const contactOf = new Map<string, string>();
      const { messages } = await core.accept(
        sightings.map((contact) => textFrom(contact, 'x')),
        'any',
      );
      sightings.forEach(({ bsuid }, i) => {
        const contact = messages[i]?.conversationId ?? 'missing';
        if (bsuid === undefined) return;
        expect(contactOf.get(bsuid) ?? contact).toBe(contact);
        contactOf.set(bsuid, contact);
      });
      // And two user ids are never one person without an announcement.
      expect(new Set(contactOf.values()).size).toBe(contactOf.size);
    }),
    { numRuns: 150 },
  );
});

type Step =
  | { do: 'write'; who: number; as: 'id' | 'number' | 'both' }
  | { do: 'change'; who: number; by: 'system' | 'update' }
  | { do: 'handle' };

it('people who change numbers and user ids keep one conversation, with all they wrote, once and in order', async () => {
  const who = fc.nat({ max: 2 });
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('write' as const), who, as: fc.constantFrom('id', 'number', 'both') }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('change' as const), who, by: fc.constantFrom('system', 'update') }),
    },
    fc.constant({ do: 'handle' as const }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 30 }), fc.boolean(), async (steps, inOneWebhook) => {
      await core.client.flushall();
      let made = 0;
      const fresh = () => ({ bsuid: `PT.N${++made}`, waId: String(351_920_000_000 + made) });
      const people = [0, 1, 2].map(() => ({ ...fresh(), isLinked: false, wrote: [] as string[] }));
      const handled = new Map<string, string[]>();
      const events: InboundEvent[] = [];
      const flush = async () => void (await core.accept(events.splice(0), 'any'));
      const handle = async () => {
        await flush();
        for (const key of await core.client.keys(`${LANE.prefix}i:*`)) {
          const id = key.slice(`${LANE.prefix}i:`.length);
          const texts = (await waitingTexts(core.client, id)).filter((text) => text !== 'timer');
          handled.set(id, [...(handled.get(id) ?? []), ...texts]);
          await core.client.del(key);
          await core.client.zrem(`${LANE.prefix}pend`, id);
        }
      };
      for (const it of steps) {
        if (it.do === 'handle') {
          await handle();
          continue;
        }
        const person = people[it.who];
        if (person === undefined) continue;
        const { bsuid, waId } = person;
        if (it.do === 'write') {
          // A number that was never seen beside the user id may be anybody's.
          const as = it.as === 'number' && !person.isLinked ? 'both' : it.as;
          person.isLinked ||= as === 'both';
          const text = `${it.who} ${++made}`;
          person.wrote.push(text);
          events.push(textFrom({ ...(as === 'number' ? {} : { bsuid }), ...(as === 'id' ? {} : { waId }) }, text));
        } else {
          const next = fresh();
          const previous = { bsuid, ...(person.isLinked ? { waId } : {}) };
          const announced = { type: 'system', previous, message: { type: 'system' } };
          events.push(it.by === 'system' ? textFrom(next, '', announced) : identityChange(previous, next));
          Object.assign(person, next, { isLinked: true });
        }
        if (!inOneWebhook) await flush();
      }
      await handle();
      const spoken = [...handled.values()].filter((texts) => texts.length > 0);
      const expected = people.map(({ wrote }) => wrote).filter((texts) => texts.length > 0);
      expect(spoken.sort()).toEqual(expected.sort());
    }),
    { numRuns: 120 },
  );
});

import { beforeEach, describe, expect, it } from 'vitest';
import { parseConversationId, type StoredSession } from '../../../src/conversation/conversation.js';
import type { SessionFate } from '../../../src/conversation/session-version.js';
import { createTurn } from '../../../src/conversation/turn.js';
import type { TurnDraft, TurnTask } from '../../../src/conversation/turn-task.js';
import type { FlowVersion } from '../../../src/flow/definition.js';
import { advance } from '../../../src/flow/turn/advance.js';
import type { InboxItem } from '../../../src/inbound/item.js';
import { decodeOutboxItem } from '../../../src/shared/outbox-item.js';
import { ENDPOINT } from '../../support/core.js';
import { flowFiles, versionOf } from '../flow/talk.js';

/** Greets, asks with a timeout, and can hand over; `gone` has none of the steps that wait. */
const bot = (name: string, id: string) =>
  versionOf(
    flowFiles({
      welcome: `handlers: { sessionExpired: [{ say: "${name}: time is up" }] }
steps:
  - say: "${name}: hello"
  - id: ${id}
    question: { type: text, text: Name?, into: context.name, timeout: 5m, onTimeout: [{ say: "${name}: late" }, { stop: true }] }
  - { id: person-${id}, handover: { message: "${name}: a person comes" } }
  - say: "${name}: bye {{ context.name }}"
`,
    }),
  );
const OLD = bot('old', 'ask');
const NEW = bot('new', 'ask');
const GONE = bot('gone', 'other');

/** What is current, what becomes of the others, and which ones nobody has any more. */
let current: FlowVersion;
let fate: SessionFate;
let lost: string[];
let flow: string;
let session: StoredSession | undefined;
beforeEach(() => {
  current = OLD;
  fate = 'keep';
  lost = [];
  flow = 'welcome';
  session = undefined;
});

const takeTurn = createTurn({
  advance,
  readMessage: ({ messageId, message }) => ({
    startsTurn: true,
    message: {
      messageId,
      type: 'text',
      text: String(message.text),
      data: {},
      attachments: [],
      supported: true,
      whatsapp: message,
    },
  }),
  versions: {
    current: () => ({ hash: current.hash, version: current }),
    get: async (hash) => [OLD, NEW, GONE].find((version) => version.hash === hash && !lost.includes(hash)),
    fate: () => fate,
  },
  performCall: () => Promise.reject(new Error('no calls here')),
  limits: { stepsPerTurn: 100, flowDepth: 20, maxMemoryBytes: 10_000 },
});

let seq = 0;
async function turn(item: InboxItem, other: Partial<TurnTask> = {}): Promise<TurnDraft & { says: unknown[] }> {
  const draft = await takeTurn({
    conversation: parseConversationId('1.abc'),
    endpoint: { ...ENDPOINT, flow },
    seq: String(++seq),
    item,
    session,
    contact: { waId: '1', custom: {} },
    checkpoint: undefined,
    nowMs: 0,
    saveCheckpoint: async () => undefined,
    ...other,
  });
  session = draft.session === undefined ? undefined : JSON.parse(JSON.stringify(draft.session));
  const says = draft.replies.map((reply) => {
    const content = decodeOutboxItem(reply)?.content;
    return content?.type === 'text' ? content.text : content;
  });
  return { ...draft, says };
}
const say = (text: string) =>
  turn({ kind: 'message', messageId: 'm', acceptedMs: 0, timestampMs: 0, contact: { waId: '1' }, message: { text } });
const ring = () => turn({ kind: 'timer', token: session?.flow.timers[0] ?? 'none', acceptedMs: 0 });
const outcomes = ({ trace }: TurnDraft) => trace.map(({ outcome }) => outcome);

describe('a session of a version that is not current', () => {
  it('ends where it began, while new ones begin with the current', async () => {
    await say('hi');
    current = NEW;
    expect((await say('Ana')).says).toEqual(['old: a person comes']);
    expect(session?.version).toBe(OLD.hash);
    session = undefined;
    expect((await say('hi')).says[0]).toBe('new: hello');
  });

  it('goes on in the current one by step id, when it is to move', async () => {
    await say('hi');
    [current, fate] = [NEW, 'move'];
    const moved = await say('Ana');
    expect(moved.says).toEqual(['new: a person comes']);
    expect(outcomes(moved)[0]).toBe('versionMoved');
    expect(session?.version).toBe(NEW.hash);
  });

  it('begins at the top of the current one, when its step is gone, and its timer is closed', async () => {
    await say('hi');
    const [token = ''] = session?.flow.timers ?? [];
    [current, fate] = [GONE, 'move'];
    const moved = await say('Ana');
    expect(moved.says[0]).toBe('gone: hello');
    expect(outcomes(moved).slice(0, 2)).toEqual(['versionMoved', 'stepGone']);
    expect(moved.trace[1]).toMatchObject({ flow: 'welcome', step: 'ask' });
    expect(moved.cancelTimers).toContain(token);
  });

  it('is over, when it is to end: the message begins anew, and the context is gone', async () => {
    await say('hi');
    if (session !== undefined) session.flow.context = { wrong: true };
    [current, fate] = [NEW, 'end'];
    const ended = await say('Ana');
    expect(ended.says[0]).toBe('new: hello');
    expect(outcomes(ended)[0]).toBe('versionEnded');
    expect(session?.flow.context).toEqual({});
  });

  it.each<[SessionFate, FlowVersion, unknown[]]>([
    ['move', NEW, ['new: late']],
    ['move', GONE, []],
    ['end', NEW, []],
  ])('to %s meets that at its timer: nothing of the old version runs any more', async (to, version, says) => {
    await say('hi');
    [current, fate] = [version, to];
    const rung = await ring();
    expect(rung.says).toEqual(says);
    expect(session?.version).toBe(to === 'end' ? undefined : version.hash);
    if (session !== undefined) expect(session.flow.timers).toEqual([]);
    expect((await say('hi again')).says[0]).toBe(`${version === NEW ? 'new' : 'gone'}: hello`);
  });

  it.each<[SessionFate, unknown[]]>([
    ['move', ['new: bye Ana']],
    ['end', []],
  ])('to %s is left to the person who has it in hand until they are done', async (to, says) => {
    await say('hi');
    await say('Ana');
    [current, fate] = [NEW, to];
    expect((await say('are you there?')).says).toEqual([]);
    expect(session).toMatchObject({ version: OLD.hash, flow: { handover: true } });
    const ended = await turn({ kind: 'handoverEnded', acceptedMs: 0 });
    // `person-ask` is there in both: the flow goes on behind it.
    expect(ended.says).toEqual(says);
    expect((await say('hi')).says[0]).toBe('new: hello');
  });

  it('moves by ids alone when nobody has its version any more', async () => {
    await say('hi');
    [current, lost] = [NEW, [OLD.hash]];
    expect((await say('Ana')).says).toEqual(['new: a person comes']);
  });

  it('moves when its version does not have the flow the endpoint begins with now', async () => {
    await say('hi');
    flow = 'reception';
    current = versionOf(flowFiles({ reception: 'steps: [{ say: Welcome }]', welcome: 'steps: [{ say: old }]' }));
    const moved = await say('Ana');
    expect(moved.says).toEqual(['Welcome']);
    expect(session?.version).toBe(current.hash);
  });

  it('says farewell in the version it moved to, when its time is over', async () => {
    await say('hi');
    await ring();
    [current, fate] = [NEW, 'move'];
    const late = await turn({ kind: 'timer', token: 'x', acceptedMs: 31 * 60_000 });
    expect(late.says).toEqual(['new: time is up']);
    expect(session).toBeUndefined();
  });
});

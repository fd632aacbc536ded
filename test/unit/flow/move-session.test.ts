import { describe, expect, it } from 'vitest';
import { moveSession } from '../../../src/flow/turn/move-session.js';
import { flowFiles, Talk, versionOf } from './talk.js';

const ASK = '  - { id: ask, question: { type: text, text: Name?, into: context.name } }';
const bot = (steps: string, other: { [name: string]: string } = {}) =>
  versionOf(flowFiles({ bot: `steps:\n${steps}\n`, ...other }));

/** Talks to one version until it waits, and goes on in the other. */
function moved(before: string, after: string, { known = true } = {}) {
  const [from, to] = [bot(before), bot(after)];
  const talk = new Talk(from);
  talk.say('hi');
  if (talk.session === undefined) throw new Error('the conversation has ended');
  const { session, gone } = moveSession(talk.session, known ? from : undefined, to);
  const later = new Talk(to);
  later.session = session;
  later.turns = 1;
  return { gone, session, says: (text: string) => later.say(text), talk: later };
}

describe('a session moves', () => {
  it('to the step with its id, wherever that is now, and keeps what it knows', () => {
    const { gone, says, talk } = moved(
      `  - set: { context.tries: 1 }\n${ASK}`,
      `  - say: New here\n  - if: "true"\n    then:\n    ${ASK}\n  - say: "Hello {{ context.name }}, {{ context.tries }}"`,
    );
    expect(gone).toBeUndefined();
    expect(says('Ana')).toEqual(['Hello Ana, 1']);
    expect(talk.failures).toEqual([]);
  });

  it.each([
    ['whose id is gone', ASK, '  - { id: other, wait: true }', 'ask'],
    ['that is of another kind now', ASK, '  - { id: ask, wait: true }', 'ask'],
    ['without an id, when its flow has changed', '  - wait: true', '  - say: one\n  - wait: true', 'steps[0]'],
    ['without an id, even if one like it stands there', '  - wait: true', '  - wait: true\n  - say: done', 'steps[0]'],
  ])('from a step %s to the top, with its context and without its timers', (_which, before, after, step) => {
    const { gone, session, says } = moved(`  - set: { context.kept: 7 }\n${before}`, `  - say: top\n${after}`);
    expect(gone).toEqual({ flow: 'bot', step: step === 'ask' ? 'ask' : 'steps[1]' });
    expect(session).toMatchObject({ context: { kept: 7 }, timers: [], handover: false });
    expect(says('hello')).toContain('top');
  });

  it('without an id, as long as its own flow stays as it is', () => {
    const steps = 'steps:\n  - wait: true\n  - say: behind\n';
    const [from, to] = [
      versionOf(flowFiles({ bot: steps, other: 'steps: [{ say: one }]' })),
      versionOf(flowFiles({ bot: steps.replaceAll('\n', '\r\n'), other: 'steps: [{ say: two }]' })),
    ];
    const talk = new Talk(from);
    talk.say('hi');
    const { session, gone } = moveSession(talk.session ?? expect.fail(), from, to);
    expect(gone).toBeUndefined();
    const later = new Talk(to);
    later.session = session;
    expect(later.say('go')).toEqual(['behind']);
  });

  it('by ids alone, when nobody can read the version it began in', () => {
    expect(moved(ASK, `  - say: new\n${ASK}`, { known: false }).gone).toBeUndefined();
    expect(moved('  - wait: true', '  - wait: true', { known: false }).gone).toEqual({ flow: 'bot', step: 'steps[0]' });
  });

  it('out of a flow that is gone, also when only its caller is', () => {
    const inner = 'steps:\n  - { id: w, wait: true }\n';
    const from = versionOf(flowFiles({ bot: 'steps: [{ id: call, executeFlow: inner }]', inner }));
    const to = versionOf(flowFiles({ bot: 'steps: [{ say: hello }]', inner }));
    const talk = new Talk(from);
    talk.say('hi');
    expect(moveSession(talk.session ?? expect.fail(), from, to).gone).toEqual({ flow: 'inner', step: 'w' });
    expect(moveSession(talk.session ?? expect.fail(), from, from).gone).toBeUndefined();
  });

  it('without what steps remembered that are others now', () => {
    const once = '  - once: [{ say: first }]\n    afterwards: [{ say: again }]\n';
    const seen = moved(`${once}  - { id: w, wait: true }`, `  - say: new\n${once}  - { id: w, wait: true }`);
    seen.says('on');
    expect(seen.says('round')).toEqual(['new', 'first']);
    const named = once.replace('- once', '- id: o\n    once');
    const kept = moved(`${named}  - { id: w, wait: true }`, `  - say: new\n${named}  - { id: w, wait: true }`);
    kept.says('on');
    expect(kept.says('round')).toEqual(['new', 'again']);
  });
});

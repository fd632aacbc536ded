import { describe, expect, it } from 'vitest';
import { recordingsOf, type ServerTurn } from '../../../src/rehearsal/from-server.js';

const text = (body: string) => ({ type: 'text', text: { body } });
let at = 0;

/** A turn of a session that goes on. */
function turn(seq: string, item: ServerTurn['item'], ...said: string[]): ServerTurn {
  at += 1_000;
  const messages = said.map((one) => ({ type: 'text', text: one }));
  return { k: 'turn', seq, at, item, began: false, said: messages, where: 'here', timers: [] };
}

/** What happens and what the bot says then. */
function told(...turns: ServerTurn[]) {
  const [first, ...others] = turns;
  if (first === undefined) throw new Error('a conversation has a turn');
  return recordingsOf('it', [{ ...first, began: true }, ...others]).flatMap((one) =>
    one.turns.map(({ act, said, at: where }) => [
      act,
      said.map(({ content }) => ('text' in content ? content.text : '')),
      where,
    ]),
  );
}

describe('a conversation on a server', () => {
  it('tells each message of a burst, and how long was waited for more', () => {
    const message = { kind: 'message', message: text('a'), burst: [text('b')], collectMs: 1_500 };
    expect(told(turn('1', message, 'ab'))).toEqual([
      [{ contact: 'a' }, [], 'ended'],
      [{ contact: 'b' }, [], 'ended'],
      [{ wait: '1s 500ms' }, ['ab'], 'here'],
    ]);
  });

  it('tells a turn in parts as one', () => {
    const message = { kind: 'message', message: text('a'), burst: [text('b')], collectMs: 1_000 };
    expect(told(turn('1', message, 'one moment'), turn('1', message, 'done')).at(-1)).toEqual([
      { wait: '1s' },
      ['one moment', 'done'],
      'here',
    ]);
  });

  it('leaves out what a person answered: nobody does in a rehearsal', () => {
    const answered = told(
      turn('1', { kind: 'message', message: text('a') }, 'Hello'),
      turn('2', { kind: 'message', message: text('for Rita'), paused: true }),
      turn('3', { kind: 'message', message: text('b') }, 'Hello again'),
    );
    expect(answered.map(([act]) => act)).toEqual([{ contact: 'a' }, { contact: 'b' }]);
  });
});

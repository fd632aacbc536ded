import type { Problem } from '../flow/reading/finding.js';
import type { Json } from '../shared/json.js';
import { describeMessage, shortly } from './describe.js';
import { align, differences, messageDifferences } from './expect.js';
import { isStep, type Played, type PlayedTurn } from './play.js';
import type { FlowTest, TestTurn } from './test-file.js';
import { inline } from './words.js';

/** What a test says and what came: where it stands in the file, a sentence, and the two laid side by side. */
export interface Failure extends Problem {
  /** of the test */
  turn: number | undefined;
  /** each begins with `-` (expected), `+` (came) or a space (both) */
  diff: readonly string[];
}

/**
 * Whether a played test came out as it says. Only the first turn that went wrong is told: what follows it is its echo.
 *
 * @param path of the test in its file
 */
export function judge(test: FlowTest, played: Played, path: readonly PropertyKey[]): Failure[] {
  for (const [index, turn] of test.turns.entries()) {
    const came = played.turns[index];
    const failures = came === undefined ? [] : judgeTurn(turn, came, index, [...path, 'turns', index]);
    if (failures.length > 0) return [...failures, ...unmocked(played, path)];
  }
  return [...unmocked(played, path), ...unused(test, played, path)];
}

/**
 * @param index of the turn in its test
 * @param path of the turn in its file
 */
export function judgeTurn(turn: TestTurn, came: PlayedTurn, index: number, path: readonly PropertyKey[]): Failure[] {
  const failed = (key: string, message: string, diff: readonly string[] = []): Failure => ({
    path: [...path, key],
    message,
    turn: index,
    diff,
  });
  if (came.noSuchTap !== undefined) {
    const offered = came.noSuchTap.offered.slice(0, 12).map(({ choice }) => choice.id);
    const hint = offered.length === 0 ? 'nothing was offered so far' : `there are ${offered.join(', ')}`;
    return [failed('tap', `there is nothing to tap called ${inline(turn.tap ?? '')}: ${hint}`)];
  }
  if (came.noSuchStep !== undefined) {
    const said = came.noSuchStep.said.slice(0, 12).join(', ');
    const hint = said === '' ? 'nothing was said so far' : `these have: ${said}`;
    return [failed('fails', `the step ${inline(turn.fails ?? '')} has said nothing: ${hint}`)];
  }
  const failures: Failure[] = [];
  if (turn.bot !== undefined) failures.push(...judgeMessages(turn.bot, came, index, [...path, 'bot']));
  for (const memory of ['context', 'profile'] as const) {
    const expected = turn[memory];
    if (expected === undefined) continue;
    for (const difference of differences(expected, came[memory] ?? {})) {
      const name = [memory, ...difference.path].join('.');
      const diff = [`- ${inline(difference.expected)}`, `+ ${worded(difference.actual)}`];
      failures.push({ path: [...path, memory, ...difference.path], message: `${name} is another`, turn: index, diff });
    }
  }
  if (turn.at !== undefined && !isAt(turn.at, came.at)) {
    failures.push(failed('at', 'the session waits elsewhere', [`- ${turn.at}`, `+ ${placeText(came.at)}`]));
  }
  const hasEnded = typeof came.at === 'string';
  if (turn.ends !== undefined && turn.ends !== hasEnded) {
    const where = hasEnded ? 'the flow came to its end' : `the session waits at ${placeText(came.at)}`;
    failures.push(failed('ends', where, [`- ends: ${turn.ends}`, `+ ends: ${hasEnded}`]));
  }
  return failures;
}

function judgeMessages(
  expected: readonly Json[],
  { said }: PlayedTurn,
  turn: number,
  path: readonly PropertyKey[],
): Failure[] {
  const came = said.map(({ content }) => describeMessage(content));
  const differs = (e: number, a: number) => messageDifferences(expected[e] ?? null, came[a] ?? null);
  const lines = align(expected.length, came.length, (e, a) => differs(e, a).length === 0);
  const firstWrong = lines.find((line) => !('both' in line));
  if (firstWrong === undefined) return [];
  const diff = lines.map((line) => {
    if ('both' in line) return `  ${inline(expected[line.both[0]] ?? null)}`;
    if ('expected' in line) return `- ${inline(expected[line.expected] ?? null)}`;
    const content = said[line.actual]?.content;
    return `+ ${content === undefined ? '' : inline(shortly(content))}`;
  });
  if (expected.length === came.length) {
    // As many as expected: each stands for its own, and the fault is inside one of them.
    const index = expected.findIndex((_, at) => differs(at, at).length > 0);
    const [inside] = index === -1 ? [] : differs(index, index);
    if (inside !== undefined && inside.path.length > 0) {
      const what = [
        `- ${inside.path.join('.')}: ${inline(inside.expected)}`,
        `+ ${inside.path.join('.')}: ${worded(inside.actual)}`,
      ];
      return [{ path: [...path, index, ...inside.path], message: 'the message is another', turn, diff: what }];
    }
    return [{ path: [...path, Math.max(0, index)], message: 'the bot said something else', turn, diff }];
  }
  const at = 'expected' in firstWrong ? [...path, firstWrong.expected] : path;
  const message = `the bot said ${counted(came.length)}, and ${expected.length === 0 ? 'nothing was' : `${counted(expected.length)} ${expected.length === 1 ? 'was' : 'were'}`} expected`;
  return [{ path: at, message, turn, diff }];
}

function counted(messages: number): string {
  return messages === 0 ? 'nothing' : `${messages} message${messages === 1 ? '' : 's'}`;
}

function worded(value: Json | undefined): string {
  return value === undefined ? '(nothing)' : inline(value);
}

function isAt(expected: string, at: PlayedTurn['at']): boolean {
  if (typeof at === 'string') return expected === at;
  return isStep(expected, at);
}

/** `top`, `ended`, or the step; with its flow, so that a session inside another flow is told apart. */
export function placeText(at: PlayedTurn['at']): string {
  return typeof at === 'string' ? at : `${at.flow}/${at.step}`;
}

function unmocked({ mocks }: Played, path: readonly PropertyKey[]): Failure[] {
  return mocks.unmocked.map(({ kind, what, nearest }) => ({
    path,
    message: `no mock answers the ${kind} call ${what}`,
    ...(nearest === undefined ? {} : { hint: nearest }),
    turn: undefined,
    diff: [],
  }));
}

function unused(test: FlowTest, { mocks }: Played, path: readonly PropertyKey[]): Failure[] {
  return mocks.unused().flatMap(({ kind, index, used, times }) => {
    // Behind the test's own stand those of its file.
    const isOwn = index < (test[kind]?.length ?? 0);
    const message =
      used === 0 ? `nothing called this ${kind} mock` : `this ${kind} mock was called ${used} times of ${times}`;
    return [
      {
        path: isOwn ? [...path, kind, index] : [kind, index - (test[kind]?.length ?? 0)],
        message,
        turn: undefined,
        diff: [],
      },
    ];
  });
}

import { isMap, isNode, isSeq, type Node, parseDocument } from 'yaml';
import { isJsonObject, type Json } from '../shared/json.js';
import { describeMessage, namesOf, shortly } from './describe.js';
import { differences, messageDifferences } from './expect.js';
import { placeText } from './judge.js';
import { isCutOff, type PlayedTurn } from './play.js';
import type { TestResult } from './run.js';
import type { TestTurn } from './test-file.js';
import { inline } from './words.js';

/** A place in a file and what stands there instead. */
interface Splice {
  from: number;
  to: number;
  text: string;
}

/**
 * A test file whose expectations are what came. Only what was wrong is written anew, and only what the test spoke of; all
 * the rest of the file, comments too, stays as it is.
 *
 * @param results of one file
 */
export function updated(text: string, results: readonly TestResult[]): { text: string; changes: number } {
  const document = parseDocument(text, { version: '1.2', schema: 'core' });
  const splices = results.flatMap(({ test, played, path }) =>
    test.turns.flatMap((turn, index) => {
      const came = played.turns[index];
      const nodeAt = (...rest: readonly PropertyKey[]): Node | undefined => {
        const found = document.getIn([...path, 'turns', index, ...rest], true);
        return isNode(found) ? found : undefined;
      };
      return came === undefined || isCutOff(came) ? [] : turnSplices(turn, came, nodeAt, text);
    }),
  );
  // From the end: what stands before a change keeps its place.
  const changed = splices
    .toSorted((a, b) => b.from - a.from)
    .reduce((whole, { from, to, text: put }) => whole.slice(0, from) + put + whole.slice(to), text);
  return { text: changed, changes: splices.length };
}

type NodeAt = (...rest: readonly PropertyKey[]) => Node | undefined;

function turnSplices(turn: TestTurn, came: PlayedTurn, nodeAt: NodeAt, text: string): Splice[] {
  const splices = turn.bot === undefined ? [] : botSplices(turn.bot, came, nodeAt, text);
  const put = (node: Node | undefined, value: Json): void => {
    if (node !== undefined) splices.push(replace(node, inline(value), text));
  };
  for (const memory of ['context', 'profile'] as const) {
    for (const { path, actual } of differences(turn[memory] ?? {}, came[memory] ?? {})) {
      put(nodeAt(memory, ...path), actual ?? null);
    }
  }
  const isText = typeof came.at === 'string';
  const at = isText ? placeText(came.at) : typeof came.at === 'object' ? came.at.step : '';
  if (turn.at !== undefined && turn.at !== at && turn.at !== placeText(came.at)) put(nodeAt('at'), at);
  if (turn.ends !== undefined && turn.ends !== isText) put(nodeAt('ends'), isText);
  return splices;
}

function botSplices(expected: readonly Json[], { said }: PlayedTurn, nodeAt: NodeAt, text: string): Splice[] {
  const came = said.map(({ content }) => describeMessage(content));
  const isRight = (index: number) => messageDifferences(expected[index] ?? null, came[index] ?? null).length === 0;
  if (expected.length === came.length) {
    return expected.flatMap((old, index) => {
      // `bot: Hello` is a list of one without its brackets.
      const node = isSeq(nodeAt('bot')) ? nodeAt('bot', index) : nodeAt('bot');
      const content = said[index]?.content;
      if (isRight(index) || node === undefined || content === undefined) return [];
      return [replace(node, inline(again(old, came[index] ?? null, shortly(content))), text)];
    });
  }
  const node = nodeAt('bot');
  if (node === undefined) return [];
  const messages = said.map(({ content }) => inline(shortly(content)));
  const isBlock = isSeq(node) && node.flow !== true && messages.length > 0;
  return [replace(node, isBlock ? asBlock(node, messages, text) : `[${messages.join(', ')}]`, text)];
}

/** What came, in the form the test had: the same keys of a map, names where it had names. */
function again(old: Json, came: Json | undefined, short: Json): Json {
  if (typeof old === 'string' && isJsonObject(came) && typeof came.text === 'string') return came.text;
  if (!isJsonObject(old) || !isJsonObject(came)) return short;
  if (Object.keys(old).some((key) => !Object.hasOwn(came, key))) return short;
  return Object.fromEntries(Object.entries(old).map(([key, value]) => [key, inForm(value, came[key] ?? null)]));
}

function inForm(old: Json, came: Json): Json {
  if (differences(old, came, true).length === 0) return old;
  if (Array.isArray(came)) return came.map((item, index) => inForm(Array.isArray(old) ? (old[index] ?? '') : '', item));
  if (isJsonObject(came) && !isJsonObject(old)) return namesOf(came)[0] ?? came;
  return came;
}

function asBlock(node: Node, messages: readonly string[], text: string): string {
  const start = node.range?.[0] ?? 0;
  const column = start - (text.lastIndexOf('\n', start - 1) + 1);
  return messages.map((message) => `- ${message}`).join(`\n${' '.repeat(column)}`);
}

/** A block map or list ends behind its line's end, and a text in flow style may have blanks behind it: they stay. */
function replace(node: Node, put: string, text: string): Splice {
  const [from = 0, end = from] = node.range ?? [];
  const old = text.slice(from, end);
  const to = from + old.trimEnd().length;
  const isBlock = (isMap(node) || isSeq(node)) && node.flow !== true;
  return { from, to: isBlock ? to : end, text: put };
}

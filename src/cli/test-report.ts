import { type FlowCoverage, percent } from '../rehearsal/coverage.js';
import { choicesOf, describeMessage, shortly } from '../rehearsal/describe.js';
import { type Failure, placeText } from '../rehearsal/judge.js';
import type { PlayedTurn } from '../rehearsal/play.js';
import type { TestResult } from '../rehearsal/run.js';
import type { TestTurn } from '../rehearsal/test-file.js';
import { durationText, inline } from '../rehearsal/words.js';
import { type Paints, plural, printable } from './paint.js';

/** A test that went wrong: where, the difference, and the conversation up to there. */
export function failedTest(result: TestResult, trace: boolean, paint: Paints): string {
  const { file, test, failures, played } = result;
  const lines = [`${paint.error('✗')} ${paint.bold(printable(test.name))} ${paint.faint(file.path)}`];
  for (const failure of failures) lines.push(...failureLines(failure, result, paint));
  const last = failures.find(({ turn }) => turn !== undefined)?.turn ?? played.turns.length - 1;
  lines.push(paint.faint('  The conversation so far:'));
  played.turns.slice(0, last + 1).forEach((turn, index) => {
    const said = test.turns[index];
    if (said !== undefined) lines.push(...turnLines(said, turn, trace, paint).map((line) => `    ${line}`));
  });
  return `${lines.join('\n')}\n`;
}

function failureLines(failure: Failure, { file }: TestResult, paint: Paints): string[] {
  const { line, column } = file.place(failure);
  return [
    `  ${paint.bold(`${file.path}:${line}:${column}`)} ${failure.message}`,
    ...(failure.hint === undefined ? [] : [`    ${paint.faint('→')} ${printable(failure.hint)}`]),
    ...failure.diff.map((text) => `    ${coloured(printable(text), paint)}`),
  ];
}

function coloured(line: string, paint: Paints): string {
  if (line.startsWith('-')) return paint.error(line);
  return line.startsWith('+') ? paint.good(line) : line;
}

/** A turn as a person reads it. */
export function turnLines(said: TestTurn, turn: PlayedTurn, trace: boolean, paint: Paints): string[] {
  return [
    `${paint.faint('contact')}  ${printable(actText(said))}`,
    ...(trace ? turn.trace.map((entry) => paint.faint(traceText(entry))) : []),
    ...turn.said.map(({ content }) => `${paint.faint('bot    ')}  ${saidText(content)}`),
    ...(trace ? [paint.faint(`         waits at ${placeText(turn.at)}`)] : []),
  ];
}

/** A message on one line: what it says, and the ids of what can be tapped. */
function saidText(content: PlayedTurn['said'][number]['content']): string {
  const taps = choicesOf(content).map(({ id }) => ` [${id}]`);
  if (content.type !== 'text' && taps.length === 0) return printable(inline(shortly(content)));
  const { text } = describeMessage(content);
  return printable(`${typeof text === 'string' ? text.replaceAll('\n', ' ⏎ ') : content.type}${taps.join('')}`);
}

function actText({ contact, tap, wait, handoverEnded, fails }: TestTurn): string {
  if (tap !== undefined) return `taps ${tap}`;
  if (wait !== undefined) return `waits ${durationText(wait)}`;
  if (fails !== undefined) return `does not get what ${fails} said`;
  if (handoverEnded === true) return 'comes back from a colleague';
  return typeof contact?.text === 'string' ? contact.text : inline(contact ?? {});
}

export function traceText({ flow, step, kind, outcome, detail }: PlayedTurn['trace'][number]): string {
  const place = step === '' ? '' : ` ${flow}/${step}`;
  return `         ${kind}${place}: ${outcome}${detail === undefined ? '' : ` (${detail})`}`;
}

/** The last line of a run. */
export function summary(results: readonly TestResult[], tookMs: number, paint: Paints): string {
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  const turns = results.reduce((sum, { played }) => sum + played.turns.length, 0);
  const passed = paint.good(`${plural(results.length - failed, 'test')} passed`);
  const counts = failed === 0 ? passed : `${paint.error(`${failed} failed`)}, ${passed}`;
  const perSec = Math.round((turns / Math.max(1, tookMs)) * 1000);
  return `${counts} ${paint.faint(`(${plural(turns, 'turn')} in ${Math.round(tookMs)} ms, ${perSec} turns/s)`)}\n`;
}

/** A table of flows, and what the tests never reached. */
export function coverageTable(flows: readonly FlowCoverage[], placeOf: PlaceOf, paint: Paints): string {
  const share = (counted: readonly { hits: number }[]): string => {
    const text = `${counted.filter(({ hits }) => hits > 0).length}/${counted.length}`.padStart(9);
    return `${text} ${String(percent(counted)).padStart(4)} %`;
  };
  const width = Math.max(4, ...flows.map(({ flow }) => flow.name.length));
  const rows = flows.map(({ flow, steps, branches }) => {
    const row = `${flow.name.padEnd(width)} ${share(steps)} ${share(branches)}`;
    return percent([...steps, ...branches]) === 100 ? paint.good(row) : row;
  });
  const missed = flows.flatMap(({ flow, steps, branches }) => [
    ...steps.flatMap(({ step, hits }) => (hits > 0 ? [] : [`${placeOf(flow, step)} ${step.kind} ${step.ref}`])),
    ...branches.flatMap(({ step, branch, hits }) =>
      // Whoever never came to the step has not come to its branches either.
      hits > 0 || steps.some((one) => one.step === step && one.hits === 0)
        ? []
        : [`${placeOf(flow, step)} ${step.kind} ${step.ref}: branch ${branch}`],
    ),
  ]);
  const head = paint.bold(`${'flow'.padEnd(width)} ${'steps'.padStart(16)} ${'branches'.padStart(16)}`);
  const rest = missed.length === 0 ? [] : ['', 'Never reached:', ...missed.map((one) => `  ${one}`)];
  return `${[head, ...rows, ...rest].join('\n')}\n`;
}

/** `config/flows/welcome.yaml:12:5` */
export type PlaceOf = (flow: FlowCoverage['flow'], step: FlowCoverage['steps'][number]['step']) => string;

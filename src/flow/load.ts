import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { OwnFile } from '../shared/message.js';
import { Block, type Step } from './behaviour.js';
import { checkFlows, type LoadedFlow } from './checks/check.js';
import { rawProblems } from './checks/raw-check.js';
import { type Flow, type FlowVersion, HANDLERS } from './definition.js';
import { flowFileSchema } from './language.js';
import { asMeant } from './reading/as-meant.js';
import { problemsOf } from './reading/fields.js';
import type { Finding, Problem } from './reading/finding.js';
import { isManifest, OwnFileName, ownFilesOf } from './reading/own-files.js';
import { readSource, type Source } from './reading/read-source.js';
import type { Raw } from './reading/source.js';
import { walkFields } from './reading/walk-fields.js';
import type { StepKind } from './step.js';
import { stepKinds } from './steps/step-kinds.js';

export interface FlowFile {
  /** as the findings should name it */
  path: string;
  text: string;
}

/** `version` is there when no finding is an error. The same files, in any order, make the same version. */
export interface LoadedFlows {
  version: FlowVersion | undefined;
  findings: Finding[];
  /** for checks that know more than the flows; empty while a file cannot be read, as half a bot has other faults */
  flows: readonly LoadedFlow[];
}

/** Reads a file to its flow, and says what is wrong with it. Undefined when it cannot be read. */
type ReadFlowFile = (file: FlowFile, ownFiles: OwnFiles, findings: Finding[]) => LoadedFlow | undefined;

/** @param kinds what steps flows may have; the language's own are `stepKinds` */
export function createLoader(kinds: readonly StepKind[]): (files: readonly FlowFile[]) => LoadedFlows {
  return loader(createFileReader(flowFileSchema(kinds)));
}

function loader(read: ReadFlowFile): (files: readonly FlowFile[]) => LoadedFlows {
  return (files) => {
    const findings: Finding[] = [];
    const flowFiles = files.filter(({ path }) => !isManifest(path));
    const ownFiles = ownFilesIn(files);
    const flows = flowFiles.flatMap((file) => read(file, ownFiles, findings) ?? []);
    if (flowFiles.length === 0)
      findings.push({
        severity: 'error',
        code: 'no-flows',
        file: '',
        line: 1,
        column: 1,
        message: 'there are no flow files',
      });
    // A reference to a flow that could not be read is no second mistake.
    const isWhole = flows.length === flowFiles.length;
    if (isWhole) findings.push(...checkFlows(flows, [...ownFiles.byPath.keys()]));
    findings.sort(byPlace);
    const failed = findings.some(({ severity }) => severity === 'error');
    return { version: failed ? undefined : versionOf(files, flows), findings, flows: isWhole ? flows : [] };
  };
}

const readFlowFile = createFileReader(flowFileSchema(stepKinds));

/**
 * Reads, checks and compiles the flow files of a bot.
 *
 * @returns with the version every finding, in the order of files and lines; never throws for anything in a file
 */
export const loadFlows = loader(readFlowFile);

/**
 * The version of files that were found free of errors before, in parts: whoever has other things to do does them between
 * one file and the next. What only shows with all flows in hand is not looked at again; whatever may still be wrong is an
 * error of the turn that meets it.
 *
 * @returns undefined when a file cannot be read: it was written for another release
 */
export function* compileFlows(files: readonly FlowFile[]): Generator<undefined, FlowVersion | undefined> {
  const flows: LoadedFlow[] = [];
  const findings: Finding[] = [];
  const ownFiles = ownFilesIn(files);
  for (const file of files) {
    if (isManifest(file.path)) continue;
    const loaded = readFlowFile(file, ownFiles, findings);
    if (loaded === undefined || findings.some(({ severity }) => severity === 'error')) return undefined;
    flows.push(loaded);
    yield;
  }
  return versionOf(files, flows);
}

interface ReadFile extends LoadedFlow {
  /** of this file alone; none is an error */
  findings: readonly Finding[];
}

/** Reads files to flows. A file that some version in memory has already is not read again, and takes no memory of its own. */
function createFileReader(schema: FlowFileSchema): ReadFlowFile {
  const known = new Map<string, WeakRef<Flow>>();
  const readFiles = new WeakMap<Flow, ReadFile>();
  const forgotten = new FinalizationRegistry<string>((key) => {
    if (known.get(key)?.deref() === undefined) known.delete(key);
  });

  return (file, ownFiles, findings) => {
    const key = `${digestOf(file.text)} ${ownFiles.digest} ${file.path}`;
    const before = known.get(key)?.deref();
    const found = before === undefined ? undefined : readFiles.get(before);
    if (found !== undefined) {
      findings.push(...found.findings);
      return found;
    }
    const own: Finding[] = [];
    const loaded = loadFile(file, schema, own);
    findings.push(...own);
    if (loaded === undefined) return undefined;
    for (const name of loaded.flow.ownFiles) name.found = ownFiles.byPath.get(name.path);
    if (own.some(({ severity }) => severity === 'error')) return loaded;
    known.set(key, new WeakRef(loaded.flow));
    readFiles.set(loaded.flow, { ...loaded, findings: own });
    forgotten.register(loaded.flow, key);
    return loaded;
  };
}

/** What the files of a bot are besides flows. */
interface OwnFiles {
  /** of the list: with other files of its own a flow is another one */
  digest: string;
  byPath: ReadonlyMap<string, OwnFile>;
}

function ownFilesIn(files: readonly FlowFile[]): OwnFiles {
  const texts = files.flatMap(({ path, text }) => (isManifest(path) ? [text] : []));
  const own = ownFilesOf(files);
  return {
    digest: own.length === 0 ? '' : digestOf(texts.join('')),
    byPath: new Map(own.map((one) => [one.path, one])),
  };
}

/** The order in which findings are told. */
export function byPlace(a: Finding, b: Finding): number {
  return compare(a.file, b.file) || a.line - b.line || a.column - b.column;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function versionOf(files: readonly FlowFile[], loaded: readonly LoadedFlow[]): FlowVersion {
  const sources = files
    .map(({ path, text }) => [path, withUnixLines(text)])
    .sort(([a = ''], [b = '']) => compare(a, b));
  return Object.freeze({
    hash: digestOf(JSON.stringify(sources)),
    flows: Object.freeze(loaded.map(({ flow }) => flow.name).sort(compare)),
    byName: new Map(loaded.map(({ flow }) => [flow.name, flow])),
    remembers: loaded.some(({ flow }) => [...flow.steps.values()].some(({ kind }) => kind === 'llm')),
    handles: new Set(HANDLERS.filter((name) => loaded.some(({ flow }) => flow.handlers[name] !== undefined))),
  });
}

/** An editor or git on Windows changes line ends, and nothing else by it. */
const withUnixLines = (text: string): string => text.replace(/\r\n?/g, '\n');

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

function loadFile({ path, text }: FlowFile, schema: FlowFileSchema, findings: Finding[]): LoadedFlow | undefined {
  const source = readSource(path, text);
  findings.push(...source.findings);
  if (source.findings.length > 0) return undefined;
  const read = readFlow(source, schema, findings);
  if (read === undefined) return undefined;
  const { file, raw, written } = read;
  const placed = (problem: Problem, place: Source['place']) => place({ ...problem, path: written(problem.path) });
  const base = path.replace(/^.*\//, '').replace(/\.(ya?ml|json)$/, '');
  const { flow, problems } = link(path, digestOf(withUnixLines(text)), file);
  if (file.flow !== base) {
    const message = `the flow \`${file.flow}\` is in a file called ${base}`;
    const hint = 'give both the same name';
    problems.push({ code: 'file-name', path: ['flow'], message, hint, severity: 'warning' });
  }
  findings.push(...[...problems, ...rawProblems(raw)].map((problem) => placed(problem, source.place)));
  // A parsed document is many times its file: it is made again in the rare case that the flow has a finding later.
  let place: Source['place'] | undefined;
  return {
    flow,
    place: (problem) => {
      place ??= readSource(path, text).place;
      return placed(problem, place);
    },
  };
}

type FlowFileSchema = ReturnType<typeof flowFileSchema>;

interface ReadFlow {
  file: z.output<FlowFileSchema>;
  raw: Raw | undefined;
  /** where something of `raw` is in the file */
  written(path: readonly PropertyKey[]): readonly PropertyKey[];
}

/** A file whose only faults are misspelt keys is read as it was meant: what else is wrong with it is said at once, too. */
function readFlow({ raw, place }: Source, schema: FlowFileSchema, findings: Finding[]): ReadFlow | undefined {
  const read = schema.safeParse(raw);
  if (read.success) return { file: read.data, raw, written: (path) => path };
  const problems = problemsOf(read.error);
  findings.push(...unique(problems.map((problem) => place(withBeginning(problem)))));
  const meant = raw === undefined ? undefined : asMeant(raw, problems);
  if (meant === undefined) return undefined;
  const again = schema.safeParse(meant.raw);
  return again.success ? { file: again.data, ...meant } : undefined;
}

/** How a file begins, for who does not know it by heart. */
const BEGINNINGS: { readonly [message: string]: string } = {
  'a flow needs `spec`': 'begin the file with the line `spec: 1`',
  'a flow needs `flow`': 'write the name of the file behind `flow:`, in the line below `spec: 1`',
  'a flow needs `steps`': 'write `steps:`, and each step below it as `  - say: Hello`',
  'a flow is a map, not a list':
    'begin the file with `spec: 1`, `flow:` and its name, and `steps:`; the list belongs below that',
};

function withBeginning(problem: Problem): Problem {
  const hint = Object.hasOwn(BEGINNINGS, problem.message) ? BEGINNINGS[problem.message] : undefined;
  return hint === undefined ? problem : { ...problem, hint };
}

function unique(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter((finding) => {
    const key = JSON.stringify(finding);
    return !seen.has(key) && seen.add(key);
  });
}

/** Gives every step its path, its place in its block, and the flow its steps by id. */
function link(
  path: string,
  digest: string,
  file: z.output<ReturnType<typeof flowFileSchema>>,
): { flow: Flow; problems: Problem[] } {
  const steps = new Map<string, Step>();
  const ownFiles: OwnFileName[] = [];
  const problems: Problem[] = [];

  function linkBlock(block: Block, keys: readonly PropertyKey[], owner: Step | undefined): void {
    block.owner = owner;
    block.steps.forEach((step, index) => {
      const at = [...keys, index];
      step.block = block;
      step.next = block.steps[index + 1];
      step.keys = at;
      step.path = pathText(at);
      step.ref = step.id ?? step.path;
      step.place = `${file.flow}/${step.ref}`;
      steps.set(step.path, step);
      if (step.id !== undefined && steps.has(step.id)) {
        const message = `two steps of this flow have the id \`${step.id}\``;
        problems.push({ code: 'duplicate-id', path: [...at, 'id'], message });
      }
      steps.set(step.ref, step);
      walkFields(step.fields, (found, inner) => {
        if (found instanceof Block) linkBlock(found, [...at, ...inner], step);
        if (found instanceof OwnFileName) ownFiles.push(found);
      });
    });
  }

  const handlers = file.handlers ?? file.on ?? {};
  const root = file.handlers === undefined ? 'on' : 'handlers';
  linkBlock(file.steps, ['steps'], undefined);
  for (const name of HANDLERS) {
    const block = handlers[name];
    if (block !== undefined) linkBlock(block, [root, name], undefined);
  }
  const intents = file.intents ?? [];
  intents.forEach((intent, index) => {
    const { action } = intent;
    if (action !== undefined && 'steps' in action) linkBlock(action.steps, ['intents', index, 'steps'], undefined);
  });
  const flow: Flow = {
    name: file.flow,
    title: file.title,
    file: path,
    digest,
    context: file.context ?? {},
    texts: file.texts ?? new Map(),
    handlers,
    // Those that are disabled count, or findings would stand beside their places.
    intents: intents.flatMap((intent, index) => (intent.disabled ? [] : [{ ...intent, keys: ['intents', index] }])),
    start: file.steps,
    ownFiles,
    steps,
  };
  return { flow, problems };
}

/** `steps[3].cases.shipped[0]`; a key that is no plain word is quoted, so that no two paths look the same. */
function pathText(keys: readonly PropertyKey[]): string {
  return keys.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    const word = String(key);
    if (!/^[\w-]+$/.test(word)) return `${text}[${JSON.stringify(word)}]`;
    return text === '' ? word : `${text}.${word}`;
  }, '');
}

import { existsSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../config/load.js';
import { type Config, SettingsSchema } from '../config/schema.js';
import type { TurnEndpoint } from '../conversation/turn.js';
import type { FlowVersion } from '../flow/definition.js';
import { FlowName } from '../flow/fields.js';
import type { FlowFile } from '../flow/load.js';
import { loadFlows } from '../flow/load.js';
import { walkFields } from '../flow/walk-fields.js';
import { CallLog } from '../rehearsal/call-log.js';
import { Chat } from '../rehearsal/chat.js';
import { StandingClock } from '../rehearsal/conversation.js';
import { createMocks, type Mocks } from '../rehearsal/mocks.js';
import { endpointOf } from '../rehearsal/play.js';
import { testFileOf } from '../rehearsal/record.js';
import { readTestFile } from '../rehearsal/test-file.js';
import { durationText } from '../rehearsal/words.js';
import { openHandlers } from '../roles/calls.js';
import { systemClock } from '../shared/clock.js';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import { CalledWrongly } from './called-wrongly.js';
import { callText, createChatScreen } from './chat-screen.js';
import { DEFAULT_FLOWS, readFlowFiles } from './flow-files.js';
import { type Paints, paints, wantsColor } from './paint.js';
import { oneFinding } from './show-findings.js';

interface Options {
  flows: string;
  endpoint?: string;
  locale?: string;
  profile: JsonObject;
  trace?: boolean;
  record?: string;
  mock?: string;
}

/** `parlance chat [flow]` */
export function addChat(program: Command, _projectDir: string): void {
  program
    .command('chat')
    .description('talk to a flow in the terminal; it is reloaded when a file is saved')
    .argument('[flow]', 'where the conversation begins; may be left out when there is only one to begin with')
    .option('--flows <folder>', 'the flows', DEFAULT_FLOWS)
    .option('--endpoint <id>', 'with the language, time zone, env and secrets of an endpoint of config/endpoints')
    .option('--locale <tag>', 'in place of the endpoint’s, such as de-DE')
    .option('--profile <json>', 'what is known of the contact: \'{"name":"Ana"}\'', readProfile, {})
    .option('--trace', 'show each step and what it decided')
    .option('--record <file>', 'write the conversation as a test: bot.test.yaml')
    .option('--mock <file>', 'answer http and llm calls with the mocks of a test file')
    .action(async (flow: string | undefined, options: Options) => {
      const cwd = process.cwd();
      const chat = openChat({ flow, options, cwd, color: wantsColor(), write: (text) => process.stdout.write(text) });
      try {
        await (process.stdin.isTTY ? talk(chat) : readAll(chat));
      } finally {
        await chat.close();
      }
    });
}

export interface OpenChat {
  /** @returns false when the chat is over */
  line(written: string): Promise<boolean>;
  /** ends a pause of the flow */
  skip(): Promise<void>;
  /** how long the flow pauses, ms; undefined when it does not */
  pauseMs(): number | undefined;
  /** takes the flows as they are on disk now; says what is wrong with them, and goes on with the old ones then */
  reload(): void;
  /** absolute */
  folder: string;
  close(): Promise<void>;
}

/** @throws CalledWrongly, ConfigError */
export function openChat(asked: {
  flow: string | undefined;
  options: Options;
  cwd: string;
  color: boolean;
  write(text: string): void;
}): OpenChat {
  const { options, cwd, write } = asked;
  const paint = paints(asked.color);
  const screen = createChatScreen(write, paint);
  let files = readFlowFiles([options.flows], cwd).files;
  const { version, complaints } = load(files, paint);
  if (version === undefined) throw new CalledWrongly(`${complaints}The flows cannot be run.`);
  const flow = asked.flow ?? beginning(version);
  if (!version.flows.includes(flow)) {
    throw new CalledWrongly(`There is no flow ${flow}; there are ${version.flows.join(', ')}.`);
  }
  const config = configOf(cwd);
  const endpoint = endpointFor(flow, options, config);
  const nowMs = Math.floor(systemClock.nowMs() / 1000) * 1000;
  const mocks = options.mock === undefined ? undefined : mocksFrom(options.mock, cwd, nowMs);
  const calls = new CallLog(
    () => performance.now(),
    (call, tookMs) => write(`${paint.warning(`⇄ ${callText(call, tookMs)}`)}\n`),
  );
  const { handlers, close } = openHandlers(config, systemClock, (kind, real) =>
    calls.watched(kind, mocks?.[kind] ?? real),
  );
  const chat = new Chat({
    version,
    endpoint,
    profile: options.profile,
    nowMs,
    limits: config.conversation,
    handlers,
    trace: options.trace === true,
    screen,
    calls,
  });
  const given = givenOf(endpoint, options, nowMs);
  const record = (): void => {
    if (options.record === undefined) return;
    writeFileSync(resolve(cwd, options.record), testFileOf(flow, given, chat.recordings));
  };
  const reload = (): void => {
    const saved = readFlowFiles([options.flows], cwd).files;
    if (sameFiles(files, saved)) return;
    files = saved;
    const next = load(saved, paint);
    write(next.complaints);
    if (next.version === undefined) screen.note('The flows are broken; the conversation goes on with the old ones.');
    else {
      chat.use(next.version);
      screen.note('The flows were reloaded.');
    }
  };

  screen.note(`${flow}: write as the contact would; /help for more, /quit to end.`);
  if (mocks === undefined)
    screen.note('HTTP calls are real. With --mock file.test.yaml they are answered by a test file.');
  return {
    async line(written) {
      reload();
      const goesOn = await chat.line(written);
      record();
      return goesOn;
    },
    async skip() {
      await chat.skip();
      record();
    },
    pauseMs: () => chat.pauseMs,
    reload,
    folder: resolve(cwd, options.flows),
    close,
  };
}

function load(files: readonly FlowFile[], paint: Paints): { version: FlowVersion | undefined; complaints: string } {
  const { version, findings } = loadFlows(files);
  const errors = findings.filter(({ severity }) => severity === 'error');
  const textOf = (path: string) => files.find((file) => file.path === path)?.text;
  return { version, complaints: errors.map((one) => `${oneFinding(one, textOf(one.file), paint)}\n`).join('') };
}

function sameFiles(a: readonly FlowFile[], b: readonly FlowFile[]): boolean {
  return a.length === b.length && a.every(({ path, text }, index) => b[index]?.path === path && b[index].text === text);
}

/** The flow no other one executes. @throws CalledWrongly when there are several */
function beginning({ flows, byName }: FlowVersion): string {
  const executed = new Set<string>();
  for (const flow of byName.values()) {
    for (const step of flow.steps.values()) {
      walkFields(step.fields, (found) => void (found instanceof FlowName && executed.add(found.name)));
    }
  }
  const [first, ...others] = flows.filter((name) => !executed.has(name));
  if (first !== undefined && others.length === 0) return first;
  throw new CalledWrongly(`Say which flow: ${flows.join(', ')}.`);
}

/** A project's own configuration, or the defaults where there is none. */
function configOf(cwd: string): Config {
  if (existsSync(join(cwd, 'config/default.yaml'))) return loadConfig({ dir: cwd, env: process.env });
  const settings = SettingsSchema.parse({});
  return { ...settings, simulatorOn: false, endpoints: [], skippedEndpoints: [], origins: {} };
}

/** As the endpoint that was asked for, else as the first whose bot begins with this flow. */
function endpointFor(flow: string, { endpoint: id, locale }: Options, { endpoints }: Config): TurnEndpoint {
  const found = endpoints.find((one) => (id === undefined ? one.flow === flow : one.id === id));
  if (found === undefined && id !== undefined) {
    throw new CalledWrongly(`There is no endpoint ${id}; there are ${endpoints.map((one) => one.id).join(', ')}.`);
  }
  const usual = endpointOf(flow, locale === undefined ? {} : { locale });
  if (found === undefined) return usual;
  return {
    ...usual,
    locale: locale ?? found.locale,
    timeZone: found.timeZone,
    sessionExpirationMinutes: found.sessionExpirationMinutes,
    handlers: found.handlers,
    duringSleep: found.duringSleep,
    collectMs: found.collectMs,
    startsTurn: found.startsTurn,
    handoverHours: found.handoverHours,
    fallback: found.fallback,
    env: found.env,
    secrets: found.secrets,
  };
}

/** What a recorded test begins with. */
function givenOf(endpoint: TurnEndpoint, { profile }: Options, nowMs: number): JsonObject {
  const { locale, timeZone, env, handlers, duringSleep = 'interrupt', collectMs = 0 } = endpoint;
  return {
    locale,
    timeZone,
    ...(handlers === undefined ? {} : { handlers }),
    ...(duringSleep === 'interrupt' ? {} : { duringSleep }),
    ...(collectMs === 0 ? {} : { collect: durationText(collectMs) }),
    now: new Date(nowMs).toISOString(),
    ...(Object.keys(profile).length === 0 ? {} : { profile }),
    ...(Object.keys(env).length === 0 ? {} : { env: { ...env } }),
  };
}

/** All mocks of a file, each as often as it is asked. @throws CalledWrongly */
function mocksFrom(path: string, cwd: string, nowMs: number): Mocks {
  const full = resolve(cwd, path);
  if (!existsSync(full)) throw new CalledWrongly(`There is no file ${path}.`);
  const { file, findings } = readTestFile(relative(cwd, full), readFileSync(full, 'utf8'));
  if (file === undefined) {
    const [first] = findings;
    throw new CalledWrongly(`${path}:${first?.line}:${first?.column} ${first?.message}`);
  }
  const { tests, http = [], llm = [] } = file.content;
  const always = <M>(mocks: readonly M[]) => mocks.map((mock) => ({ ...mock, times: 'any' as const }));
  return createMocks(
    always([...tests.flatMap((test) => test.http ?? []), ...http]),
    always([...tests.flatMap((test) => test.llm ?? []), ...llm]),
    new StandingClock(nowMs),
  );
}

function readProfile(written: string): JsonObject {
  const value = parse(written);
  if (isJsonObject(value)) return value;
  throw new InvalidArgumentError('JSON is expected, such as {"name":"Ana","language":"de"}');
}

function parse(written: string): Json | undefined {
  try {
    const value: Json = JSON.parse(written);
    return value;
  } catch {
    return undefined;
  }
}

/** One line in, replies out; pauses of the flow are passed over. */
async function readAll(chat: OpenChat): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    if (!(await chat.line(line))) return;
    while (chat.pauseMs() !== undefined) await chat.skip();
  }
}

/** Editors save in several writes. */
const STILL_MS = 50;

/** At a terminal: pauses take their time, and an empty line ends them. */
async function talk(chat: OpenChat): Promise<void> {
  const input = createInterface({ input: process.stdin, output: process.stdout, prompt: '> ' });
  let saved: NodeJS.Timeout | undefined;
  let pause: NodeJS.Timeout | undefined;
  // One thing after the other, whoever asks for it: the keyboard, a timer, an editor.
  let working: Promise<unknown> = Promise.resolve();
  const next = (work: () => Promise<boolean | undefined>): void => {
    clearTimeout(pause);
    working = working.then(work).then((goesOn) => {
      if (goesOn === false) return input.close();
      const pauseMs = chat.pauseMs();
      if (pauseMs !== undefined) pause = setTimeout(() => next(async () => void (await chat.skip())), pauseMs);
      return input.prompt();
    });
    working.catch((err: unknown) => input.emit('error', err));
  };
  const watcher = watch(chat.folder, () => {
    clearTimeout(saved);
    saved = setTimeout(() => next(async () => void chat.reload()), STILL_MS);
  });
  input.prompt();
  try {
    await new Promise<void>((end, fail) => {
      input.on('line', (line) => next(() => chat.line(line)));
      input.once('close', end);
      input.once('error', fail);
    });
  } finally {
    clearTimeout(pause);
    clearTimeout(saved);
    watcher.close();
  }
}

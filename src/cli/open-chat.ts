import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { FlowVersion } from '../flow/definition.js';
import type { FlowFile } from '../flow/load.js';
import { loadFlows } from '../flow/load.js';
import { CallLog } from '../rehearsal/call-log.js';
import { Chat } from '../rehearsal/chat.js';
import { givenOf, testFileOf } from '../rehearsal/record.js';
import type { Story } from '../rehearsal/story.js';
import { openHandlers } from '../roles/calls.js';
import { systemClock } from '../shared/clock.js';
import type { JsonObject } from '../shared/json.js';
import { CalledWrongly } from './called-wrongly.js';
import { callText, createChatScreen } from './chat-screen.js';
import { beginning, configOf, endpointFor, mocksFrom, settingsOf } from './chat-setup.js';
import { readFlowFiles } from './flow-files.js';
import { type Paints, paints } from './paint.js';
import { oneFinding } from './show-findings.js';

export interface ChatOptions {
  flows: string;
  endpoint?: string;
  locale?: string;
  profile: JsonObject;
  trace?: boolean;
  record?: string;
  mock?: string;
}

export interface OpenChat {
  /** goes through the conversation it is to go on with, if there is one */
  replay(): Promise<void>;
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
  options: ChatOptions;
  cwd: string;
  color: boolean;
  write(text: string): void;
  story?: Story | undefined;
}): OpenChat {
  const { options, cwd, write, story } = asked;
  const paint = paints(asked.color);
  const screen = createChatScreen(write, paint);
  let files = readFlowFiles([options.flows], cwd).files;
  const { version, complaints } = load(files, paint);
  if (version === undefined) throw new CalledWrongly(`${complaints}The flows cannot be run.`);
  const flow = asked.flow ?? story?.flow ?? beginning(version);
  if (!version.flows.includes(flow)) {
    throw new CalledWrongly(`There is no flow ${flow}; there are ${version.flows.join(', ')}.`);
  }
  const config = configOf(cwd);
  const own = endpointFor(flow, options, config);
  const asThere = story === undefined ? {} : settingsOf(flow, story.given);
  const endpoint = { ...own, ...asThere, ...(options.locale === undefined ? {} : { locale: options.locale }) };
  const nowMs = story?.given.now ?? Math.floor(systemClock.nowMs() / 1000) * 1000;
  const mocks = options.mock === undefined ? undefined : mocksFrom(options.mock, cwd, nowMs);
  const calls = new CallLog(
    () => performance.now(),
    (call, tookMs) => write(`${paint.warning(`⇄ ${callText(call, tookMs)}`)}\n`),
  );
  let past = story?.mocks;
  const { handlers, close } = openHandlers(config, systemClock, (kind, real) =>
    calls.watched(kind, (request, around) => ((past ?? mocks)?.[kind] ?? real)(request, around)),
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
  const given = givenOf(endpoint, nowMs, options.profile);
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
    async replay() {
      if (story === undefined) return;
      screen.note('Calls get the answers they got then.');
      await chat.replay(story);
      past = undefined;
      record();
      screen.note('From here on it is yours.');
    },
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

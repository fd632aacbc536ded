import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { loadConfig } from '../config/load.js';
import { type Config, SettingsSchema } from '../config/schema.js';
import type { TurnEndpoint } from '../conversation/turn-task.js';
import type { FlowVersion } from '../flow/definition.js';
import { FlowName } from '../flow/reading/fields.js';
import { walkFields } from '../flow/reading/walk-fields.js';
import { StandingClock } from '../rehearsal/conversation.js';
import { createMocks, type Mocks } from '../rehearsal/mocks.js';
import { endpointOf } from '../rehearsal/play.js';
import { type Story, storyOf } from '../rehearsal/story.js';
import { type Given, readTestFile } from '../rehearsal/test-file.js';
import { systemClock } from '../shared/clock.js';
import { CalledWrongly } from './called-wrongly.js';
import type { ServerOptions } from './server.js';
import { fetchConversation } from './server-conversation.js';

/** The flow no other one executes. @throws CalledWrongly when there are several */
export function beginning({ flows, byName }: FlowVersion): string {
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
export function configOf(cwd: string): Config {
  if (existsSync(join(cwd, 'config/default.yaml'))) return loadConfig({ dir: cwd, env: process.env });
  const settings = SettingsSchema.parse({});
  return { ...settings, simulatorOn: false, endpoints: [], skippedEndpoints: [], origins: {} };
}

/** As the endpoint that was asked for, else as the first whose bot begins with this flow. */
export function endpointFor(
  flow: string,
  { endpoint: id, locale }: { endpoint?: string; locale?: string },
  { endpoints }: Config,
): TurnEndpoint {
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
    llm: found.llm,
  };
}

/** As the endpoint on the server hears a contact. */
export function settingsOf(flow: string, given: Given): Partial<TurnEndpoint> {
  const {
    locale,
    timeZone,
    env,
    handlers,
    duringSleep,
    collectMs = 0,
    sessionExpirationMinutes,
  } = endpointOf(flow, given);
  return {
    locale,
    timeZone,
    env,
    handlers,
    collectMs,
    sessionExpirationMinutes,
    duringSleep: duringSleep ?? 'interrupt',
  };
}

/** All mocks of a file, each as often as it is asked. @throws CalledWrongly */
export function mocksFrom(path: string, cwd: string, nowMs: number): Mocks {
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

/** @throws what `Server` throws; CalledWrongly when nothing is kept that could be gone through */
export async function storyFrom(named: string, options: ServerOptions, cwd: string): Promise<Story> {
  const { endpoint, kept, flow, given, recordings } = await fetchConversation(
    named === 'last' ? undefined : named,
    options,
    { cwd, env: process.env },
  );
  const recording = recordings.at(-1);
  if (!kept || recording === undefined) {
    throw new CalledWrongly(`Endpoint ${endpoint} keeps no transcripts: set transcriptMinutes and talk again.`);
  }
  const story = storyOf({ flow, given, recording }, systemClock);
  if ('turns' in story) return story;
  throw new CalledWrongly(`This conversation cannot be gone through: ${story.findings[0]?.message}.`);
}

import type { DuringSleep } from '../conversation/burst.js';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import type { LoggedCall } from './call-log.js';
import type { Said } from './conversation.js';
import { shortly } from './describe.js';
import { durationText, inline } from './words.js';

/** One turn of a conversation that is written down. */
export interface RecordedTurn {
  /** `{ contact: Hi }`, `{ tap: track }`, `{ wait: 2s }`, `{ handoverEnded: true }` */
  act: JsonObject;
  said: readonly Said[];
  /** as `at` of a test */
  at: string;
}

export interface Recording {
  name: string;
  turns: readonly RecordedTurn[];
  calls: readonly LoggedCall[];
}

/** Settings of an endpoint that tell how its bot hears a contact; what is missing is as usual. */
export interface HearingSettings {
  locale: string;
  timeZone: string;
  env: { readonly [name: string]: string };
  handlers?: string | undefined;
  duringSleep?: DuringSleep | undefined;
  collectMs?: number | undefined;
  sessionExpirationMinutes?: number | undefined;
}

/** Sessions of tests end after half an hour when nothing is said; where they never end, a test says a year. */
const USUAL_EXPIRATION_MINUTES = 30;
const NEVER = '366d';

/** What a recorded test begins with. */
export function givenOf(settings: HearingSettings, nowMs: number, profile: JsonObject = {}): JsonObject {
  const { locale, timeZone, env, handlers, duringSleep = 'interrupt', collectMs = 0 } = settings;
  const { sessionExpirationMinutes: minutes = USUAL_EXPIRATION_MINUTES } = settings;
  const sessionExpiration = minutes === 0 ? NEVER : durationText(minutes * 60_000);
  return {
    locale,
    timeZone,
    ...(handlers === undefined ? {} : { handlers }),
    ...(duringSleep === 'interrupt' ? {} : { duringSleep }),
    ...(collectMs === 0 ? {} : { collect: durationText(collectMs) }),
    ...(minutes === USUAL_EXPIRATION_MINUTES ? {} : { sessionExpiration }),
    now: new Date(nowMs).toISOString(),
    ...(Object.keys(profile).length === 0 ? {} : { profile }),
    ...(Object.keys(env).length === 0 ? {} : { env: { ...env } }),
  };
}

/** A test file of conversations that took place: played again with these answers, they go the same way. */
export function testFileOf(flow: string, given: JsonObject, recordings: readonly Recording[]): string {
  const tests = recordings
    .filter(({ turns }) => turns.length > 0)
    .map(({ name, turns, calls }) =>
      [
        `  - name: ${inline(name)}`,
        ...mocksOf('http', calls, httpMock),
        ...mocksOf('llm', calls, llmMock),
        '    turns:',
        ...turns.map((turn) => `      - ${inline(turnOf(turn))}`),
      ].join('\n'),
    );
  return `flow: ${flow}\ngiven: ${inline(given)}\ntests:\n${tests.join('\n\n')}\n`;
}

function turnOf({ act, said, at }: RecordedTurn): JsonObject {
  return { ...act, bot: said.map(({ content }) => shortly(content)), at };
}

function mocksOf(kind: string, calls: readonly LoggedCall[], mock: (call: LoggedCall) => JsonObject): string[] {
  const own = calls.filter((call) => call.kind === kind);
  return own.length === 0 ? [] : [`    ${kind}:`, ...own.map((call) => `      - ${inline(mock(call))}`)];
}

function httpMock({ request, result }: LoggedCall): JsonObject {
  const { method, url = null } = request;
  return { ...(method === undefined || method === 'GET' ? {} : { method }), url, reply: replyOf(result) };
}

/** They answer in order: prompts are long, and change with every edit. */
function llmMock({ result }: LoggedCall): JsonObject {
  const { ok, text = '', json, tool, reason = 'network' } = isJsonObject(result) ? result : {};
  if (ok !== true) return { reply: { error: reason } };
  if (tool !== undefined) return { reply: { tool } };
  return { reply: json === undefined ? text : { json } };
}

const ERRORS = ['timeout', 'network', 'refused', 'hostNotFound', 'tls', 'tooLarge', 'badAnswer'];

function replyOf(result: Json): JsonObject {
  const { status, body = null, reason } = isJsonObject(result) ? result : {};
  if (typeof status !== 'number' || status === 0) {
    return { error: typeof reason === 'string' && ERRORS.includes(reason) ? reason : 'network' };
  }
  const answer = body === null ? {} : typeof body === 'string' ? { text: body } : { json: body };
  return { ...(status === 200 ? {} : { status }), ...answer };
}

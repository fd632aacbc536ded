import { type CallHandler, createPerformCall } from '../calls/perform-call.js';
import type { Contact } from '../conversation/conversation.js';
import { profileOf } from '../conversation/conversation.js';
import type { TurnEndpoint } from '../conversation/turn-task.js';
import { SimulatedEndpointFileSchema } from '../endpoint/endpoint.js';
import type { FlowVersion } from '../flow/definition.js';
import { positionsOf } from '../flow/turn/move-session.js';
import type { TraceEntry } from '../flow/turn/turn.js';
import type { JsonObject } from '../shared/json.js';
import { contactMessage, type Offer, offersOf, tapMessage } from './contact-message.js';
import { Conversation, type RehearsalLimits, type Said, StandingClock, type Turned } from './conversation.js';
import { createMocks, type Mocks } from './mocks.js';
import { DEFAULT_NOW_MS, type FlowTest, type Given, type TestFile, type TestTurn } from './test-file.js';

/** What a turn of a test came to. */
export interface PlayedTurn {
  said: readonly Said[];
  trace: readonly TraceEntry[];
  /** undefined: the session has ended */
  context: JsonObject | undefined;
  profile: JsonObject;
  /** `top`, `ended`, or where the session waits */
  at: 'top' | 'ended' | { flow: string; step: string };
  /** a tap on something that was not there: nothing happened, and nothing after it */
  noSuchTap?: { offered: readonly Offer[] };
  /** the message of a step was to fail that has said nothing: the same */
  noSuchStep?: { said: readonly string[] };
}

export interface Played {
  turns: readonly PlayedTurn[];
  mocks: Mocks;
}

export interface PlayDeps {
  version: FlowVersion;
  limits: RehearsalLimits;
  /** calls that are performed as in production: `code`, which may ask for `http` itself, and `expression` */
  handlers(http: CallHandler): { readonly [kind: string]: CallHandler };
}

/**
 * Plays a test to its end, whatever the bot says. What a flow does wrong is part of what it plays.
 *
 * @throws what the host's own parts throw
 */
export async function play(file: TestFile, test: FlowTest, deps: PlayDeps): Promise<Played> {
  const { content } = file;
  const given = mergeGiven(content.given, test.given);
  const clock = new StandingClock(given.now ?? DEFAULT_NOW_MS);
  const mocks = createMocks(mocksOf(content.http, test.http), mocksOf(content.llm, test.llm), clock);
  const conversation = new Conversation({
    version: withContext(deps.version, content.flow, given.context),
    endpoint: endpointOf(content.flow, given),
    contact: contactOf(given.profile ?? {}),
    clock,
    limits: limitsOf(deps.limits, given),
    performCall: createPerformCall({ ...deps.handlers(mocks.http), http: mocks.http, llm: mocks.llm }),
  });
  const turns: PlayedTurn[] = [];
  for (const turn of test.turns) {
    const played = await playTurn(conversation, turn);
    turns.push(played);
    if (isCutOff(played)) break;
  }
  return { turns, mocks };
}

/** Whether what the test wants to happen could not. */
export function isCutOff({ noSuchTap, noSuchStep }: PlayedTurn): boolean {
  return noSuchTap !== undefined || noSuchStep !== undefined;
}

function limitsOf(usual: RehearsalLimits, { limits: own = {} }: Given): RehearsalLimits {
  return {
    ...usual,
    stepsPerTurn: own.stepsPerTurn ?? usual.stepsPerTurn,
    flowDepth: own.flowDepth ?? usual.flowDepth,
    maxMemoryBytes: own.maxMemoryBytes ?? usual.maxMemoryBytes,
  };
}

/** Those of the test stand before those of its file, which need not be used. */
export function mocksOf<M extends { times?: number | 'any' | undefined }>(
  shared: readonly M[] | undefined,
  own: readonly M[] | undefined,
): M[] {
  return [...(own ?? []), ...(shared ?? []).map((mock) => ({ ...mock, times: mock.times ?? ('any' as const) }))];
}

/** Lets happen what a turn of a test says. */
export async function playTurn(conversation: Conversation, turn: TestTurn): Promise<PlayedTurn> {
  const said: Said[] = [];
  const trace: TraceEntry[] = [];
  const take = (turned: Turned): void => {
    said.push(...turned.said);
    trace.push(...turned.trace);
  };
  let noSuchTap: PlayedTurn['noSuchTap'];
  let noSuchStep: PlayedTurn['noSuchStep'];
  if (turn.wait !== undefined) await conversation.pass(turn.wait, take);
  else if (turn.handoverEnded === true) take(await conversation.endHandover());
  else if (turn.tap !== undefined) {
    const offered = offersOf(conversation.said);
    const offer = findOffer(offered, turn.tap, turn.on);
    if (offer === undefined) noSuchTap = { offered };
    else take(await conversation.receive(tapMessage(offer)));
  } else if (turn.fails !== undefined) {
    const failed = lastSaidBy(conversation.said, turn.fails);
    if (failed === undefined) noSuchStep = { said: [...new Set(conversation.said.map(({ step }) => step))] };
    else take(await conversation.fail(failed, turn.codes ?? [UNDELIVERABLE]));
  } else take(await conversation.receive(contactMessage(turn.contact ?? {}, conversation.said)));
  const { session } = conversation;
  return {
    said,
    trace,
    context: session?.flow.context,
    profile: profileOf(conversation.contact),
    at: placeOf(conversation),
    ...(noSuchTap === undefined ? {} : { noSuchTap }),
    ...(noSuchStep === undefined ? {} : { noSuchStep }),
  };
}

/** Meta's code for whom it cannot reach: no WhatsApp there, an old version, blocked. */
export const UNDELIVERABLE = 131_026;

/** What a step said last. */
export function lastSaidBy(said: readonly Said[], named: string): Said | undefined {
  return said.findLast(({ flow, step }) => isStep(named, { flow, step }));
}

/** Whether a test means this step: by its id, or with its flow. */
export function isStep(named: string, { flow, step }: { flow: string; step: string }): boolean {
  return named === step || named === `${flow}/${step}`;
}

/** Where a conversation stands. */
export function placeOf({ session }: Conversation): PlayedTurn['at'] {
  if (session === undefined) return 'ended';
  const position = positionsOf(session.flow).at(-1);
  return position === undefined ? 'top' : { flow: position.flow, step: position.at };
}

/** By id, else by title; the newest message first. */
export function findOffer(offers: readonly Offer[], tap: string, on: string | undefined): Offer | undefined {
  const asked = on === undefined ? offers : offers.filter(({ on: { content } }) => textOf(content).includes(on));
  const title = tap.trim().toLowerCase();
  return (
    asked.find(({ choice }) => choice.id === tap) ??
    asked.find(({ choice }) => choice.title.trim().toLowerCase() === title)
  );
}

function textOf(content: Said['content']): string {
  return 'text' in content && typeof content.text === 'string' ? content.text : '';
}

function mergeGiven(shared: Given = {}, own: Given = {}): Given {
  const profile = { ...shared.profile, ...own.profile };
  const context = { ...shared.context, ...own.context };
  const env = new Map([...(shared.env ?? []), ...(own.env ?? [])]);
  return { ...shared, ...own, profile, context, env };
}

/** An endpoint with nothing set but what a test gives. Replies take no time, so that timers go off when flows say. */
export function endpointOf(flow: string, given: Given): TurnEndpoint {
  const usual = SimulatedEndpointFileSchema.parse({ simulated: true, flow });
  return {
    id: 'rehearsal',
    flow,
    handlers: given.handlers,
    locale: given.locale ?? usual.locale,
    timeZone: given.timeZone ?? usual.timeZone,
    messageDelayMs: given.messageDelay ?? 0,
    sessionExpirationMinutes:
      given.sessionExpiration === undefined ? usual.sessionExpirationMinutes : given.sessionExpiration / 60_000,
    ...(given.duringSleep === undefined ? {} : { duringSleep: given.duringSleep }),
    ...(given.collect === undefined ? {} : { collectMs: given.collect }),
    fallback: usual.fallback,
    env: Object.fromEntries(given.env ?? []),
    secrets: {},
    llm: {},
  };
}

/** A number nobody has: Ofcom keeps it for drama. */
const WA_ID = '447700900123';

/** A profile as a test gives it: the identities WhatsApp tells, and the custom fields. */
export function contactOf(profile: JsonObject): Contact {
  const { waId = WA_ID, bsuid, username, name, ...custom } = profile;
  return {
    waId: String(waId),
    ...(bsuid === undefined ? {} : { bsuid: String(bsuid) }),
    ...(username === undefined ? {} : { username: String(username) }),
    ...(name === undefined ? {} : { name: String(name) }),
    custom,
  };
}

/** The version with other values in the context its sessions begin with. */
function withContext(version: FlowVersion, flow: string, context: JsonObject = {}): FlowVersion {
  const first = version.byName.get(flow);
  if (first === undefined || Object.keys(context).length === 0) return version;
  const changed = { ...first, context: { ...first.context, ...context } };
  return { ...version, byName: new Map([...version.byName, [flow, changed]]) };
}

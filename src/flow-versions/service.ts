import type { Finding } from '../flow/reading/finding.js';
import { ownFilesOf } from '../flow/reading/own-files.js';
import type { Clock } from '../shared/clock.js';
import type { OwnFile } from '../shared/message.js';
import { affectedBy } from './affected.js';
import type { FlowOutline, Inspection } from './inspection.js';
import { InspectionRefused } from './inspector.js';
import type { LiveSessions } from './live-sessions.js';
import { type Canary, encodePointer, type Pointer, rolledBack, switched, withCanary, withdrawn } from './pointer.js';
import type { FlowChange, FlowSource, FlowState, FlowStore, VersionRecord } from './store.js';
import type {
  Affected,
  DeployAnswer,
  DeployRequest,
  ListAnswer,
  RollbackAnswer,
  RollbackRequest,
  Share,
  SourcesAnswer,
  Switch,
  Version,
  WithdrawAnswer,
  WithdrawRequest,
} from './wire.js';

/** An endpoint as far as versions are concerned. */
export interface FlowEndpoint {
  id: string;
  flow: string;
  handlers?: string | undefined;
  phoneNumberId: string;
}

/** A change that was not made, and nothing else was; `message` says to a person what to do. */
export interface Refused {
  error:
    | 'flows_unfit'
    | 'unknown_endpoint'
    | 'no_endpoint'
    | 'no_such_version'
    | 'no_version_before'
    | 'nothing_to_share'
    | 'withdrawn'
    | 'missing_files'
    | 'changed'
    | InspectionRefused['reason'];
  message: string;
  findings?: readonly Finding[];
}

export interface FlowServiceDeps {
  store: FlowStore;
  /** @throws InspectionRefused */
  inspect(files: readonly FlowSource[]): Promise<Inspection>;
  /** of the bot's own files those that nobody has sent yet */
  missingFiles(files: readonly OwnFile[]): Promise<readonly OwnFile[]>;
  /** as they are now */
  endpoints(): readonly FlowEndpoint[];
  countSessions(): Promise<LiveSessions>;
  /** this process has changed something: it should know at once */
  onChanged(): Promise<void>;
  clock: Clock;
}

/** All that is done to versions, whoever asks: the API, the start of a process, a saved file. */
export interface FlowService {
  deploy(request: DeployRequest, options?: DeployOptions): Promise<DeployAnswer | Refused>;
  rollback(request: RollbackRequest): Promise<RollbackAnswer | Refused>;
  withdraw(number: number, request: WithdrawRequest): Promise<WithdrawAnswer | Refused>;
  list(withSessions: boolean): Promise<ListAnswer>;
  sources(number: number): Promise<SourcesAnswer | Refused>;
}

export interface DeployOptions {
  /** the files are those of the flows folder */
  folder?: boolean;
  /** of the files, when the caller has looked at them already */
  inspection?: Inspection;
  /** the endpoints there are about to be, in place of those there are */
  among?: readonly FlowEndpoint[];
}

export function isRefused(answer: object): answer is Refused {
  return 'error' in answer;
}

const HISTORY_SHOWN = 20;
/** Somebody else was faster; whoever expects nothing in particular simply decides again. */
const MOST_TRIES = 10;

export function createFlowService(deps: FlowServiceDeps): FlowService {
  const { store, clock } = deps;

  /** Decides on the state of now, until a decision meets the state it was made on. */
  async function change<T extends object>(
    expect: { readonly [endpoint: string]: number } | undefined,
    decide: (state: FlowState) => { change: FlowChange | undefined; answer: T } | Refused,
  ): Promise<{ answer: T; number: number; isNew: boolean } | Refused> {
    for (let tries = 1; tries <= MOST_TRIES; tries++) {
      const state = await store.read();
      const decided = decide(state);
      if (isRefused(decided)) return decided;
      if (decided.change === undefined) return { answer: decided.answer, number: 0, isNew: false };
      const early = stale(state, expect);
      // Stored all the same: whose deploy lost can still be looked at, compared and switched to.
      const stored = await store.change(early === undefined ? decided.change : onlyStore(decided.change));
      if (early !== undefined) return early;
      if (stored.outcome === 'ok') {
        await deps.onChanged();
        return { answer: decided.answer, number: stored.number, isNew: stored.isNew };
      }
      const meanwhile = await store.read();
      // Its answer was lost with a connection, and the client sent it again: what is there is ours.
      if (isMade(meanwhile, decided.change)) return { answer: decided.answer, number: stored.number, isNew: false };
      if (expect !== undefined) return stale(meanwhile, expect) ?? tooBusy();
    }
    return tooBusy();
  }

  function chosen(
    ids: readonly string[] | undefined,
    endpoints: readonly FlowEndpoint[] = deps.endpoints(),
  ): readonly FlowEndpoint[] | Refused {
    const unknown = ids?.find((id) => endpoints.every((endpoint) => endpoint.id !== id));
    if (unknown !== undefined) {
      const known = endpoints.map(({ id }) => id).join(', ');
      return {
        error: 'unknown_endpoint',
        message: `There is no endpoint "${unknown}". There are: ${known || 'none'}.`,
      };
    }
    return endpoints.filter(({ id }) => ids?.includes(id) ?? true);
  }

  /** @returns the refusal of what could not be looked at */
  async function inspected(files: readonly FlowSource[]): Promise<Inspection | Refused> {
    try {
      return await deps.inspect(files);
    } catch (err) {
      if (err instanceof InspectionRefused) return { error: err.reason, message: err.message };
      throw err;
    }
  }

  async function deploy(
    request: DeployRequest,
    { folder = false, inspection, among }: DeployOptions = {},
  ): Promise<DeployAnswer | Refused> {
    const { files, by, message, canaryPercent, sessions } = request;
    const looked = inspection ?? (await inspected(files));
    if (isRefused(looked)) return looked;
    const { outline: version, findings } = looked;
    if (version === undefined) {
      const errors = findings.filter(({ severity }) => severity === 'error').length;
      const what = errors === 1 ? 'There is an error' : `There are ${errors} errors`;
      return { error: 'flows_unfit', message: `${what} in the flows; nothing was deployed.`, findings };
    }
    const wanted = chosen(request.endpoints, among);
    if (isRefused(wanted)) return wanted;
    const fitting = wanted.filter(({ flow }) => version.flows.includes(flow));
    const untouched = wanted.filter(({ flow }) => !version.flows.includes(flow));
    if (fitting.length === 0 || (request.endpoints !== undefined && untouched.length > 0)) {
      const needs = (untouched.length > 0 ? untouched : deps.endpoints()).map(
        ({ id, flow }) => `${id} begins with "${flow}"`,
      );
      const message = `No endpoint can begin here: ${needs.join(', ') || 'there are no endpoints'}. The flows are: ${version.flows.join(', ')}.`;
      return { error: 'no_endpoint', message };
    }
    const missing = await deps.missingFiles(ownFilesOf(files));
    if (missing.length > 0 && !request.dryRun) {
      const message = `Files of the flows are not here yet: ${missing.map(({ path }) => path).join(', ')}. \`parlance deploy\` sends them.`;
      return { error: 'missing_files', message };
    }
    const record: Omit<VersionRecord, 'number'> = {
      hash: version.hash,
      createdMs: clock.nowMs(),
      by,
      message,
      flows: version.flows,
      files: files.length,
      bytes: files.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0),
    };

    const decided = await change(request.expect, (state) => {
      const nowMs = clock.nowMs();
      const lone = fitting.find(({ id }) => !state.pointers.has(id));
      if (canaryPercent !== undefined && lone !== undefined) {
        const message = `Endpoint ${lone.id} has no version yet that the others could stay on; deploy without a canary first.`;
        return { error: 'nothing_to_share', message };
      }
      const pointers = fitting.flatMap(({ id }) => {
        const before = state.pointers.get(id);
        const after = pointed(before, version.hash, canaryPercent, nowMs, sessions);
        return after === before || after === undefined ? [] : [{ endpoint: id, before, after }];
      });
      const answer = {
        switched: pointers.map(({ endpoint, before }) =>
          switchOf(state, endpoint, before, version.hash, canaryPercent),
        ),
        unchanged: fitting
          .filter(({ id }) => pointers.every(({ endpoint }) => endpoint !== id))
          .map(({ id }) => used(state, id)),
        untouched: untouched.map(({ id, flow }) => ({ ...used(state, id), flow })),
        revisions: Object.fromEntries(fitting.map(({ id }) => [id, state.pointers.get(id)?.revision ?? 0])),
        number: state.versions.find(({ hash }) => hash === version.hash)?.number,
        next: state.versions.length + 1,
        state,
      };
      if (request.dryRun) return { change: undefined, answer };
      const log = {
        atMs: nowMs,
        by,
        did: canaryPercent === undefined ? ('deployed' as const) : ('canary' as const),
        version: version.hash,
        endpoints: pointers.map(({ endpoint }) => endpoint),
        message,
      };
      return {
        change: {
          version: { record, sources: files },
          pointers,
          ...(state.withdrawn.has(version.hash) ? { reinstate: [version.hash] } : {}),
          ...(folder ? { folder: version.hash } : {}),
          ...(pointers.length > 0 ? { log } : {}),
        },
        answer,
      };
    });
    if (isRefused(decided)) return decided;
    const { answer } = decided;
    const number = decided.number || (answer.number ?? answer.next);
    const left = new Set(answer.switched.map(({ endpoint }) => endpoint));
    return {
      version: { number, hash: version.hash, isNew: request.dryRun ? answer.number === undefined : decided.isNew },
      switched: answer.switched.map((one) => ({ ...one, to: number })),
      unchanged: answer.unchanged,
      untouched: answer.untouched,
      warnings: findings,
      revisions: answer.revisions,
      ...(request.dryRun ? { affected: await affected(answer.state, version, left) } : {}),
      ...(request.dryRun && missing.length > 0 ? { missingFiles: missing.map(({ sha256 }) => sha256) } : {}),
    };
  }

  /** Of a stored version; undefined when nobody has it any more, or this program cannot read it. */
  async function outlineOf(hash: string): Promise<FlowOutline | undefined> {
    const files = await store.sources(hash);
    const looked = files === undefined ? undefined : await inspected(files);
    return looked === undefined || isRefused(looked) ? undefined : looked.outline;
  }

  /** Sessions of these endpoints that began with another version than `to`. */
  async function affected(
    state: FlowState,
    to: FlowOutline,
    ids: ReadonlySet<string>,
    only?: string,
  ): Promise<Affected> {
    const numbers = new Set(
      deps
        .endpoints()
        .filter(({ id }) => ids.has(id))
        .map(({ phoneNumberId }) => phoneNumberId),
    );
    const isLeft = (phone: string, hash: string) => numbers.has(phone) && (only === undefined || hash === only);
    const live = await deps.countSessions();
    const left = live.groups.filter(({ phoneNumberId, version }) => isLeft(phoneNumberId, version));
    const hashes = new Set(left.map(({ version }) => version));
    const began = new Map(await Promise.all([...hashes].map(async (hash) => [hash, await outlineOf(hash)] as const)));
    return affectedBy(live, to, isLeft, (hash) => numberOf(state, hash), began);
  }

  async function rollback(request: RollbackRequest): Promise<RollbackAnswer | Refused> {
    const wanted = chosen(request.endpoints);
    if (isRefused(wanted)) return wanted;
    const target = await versionNumbered(request.to);
    if (target !== undefined && isRefused(target)) return target;
    const lost =
      target === undefined ? [] : await deps.missingFiles(ownFilesOf((await store.sources(target.hash)) ?? []));
    if (target !== undefined && lost.length > 0) {
      const message = `Version ${target.number} was out of use for so long that files of it are gone: ${lost.map(({ path }) => path).join(', ')}. Deploy its flows again.`;
      return { error: 'missing_files', message };
    }
    const decided = await change(request.expect, (state) => {
      const nowMs = clock.nowMs();
      if (target !== undefined && state.withdrawn.has(target.hash)) {
        return {
          error: 'withdrawn',
          message: `Version ${target.number} was withdrawn; deploy its flows again to use it.`,
        };
      }
      const able = wanted.filter(({ flow }) => target === undefined || target.flows.includes(flow));
      const pointers = able.flatMap(({ id, flow }) => {
        const before = state.pointers.get(id);
        const after = before === undefined ? undefined : rolledBack(before, nowMs, unusable(state, flow), target?.hash);
        return before === undefined || after === undefined ? [] : [{ endpoint: id, before, after }];
      });
      if (pointers.length === 0) return nowhereToGo(target, able);
      const answer = {
        switched: pointers.map(({ endpoint, before, after }) => switchOf(state, endpoint, before, after.version)),
      };
      const [first] = pointers;
      const log = {
        atMs: nowMs,
        by: request.by,
        did: 'rolled back' as const,
        version: first?.after.version ?? '',
        endpoints: pointers.map(({ endpoint }) => endpoint),
        message: request.message,
      };
      return { change: { pointers, log }, answer };
    });
    return isRefused(decided) ? decided : decided.answer;
  }

  async function withdraw(number: number, request: WithdrawRequest): Promise<WithdrawAnswer | Refused> {
    const record = await versionNumbered(number);
    if (record === undefined || isRefused(record)) return record ?? noSuchVersion(number);
    const { hash } = record;
    const decided = await change(undefined, (state) => {
      const nowMs = clock.nowMs();
      const pointers: { endpoint: string; before: Pointer; after: Pointer }[] = [];
      for (const { id, flow } of deps.endpoints()) {
        const before = state.pointers.get(id);
        if (before === undefined) continue;
        const after = withdrawn(before, hash, request.sessions, nowMs, unusable(state, flow));
        if (after === undefined) {
          const message = `Endpoint ${id} uses version ${number}, and there is no version before it: deploy another one first.`;
          return { error: 'no_version_before', message };
        }
        pointers.push({ endpoint: id, before, after });
      }
      const moved = pointers.filter(({ before, after }) => inUse(before, hash) && !inUse(after, hash));
      const answer = {
        state,
        switched: moved.map(({ endpoint, before, after }) => switchOf(state, endpoint, before, after.version)),
        after: pointers.map(({ after }) => after.version),
      };
      const log = {
        atMs: nowMs,
        by: request.by,
        did: 'withdrawn' as const,
        version: hash,
        endpoints: moved.map(({ endpoint }) => endpoint),
        message: request.message,
      };
      return { change: request.dryRun ? undefined : { pointers, withdraw: [hash], log }, answer };
    });
    if (isRefused(decided)) return decided;
    const { state, switched: moved, after } = decided.answer;
    // Endpoints of one bot go on in one version; the first one's tells who waits where nothing is.
    const to = after[0] === undefined ? undefined : await outlineOf(after[0]);
    const all = new Set(deps.endpoints().map(({ id }) => id));
    const none = { open: 0, versions: [], gone: [], looked: 0, complete: true };
    return {
      version: number,
      switched: moved,
      affected: to === undefined ? none : await affected(state, to, all, hash),
    };
  }

  async function versionNumbered(number: number | undefined): Promise<VersionRecord | Refused | undefined> {
    if (number === undefined) return undefined;
    const { versions } = await store.read();
    return versions.find((one) => one.number === number) ?? noSuchVersion(number);
  }

  async function list(withSessions: boolean): Promise<ListAnswer> {
    const [state, log] = await Promise.all([store.read(), store.log(HISTORY_SHOWN)]);
    const live = withSessions ? await deps.countSessions() : undefined;
    return {
      versions: state.versions.map((record) => shown(record, state, live)).reverse(),
      endpoints: deps.endpoints().map((endpoint) => endpointState(state, endpoint)),
      history: log.map((entry) => ({
        ...entry,
        endpoints: [...entry.endpoints],
        version: numberOf(state, entry.version),
      })),
      ...(live === undefined ? {} : { complete: live.complete }),
    };
  }

  async function sources(number: number): Promise<SourcesAnswer | Refused> {
    const state = await store.read();
    const record = state.versions.find((one) => one.number === number);
    const files = record === undefined ? undefined : await store.sources(record.hash);
    if (record === undefined || files === undefined) return noSuchVersion(number);
    return { version: shown(record, state, undefined), files };
  }

  return { deploy, rollback, withdraw, list, sources };
}

/** @returns `before` itself when nothing changes */
function pointed(
  before: Pointer | undefined,
  version: string,
  canaryPercent: number | undefined,
  nowMs: number,
  sessions: DeployRequest['sessions'],
): Pointer | undefined {
  if (canaryPercent === undefined) {
    const isThere = before?.version === version && before.canary === undefined && sessions === 'keep';
    return isThere ? before : switched(before, version, nowMs, sessions);
  }
  if (before === undefined || before.version === version) return before;
  const { canary } = before;
  const isThere = canary?.version === version && canary.percent === canaryPercent;
  return isThere ? before : withCanary(before, { version, percent: canaryPercent }, nowMs);
}

const inUse = ({ version, canary }: Pointer, hash: string): boolean => version === hash || canary?.version === hash;

function switchOf(
  state: FlowState,
  endpoint: string,
  before: Pointer | undefined,
  to: string,
  canaryPercent?: number,
): Switch {
  const left = before?.version === to ? before.canary?.version : before?.version;
  const { canary } = before ?? {};
  return {
    endpoint,
    ...(left === undefined ? {} : { from: numberOf(state, left) }),
    to: numberOf(state, to),
    ...(canaryPercent === undefined ? {} : { canaryPercent }),
    ...(canary === undefined ? {} : { canaryBefore: shareOf(state, canary) }),
  };
}

function shareOf(state: FlowState, { version, percent }: Canary): { version: number; percent: number } {
  return { version: numberOf(state, version), percent };
}

/** What an endpoint goes on beginning with. */
function used(state: FlowState, endpoint: string): { endpoint: string; version?: number; canary?: Share } {
  const pointer = state.pointers.get(endpoint);
  if (pointer === undefined) return { endpoint };
  const canary = pointer.canary === undefined ? {} : { canary: shareOf(state, pointer.canary) };
  return { endpoint, version: numberOf(state, pointer.version), ...canary };
}

/** 0 for one that is stored only now */
function numberOf({ versions }: FlowState, hash: string): number {
  return versions.find((one) => one.hash === hash)?.number ?? 0;
}

/** Versions an endpoint that begins with `flow` cannot go back to. */
function unusable({ withdrawn: out, versions }: FlowState, flow: string): (hash: string) => boolean {
  return (hash) => out.has(hash) || !versions.some((one) => one.hash === hash && one.flows.includes(flow));
}

/** Every pointer has its revision and its time: one that is equal was made by this very change. */
function isMade({ pointers }: FlowState, change: FlowChange): boolean {
  return change.pointers.every(({ endpoint, after }) => {
    const now = pointers.get(endpoint);
    return now !== undefined && encodePointer(now) === encodePointer(after);
  });
}

function onlyStore({ version }: FlowChange): FlowChange {
  return { ...(version === undefined ? {} : { version }), pointers: [] };
}

function stale(state: FlowState, expect: { readonly [endpoint: string]: number } | undefined): Refused | undefined {
  for (const [endpoint, revision] of Object.entries(expect ?? {})) {
    const pointer = state.pointers.get(endpoint);
    if ((pointer?.revision ?? 0) === revision) continue;
    const what =
      pointer === undefined ? 'has no version any more' : `was switched to version ${numberOf(state, pointer.version)}`;
    const when = pointer === undefined ? '' : ` at ${new Date(pointer.changedMs).toISOString()}`;
    return {
      error: 'changed',
      message: `Somebody was faster: endpoint ${endpoint} ${what}${when}. Look, and try again.`,
    };
  }
  return undefined;
}

function tooBusy(): Refused {
  return { error: 'changed', message: 'Others keep changing the versions at this moment. Look, and try again.' };
}

function noSuchVersion(number: number): Refused {
  return { error: 'no_such_version', message: `There is no version ${number}.` };
}

function nowhereToGo(target: VersionRecord | undefined, able: readonly FlowEndpoint[]): Refused {
  if (target === undefined) {
    return { error: 'no_version_before', message: 'There is no version before the one in use.' };
  }
  return able.length === 0
    ? { error: 'no_endpoint', message: `No endpoint begins with a flow of version ${target.number}.` }
    : { error: 'no_version_before', message: `Version ${target.number} is in use already.` };
}

function shown(record: VersionRecord, state: FlowState, live: LiveSessions | undefined): Version {
  const sessions = live?.groups.filter(({ version }) => version === record.hash);
  return {
    ...record,
    flows: [...record.flows],
    withdrawn: state.withdrawn.has(record.hash),
    ...(sessions === undefined ? {} : { sessions: sessions.reduce((sum, { count }) => sum + count, 0) }),
  };
}

function endpointState(state: FlowState, { id, flow, handlers }: FlowEndpoint): ListAnswer['endpoints'][number] {
  const pointer = state.pointers.get(id);
  const begins = { flow, ...(handlers === undefined ? {} : { handlers }) };
  if (pointer === undefined) return { endpoint: id, ...begins, revision: 0 };
  return { ...used(state, id), ...begins, changedMs: pointer.changedMs, revision: pointer.revision };
}

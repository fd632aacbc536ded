import type { z } from 'zod';
import { ErrorAnswer } from '../flow-versions/wire.js';
import { BotError } from '../shared/errors.js';
import { CalledWrongly } from './called-wrongly.js';
import { environment } from './environment.js';

/** Where a command finds its server; see `addServerOptions`. */
export interface ServerOptions {
  server?: string;
  key?: string;
}

/** A running Parlance, as its operator reaches it. */
export interface Server {
  /** without a slash at the end */
  url: string;
  /** @param path below `/ops`. @throws ServerRefused, ServerUnreachable, ServerTooOld, CalledWrongly (the key is wrong) */
  get<S extends z.ZodType>(path: string, answer: S): Promise<z.output<S>>;
  post<S extends z.ZodType>(path: string, body: object, answer: S): Promise<z.output<S>>;
  /** sends a file */
  put<S extends z.ZodType>(path: string, file: Blob, answer: S): Promise<z.output<S>>;
}

/** The server understood, and did not do it. */
export class ServerRefused extends BotError {
  override readonly name = 'ServerRefused';
  readonly code = 'server_refused';
  constructor(
    /** the server's word for it, e.g. `changed` */
    readonly reason: string,
    message: string,
    readonly findings: NonNullable<z.output<typeof ErrorAnswer>['findings']>,
  ) {
    super(message);
  }
}

/** Nothing is known of what it did. */
export class ServerUnreachable extends BotError {
  override readonly name = 'ServerUnreachable';
  readonly code = 'server_unreachable';
}

/** It answers, but not in a way this program knows. */
export class ServerTooOld extends BotError {
  override readonly name = 'ServerTooOld';
  readonly code = 'server_too_old';
}

/** Counting sessions and checking large bots takes seconds. */
const ANSWER_WITHIN_MS = 60_000;
/** A file takes the time the line to the server needs for it; the server waits as long. */
const TAKE_FILE_WITHIN_MS = 300_000;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * @param env the environment; `.env` of the folder one stands in counts behind it, as it does for the server
 * @throws CalledWrongly when the address or the key is missing or no address
 */
export function connect({ server, key }: ServerOptions, cwd: string, processEnv: NodeJS.ProcessEnv): Server {
  const env = environment(cwd, processEnv);
  const url = (server ?? env.PARLANCE_SERVER ?? `http://127.0.0.1:${env.PORT ?? '8080'}`).replace(/\/+$/, '');
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || parsed.username !== '') {
    throw new CalledWrongly('--server wants an address such as https://bot.example.com.');
  }
  if (parsed.protocol === 'http:' && !LOOPBACK.test(parsed.hostname) && server === undefined) {
    throw new CalledWrongly(`The key would travel unprotected to ${url}: use https, or name it with --server.`);
  }
  const operatorKey = key ?? env.PARLANCE_OPERATOR_KEY ?? env.PARLANCE_OPS_OPERATOR_KEY;
  if (operatorKey === undefined) {
    throw new CalledWrongly(
      `The operator key of ${url} is needed: set PARLANCE_OPERATOR_KEY, in the environment or in .env.\n` +
        'The first `npm start` showed it once; PARLANCE_OPS_OPERATOR_KEY on the server sets one of your own.',
    );
  }

  async function call<S extends z.ZodType>(
    path: string,
    init: RequestInit,
    answer: S,
    headers: { [name: string]: string } = {},
    withinMs: number = ANSWER_WITHIN_MS,
  ): Promise<z.output<S>> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${url}/ops${path}`, {
        ...init,
        headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json', ...headers },
        // The key is for this server alone.
        redirect: 'error',
        signal: AbortSignal.timeout(withinMs),
      });
      text = await response.text();
    } catch (err) {
      throw new ServerUnreachable(`${url} does not answer (${reasonOf(err)}). Is it running? --server names another.`, {
        cause: err,
      });
    }
    if (response.status === 401) {
      throw new CalledWrongly(`${url} does not know this operator key: see PARLANCE_OPERATOR_KEY, or --key.`);
    }
    const body = parsedJson(text);
    const refused = response.ok ? undefined : ErrorAnswer.safeParse(body);
    if (refused?.success) {
      const { error, message, findings = [] } = refused.data;
      throw new ServerRefused(error, message, findings);
    }
    if (response.status >= 500) throw new ServerUnreachable(`${url} failed (${response.status}): its log says more.`);
    const known = response.ok ? answer.safeParse(body) : undefined;
    if (known?.success) return known.data;
    const what =
      response.status === 404 ? 'does not know what was asked' : `gave an answer (${response.status}) we do not know`;
    throw new ServerTooOld(`${url} ${what}: it is no Parlance, or another release than this one.`);
  }

  return {
    url,
    get: (path, answer) => call(path, {}, answer),
    put: (path, file, answer) =>
      call(
        path,
        { method: 'PUT', body: file },
        answer,
        { 'content-type': 'application/octet-stream' },
        TAKE_FILE_WITHIN_MS,
      ),
    post: (path, body, answer) => call(path, { method: 'POST', body: JSON.stringify(body) }, answer),
  };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(err: unknown): string {
  const cause = err instanceof Error && err.cause instanceof Error ? err.cause : err;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof Error ? cause.name : 'unknown';
}

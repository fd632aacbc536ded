/** What the sandbox is asked to run; everything in it is text or numbers, so that it crosses to a thread as it is. */
export interface SandboxJob {
  /** `expression`: one expression, whose value is the result; `code`: the body of an async function */
  kind: 'expression' | 'code';
  code: string;
  /** a JSON object: `input`, `context`, `profile`, `env`, as far as the script names them */
  memory: string;
  /** what `Date` and `date.now()` say, epoch ms */
  nowMs: number;
  /** BCP 47 */
  locale: string;
  /** IANA name */
  timeZone: string;
  /** of random numbers */
  seed: string;
  /** random numbers drawn before */
  drawn: number;
  /** JSON of the answers to `http()`, by the number of the call; a script that asks for more is run again with them */
  answers: readonly string[];
  limits: JobLimits;
}

export interface JobLimits {
  timeMs: number;
  /** of the result as JSON, UTF-16 units */
  maxResultLength: number;
}

/**
 * Why a script gave nothing.
 * `timeout`, `memory`, `stack`: it went over its limits; `threw`: it ended with an error; `result`: what it gave is no JSON;
 * `pending`: it waits for a promise nothing fulfils; `syntax`: it is no JavaScript the engine knows; `crashed`: it broke
 * the engine, which was replaced.
 */
export type SandboxFault = 'timeout' | 'memory' | 'stack' | 'threw' | 'result' | 'pending' | 'syntax' | 'crashed';

/** What came of a job. `drawn`: random numbers it took. */
export type SandboxOutcome =
  /** JSON; undefined for nothing */
  | { outcome: 'value'; json: string | undefined; drawn: number }
  /** JSON of each request `http()` was called with that has no answer yet */
  | { outcome: 'awaits'; requests: readonly string[] }
  /** `detail`: a sentence for the designer, without values of anybody */
  | { outcome: 'failed'; reason: SandboxFault; detail: string; drawn: number };

/** From the pool to a thread. */
export interface JobMessage {
  job: SandboxJob;
}

/** From a thread to the pool: `ready` for a job, at first and after each; or what came of one. */
export type ThreadMessage =
  /** `worn`: its memory has grown, which it never gives back: it had better be replaced */
  { message: 'ready'; worn: boolean } | { message: 'done'; outcome: SandboxOutcome };

/** What a thread is started with. */
export interface ThreadSettings {
  memoryMb: number;
}

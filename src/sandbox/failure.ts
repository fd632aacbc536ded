import type { SandboxFault, SandboxJob, SandboxOutcome } from './job.js';

/** How a script ended that gave no value. */
export type GuestError =
  | { kind: 'interrupted' }
  | { kind: 'pending' }
  /** `what` it gave instead of JSON */
  | { kind: 'noJson'; what: string }
  /** a helper refused; its sentence is ours and holds no values */
  | { kind: 'helper'; sentence: string }
  | { kind: 'thrown' | 'syntax'; name: string; message: string; stack: string };

/** Lines of the wrapper before the script's own. */
const LINES_BEFORE = 1;

/** A sentence for the designer that holds nothing a contact wrote: of a thrown error only what stands in the script. */
export function failureOf(
  error: GuestError,
  { kind, code, limits }: Pick<SandboxJob, 'kind' | 'code' | 'limits'>,
): Omit<Extract<SandboxOutcome, { outcome: 'failed' }>, 'drawn'> {
  const it = kind === 'code' ? 'the code' : 'the expression';
  const failed = (reason: SandboxFault, detail: string) => ({ outcome: 'failed' as const, reason, detail });
  switch (error.kind) {
    case 'interrupted':
      return failed('timeout', `${it} took more than ${limits.timeMs} ms`);
    case 'pending':
      return failed('pending', `${it} waits for a promise that nothing fulfils`);
    case 'noJson':
      return failed('result', `${it} gave ${error.what}, which cannot be stored`);
    case 'helper':
      return failed('threw', error.sentence);
    case 'syntax':
      return failed('syntax', `${it} is not JavaScript the sandbox can read${placeOf(error.stack, kind)}`);
    default:
      return failed(...ofThrown(error, it, kind, code));
  }
}

function ofThrown(
  { name, message, stack }: { name: string; message: string; stack: string },
  it: string,
  kind: SandboxJob['kind'],
  code: string,
): [SandboxFault, string] {
  if (name === 'InternalError') {
    if (message === 'out of memory' || message === 'string too long')
      return ['memory', `${it} needs more memory than it may have`];
    if (message === 'stack overflow') return ['stack', `${it} calls itself too deep`];
  }
  if (name === 'RangeError' && /array length|string too long|invalid.*length/i.test(message)) {
    return ['memory', `${it} needs more memory than it may have`];
  }
  const place = placeOf(stack, kind);
  const named =
    /^[A-Z][A-Za-z]{0,30}Error$/.test(name) && (NATIVE.has(name) || code.includes(name)) ? name : 'an error';
  const said = NATIVE.has(name) && isOfScript(message, code) ? `: ${message}` : '';
  return ['threw', `${it} threw ${named}${place}${said}`];
}

const NATIVE = new Set([
  'TypeError',
  'ReferenceError',
  'RangeError',
  'SyntaxError',
  'EvalError',
  'URIError',
  'InternalError',
]);

/** The engine's own messages, when the only name in them stands in the script. */
const MESSAGES = [
  /^not a function$/,
  /^'?([\w$]+)'? is not (?:defined|initialized|a constructor)$/,
  /^cannot (?:read|set) property '([^']*)' of (?:undefined|null)$/,
  /^'([^']*)' is read-only$/,
  /^(?:value|object|undefined|null) is not iterable$/,
  /^lexical variable is not initialized$/,
  /^invalid (?:regular expression|date|array length)[\w ]*$/i,
];

function isOfScript(message: string, code: string): boolean {
  return MESSAGES.some((pattern) => {
    const found = pattern.exec(message);
    return found !== null && (found[1] === undefined || code.includes(found[1]));
  });
}

/** ` in line 3`, for scripts that have lines. */
function placeOf(stack: string, kind: SandboxJob['kind']): string {
  const line = /script:(\d+)/.exec(stack)?.[1];
  return kind === 'code' && line !== undefined ? ` in line ${Math.max(1, Number(line) - LINES_BEFORE)}` : '';
}

import { type DestinationStream, type Logger, pino } from 'pino';

/** What must never be read in a log, whatever it is called and however deep it lies in a field of two levels. */
const SECRET_NAMES = [
  'accessToken',
  'access_token',
  'appSecret',
  'appSecrets',
  'app_secret',
  'verifyToken',
  'verify_token',
  'hub.verify_token',
  'authorization',
  'cookie',
  'appsecret_proof',
  'operatorKey',
  'password',
  'x-hub-signature-256',
  'waId',
  'wa_id',
  'bsuid',
  'user_id',
  'from',
  'to',
  'recipient',
  'recipient_id',
  'phone',
  'wamid',
  'text',
  'body',
  'caption',
  'title',
  'payload',
  'username',
  'profile',
  'rawBody',
];

const SECRETS: ReadonlySet<string> = new Set(SECRET_NAMES);
/** A field, one inside it, and one inside that. */
const DEPTH = 3;

/**
 * The same without secrets; copied only where there are some. pino's own `redact` costs a hundred microseconds a line
 * with this many names and wildcards, more than all the rest of a webhook, and forty for each child logger.
 */
function withoutSecrets<T extends object>(value: T, depth = DEPTH): T {
  let copy: T | undefined;
  for (const [key, field] of Object.entries(value)) {
    let kept: unknown = field;
    if (SECRETS.has(key)) kept = field === undefined ? field : '[redacted]';
    else if (depth > 1 && typeof field === 'object' && field !== null && !(field instanceof Error)) {
      kept = withoutSecrets(field, depth - 1);
    }
    if (kept === field) continue;
    copy ??= Array.isArray(value) ? Object.assign([], value) : { ...value };
    Object.assign(copy, { [key]: kept });
  }
  return copy ?? value;
}

/**
 * JSON lines on standard output. Components log ids and fixed words only; the list above catches what still slips in,
 * errors are cut to their name, message and place, and long digit runs in a message become `…`.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: Record<string, unknown>) => withoutSecrets(fields),
      bindings: (fields: Record<string, unknown>) => withoutSecrets(fields),
    },
    serializers: { err: serializeError },
  };
  return pino(options, destination ?? standardOutput());
}

/** How late a line may be. A write for each line would halve what a process can take; a killed one loses this much. */
const FLUSH_EVERY_MS = 100;

function standardOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: false, minLength: 8_192 });
  setInterval(() => output.flush(), FLUSH_EVERY_MS).unref();
  process.on('exit', () => output.flushSync());
  return output;
}

/** Seven digits in a row may be a phone number; a token of the Graph API begins with EAA. */
const LOOKS_PRIVATE = /\+?\d{7,}|EAA\w{8,}|wamid\.[\w+/=]+/g;

function serializeError(err: unknown): unknown {
  if (!(err instanceof Error)) return { message: 'something that is no Error was thrown' };
  const code = 'code' in err && typeof err.code === 'string' ? err.code : undefined;
  return {
    name: err.name,
    ...(code === undefined ? {} : { code }),
    message: err.message.replace(LOOKS_PRIVATE, '…').slice(0, 500),
    // Frames only: the first line repeats the message.
    stack: (err.stack ?? '')
      .split('\n')
      .filter((line) => line.startsWith('    at '))
      .slice(0, 8)
      .map((line) => line.trim()),
    ...(err.cause instanceof Error ? { cause: serializeError(err.cause) } : {}),
  };
}

import { z } from 'zod';
import { nearest } from './nearest.js';
import { schemaAt, settingPaths } from './setting.js';

/** Names people expect. Every other setting has one name made from its path. */
const WELL_KNOWN: { readonly [path: string]: string } = {
  'http.port': 'PORT',
  'http.publicUrl': 'PUBLIC_URL',
  'redis.url': 'REDIS_URL',
  'redis.dataDir': 'DATA_DIR',
  'log.level': 'LOG_LEVEL',
  'cloudApi.baseUrl': 'GRAPH_API_URL',
};

const PREFIX = 'PARLANCE_';

/** What the command line reads: no settings, but in the same environment and the same `.env`. */
const OF_THE_COMMAND_LINE = ['PARLANCE_SERVER', 'PARLANCE_OPERATOR_KEY', 'PARLANCE_BY'];

/** `['cloudApi', 'timeoutMs']` → `PARLANCE_CLOUD_API_TIMEOUT_MS`; `['http', 'port']` → `PORT`. */
export function envName(path: readonly string[]): string {
  return WELL_KNOWN[path.join('.')] ?? derivedName(path);
}

function derivedName(path: readonly string[]): string {
  return PREFIX + path.map((part) => part.replace(/[A-Z]/g, '_$&').toUpperCase()).join('_');
}

/** The variable of every setting of a schema, with its path. */
export function envNames(schema: z.core.$ZodType): Map<string, string[]> {
  return new Map(settingPaths(schema).map((path) => [envName(path), path]));
}

/** What is wrong with a `PARLANCE_…` variable that names no setting, or undefined when it names one or is not ours. */
export function unknownVariable(name: string, known: ReadonlyMap<string, string[]>): string | undefined {
  if (!name.startsWith(PREFIX) || known.has(name) || OF_THE_COMMAND_LINE.includes(name)) return undefined;
  for (const [rightName, path] of known) if (derivedName(path) === name) return `This setting is called ${rightName}`;
  // Without the prefix, which would make all names look alike.
  const names = [...known.keys()];
  const short = nearest(
    name.slice(PREFIX.length),
    names.map((other) => other.replace(PREFIX, '')),
  );
  const meant = names.find((other) => other.replace(PREFIX, '') === short);
  return meant === undefined
    ? 'Remove it, or look its name up in config/example.env'
    : `Did you mean ${meant}? All names are in config/example.env`;
}

/**
 * A variable's text as the type its setting wants: numbers, `true` and `false`, comma-separated lists. Text that does
 * not fit stays text, and the schema refuses it.
 */
function fromText(text: string, schema: z.core.$ZodType | undefined): unknown {
  const trimmed = text.trim();
  if (schema instanceof z.ZodNumber) return /^-?\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : text;
  if (schema instanceof z.ZodBoolean || schema instanceof z.ZodUnion || schema instanceof z.ZodLiteral) {
    return trimmed === 'true' ? true : trimmed === 'false' ? false : trimmed;
  }
  if (schema instanceof z.ZodArray) {
    const entries = trimmed.split(',').map((entry) => entry.trim());
    return entries.filter((entry) => entry !== '');
  }
  return text;
}

/** `fromText` for the setting at `path`. */
export function fromTextAt(schema: z.core.$ZodType, path: readonly PropertyKey[], text: string): unknown {
  return fromText(text, schemaAt(schema, path));
}

import { isDeepStrictEqual } from 'node:util';
import type { Endpoint } from '../endpoint/endpoint.js';
import { type Config, type Settings, SettingsSchema } from './schema.js';

export interface ConfigChanges {
  /** ids of endpoints */
  added: string[];
  changed: string[];
  removed: string[];
  /** other settings, by path, that are read at a start only */
  later: string[];
}

/** Settings that reach flows and sends through the endpoints, and so with them. */
const WITH_ENDPOINTS =
  /^(flows\.(env|secrets)|llm\.(baseUrl|apiKey|model)|cloudApi\.(graphVersion|baseUrl)|simulator\.url)$/;

/** What differs between the configuration in use and the one on disk. */
export function configChanges(before: Config, after: Config): ConfigChanges {
  const was = new Map(before.endpoints.map((endpoint) => [endpoint.id, endpoint]));
  const is = new Map(after.endpoints.map((endpoint) => [endpoint.id, endpoint]));
  const isSame = (endpoint: Endpoint) => isDeepStrictEqual(endpoint, was.get(endpoint.id));
  const ids = (endpoints: readonly Endpoint[]) => endpoints.map(({ id }) => id);
  return {
    added: ids(after.endpoints.filter(({ id }) => !was.has(id))),
    changed: ids(after.endpoints.filter((endpoint) => was.has(endpoint.id) && !isSame(endpoint))),
    removed: ids(before.endpoints.filter(({ id }) => !is.has(id))),
    later: differences(settingsOf(before), settingsOf(after), []).filter((path) => !WITH_ENDPOINTS.test(path)),
  };
}

function settingsOf(config: Config): Partial<Settings> {
  return Object.fromEntries(Object.keys(SettingsSchema.shape).map((key) => [key, config[key as keyof Settings]]));
}

/** Paths of the values that are not the same. */
function differences(before: unknown, after: unknown, path: readonly string[]): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isGroup(before) || !isGroup(after)) return [path.join('.')];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => differences(before[key], after[key], [...path, key]));
}

function isGroup(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

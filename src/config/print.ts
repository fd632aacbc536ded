import { Document, isCollection, isNode } from 'yaml';
import type { z } from 'zod';
import { EndpointFileSchema } from '../endpoint/endpoint.js';
import { isJsonObject } from '../shared/json.js';
import { envName } from './env-names.js';
import { dotted, type Path } from './path.js';
import { type Config, SettingsSchema } from './schema.js';
import { factsAt, settingPaths } from './setting.js';
import { type Tree, valueAt, withValue } from './tree.js';

const MASK = '••••';

/**
 * The configuration in force, as YAML: every setting with the place its value comes from as a comment, every endpoint,
 * and the endpoint files that were left out. Secrets are masked.
 */
export function printConfig(config: Config): string {
  const settings = settingPaths(SettingsSchema).reduce<Tree>(
    (tree, path) => withValue(tree, path, masked(valueAt(config, path) ?? null, SettingsSchema, path)),
    {},
  );
  const document = new Document({
    ...settings,
    endpoints: Object.fromEntries(
      config.endpoints.map(({ id, ...fields }) => [id, masked(fields, EndpointFileSchema, [])]),
    ),
    skippedEndpoints: config.skippedEndpoints,
  });
  for (const path of settingPaths(SettingsSchema)) {
    const origin = config.origins[dotted(path)] ?? (valueAt(config, path) === undefined ? 'not set' : 'default');
    comment(
      document,
      path,
      origin === 'default' || origin === 'not set' ? `${origin}, ${envName(path)}` : `from ${origin}`,
    );
  }
  for (const { id, simulated, ...fields } of config.endpoints) {
    for (const field of Object.keys(fields)) {
      const origin = config.origins[`endpoints.${id}.${field}`];
      if (origin !== undefined) comment(document, ['endpoints', id, field], `from ${origin}`);
    }
  }
  return document.toString({ lineWidth: 0 });
}

function masked(value: unknown, schema: z.core.$ZodType, path: Path): unknown {
  const kind = factsAt(schema, path)?.secret;
  if (Array.isArray(value)) return value.map((entry, index) => masked(entry, schema, [...path, index]));
  if (isJsonObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [key, masked(child, schema, [...path, key])]),
    );
  }
  if (kind === undefined || kind === 'when_wrong' || value === null) return value;
  return kind === 'password' ? withoutPassword(String(value)) : MASK;
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/]*@/, `//${MASK}@`);
}

function comment(document: Document, path: Path, text: string): void {
  const node = document.getIn(path, true);
  if (isCollection(node)) node.flow = true;
  if (isNode(node)) node.comment = ` ${text}`;
}

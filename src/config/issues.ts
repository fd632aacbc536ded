import { z } from 'zod';
import { isJsonObject } from '../shared/json.js';
import type { ConfigFault } from './fault.js';
import { nearest } from './nearest.js';
import { dotted, type Path } from './path.js';
import { factsAt, schemaAt } from './setting.js';
import { type Tree, valueAt } from './tree.js';

/** What turns a schema's findings into faults that point at what an operator wrote. */
export interface Checked {
  schema: z.core.$ZodType;
  values: Tree;
  /** the line or variable that `path` comes from */
  where(path: Path): string;
  /** variables whose text the value is; their values are never shown, since people mix up variables too */
  variables(path: Path): readonly string[];
  /** whether what is wrong at `path` has been said already, in better words */
  isSaid(path: Path): boolean;
}

/** Checks values against their schema: the typed settings, or every fault. */
export function check<T>(checked: Checked & { schema: z.ZodType<T> }): { settings: T } | { faults: ConfigFault[] } {
  const result = checked.schema.safeParse(checked.values);
  if (result.success) return { settings: result.data };
  const issues = result.error.issues.filter(
    (issue) => issue.code === 'unrecognized_keys' || !checked.isSaid(issue.path),
  );
  return { faults: issues.flatMap((issue) => toFaults(issue, checked)) };
}

function toFaults(issue: z.core.$ZodIssue, checked: Checked): ConfigFault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey([...issue.path, key], checked));
  }
  const { path } = issue;
  const allowed = allowedAt(path, checked.schema);
  if (issue.code === 'invalid_key') {
    return [{ where: checked.where(path), message: `${dotted(path)} is not a good name`, allowed }];
  }
  const value = valueAt(checked.values, path);
  const message =
    value === undefined ? `${dotted(path)} is missing` : `${dotted(path)} ${describe(value, path, checked)}`;
  return [{ where: checked.where(path), message, allowed }];
}

function unknownKey(path: Path, { schema, where }: Checked): ConfigFault {
  const group = schemaAt(schema, path.slice(0, -1));
  const known = group instanceof z.ZodObject ? Object.keys(group.shape) : [];
  const meant = nearest(String(path.at(-1)), known);
  return {
    where: where(path),
    message: `${dotted(path)} is not a setting`,
    allowed: meant === undefined ? `Allowed here: ${known.join(', ')}` : `Did you mean ${meant}?`,
  };
}

function allowedAt(path: Path, schema: z.core.$ZodType): string {
  for (let length = path.length; length > 0; length--) {
    const facts = factsAt(schema, path.slice(0, length));
    if (facts !== undefined) return `Allowed: ${facts.allowed}`;
  }
  return 'See config/default.yaml';
}

/** The value as far as it may be shown: never one that is secret or came from a variable of the operator's own. */
function describe(value: unknown, path: Path, { schema, variables }: Checked): string {
  const from = variables(path);
  if (from.length > 0) return `has a value that is not allowed (it comes from ${from.join(', ')})`;
  if (factsAt(schema, path)?.secret !== undefined) return 'has a value that is not allowed';
  if (Array.isArray(value)) return 'is a list of the wrong form';
  if (isJsonObject(value)) return 'is a group of settings';
  const shown = JSON.stringify(value);
  return `is ${shown.length <= 60 ? shown : `${shown.slice(0, 60)}…`}`;
}

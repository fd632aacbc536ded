import { z } from 'zod';
import { HELPER_PATHS } from '../../src/flow/expressions/helpers.js';
import { INPUT_KEYS, PROFILE_KEYS } from '../../src/flow/expressions/memory-keys.js';
import { FINDING_CODES } from '../../src/flow/reading/finding-codes.js';
import { flowJsonSchema } from '../../src/flow/reading/json-schema.js';
import type { JsonSchema } from '../../src/flow/reading/shape.js';
import { stepKinds } from '../../src/flow/steps/step-kinds.js';

/** A file of `docs/flows` that is made from the step definitions. */
export interface Page {
  name: string;
  text: string;
}

/** The language reference and the schema for editors. */
export function generatedPages(): Page[] {
  const schema = flowJsonSchema(stepKinds);
  return [
    { name: 'flow.schema.json', text: `${JSON.stringify(schema, undefined, 2)}\n` },
    { name: 'reference.md', text: reference(schema) },
  ];
}

const map = z.record(z.string(), z.unknown());

/** A map inside a schema; empty when there is none. */
function mapAt(schema: JsonSchema, key: string): { [key: string]: unknown } {
  return map.safeParse(schema[key]).data ?? {};
}

function reference(schema: JsonSchema): string {
  const definitions = mapAt(schema, '$defs');
  const named = (name: string): JsonSchema => map.parse(definitions[name]);
  const messageKeys = mapAt(named('message'), 'properties');
  const parts = [
    INTRODUCTION,
    '## A flow file\n',
    keysTable(schema, ['on']),
    '## Steps\n',
    `Every step has one of the keys below, and may have these. ${code('a.b')} is a key inside ${code('a')}, ${code('a[].b')} one of each item of a list.\n`,
    keysTable(named(`step-${stepKinds[0]?.kind}`), ['id', 'note', 'disabled', 'when'], true),
    ...stepKinds.map((kind) => stepSection(kind, named(`step-${kind.kind}`), Object.keys(messageKeys))),
    '## Messages\n',
    'What `say`, `question`, `handover` and others send: a text, a list of texts, or a map with these keys.\n',
    keysTable(named('message'), []),
    '## Memory\n',
    `\`input\` (\`ci\`), of this message: ${INPUT_KEYS.map(code).join(', ')}.\n`,
    `\`profile\` (\`cp\`), of this contact: ${PROFILE_KEYS.map(code).join(', ')}, and what flows put there.\n`,
    '`context` (`cc`), of this session: what flows put there. `env`: the variables the endpoint allows.\n',
    '## Helpers\n',
    `In every expression: ${HELPER_PATHS.map((path) => code(`${path}()`)).join(', ')}.\n`,
    '## Findings of `parlance check`\n',
    table(
      ['code', 'about'],
      Object.entries(FINDING_CODES).map(([id, about]) => [code(id), about]),
    ),
  ];
  return `${parts.join('\n').trimEnd()}\n`;
}

const INTRODUCTION = `# The flow language: reference

Made by \`npm run docs\` from the definitions the engine itself reads files with; each example is run by the tests.

Editors complete and check flows with the schema beside this page. Begin a file with

\`\`\`yaml
# yaml-language-server: $schema=../../docs/flows/flow.schema.json
\`\`\`

or, in VS Code with the YAML extension, set it for the folder:

\`\`\`json
{ "yaml.schemas": { "./docs/flows/flow.schema.json": ["config/flows/*.yaml", "!config/flows/*.test.yaml"] } }
\`\`\`
`;

function stepSection(
  { kind, description, example }: (typeof stepKinds)[number],
  schema: JsonSchema,
  messageKeys: readonly string[],
): string {
  const yaml = `\`\`\`yaml\n${example.trim()}\n\`\`\`\n`;
  const keys = keysTable(schema, ['id', 'note', 'disabled', 'when'], false, messageKeys);
  return [`### ${kind}\n`, `${description ?? ''}\n`, keys, yaml].join('\n');
}

/**
 * @param names keys to leave out, or the only ones to show
 * @param messageKeys keys told elsewhere, where a map has all of them among its own
 */
function keysTable(
  schema: JsonSchema,
  names: readonly string[],
  only = false,
  messageKeys: readonly string[] = [],
): string {
  const required = z.array(z.string()).safeParse(schema.required).data ?? [];
  const rows = Object.entries(mapAt(schema, 'properties')).flatMap(([key, value]) =>
    names.includes(key) === only ? rowsOf(key, map.parse(value), required.includes(key), messageKeys) : [],
  );
  return table(['key', 'takes', ''], rows);
}

/** A key and, below it, those of the map it takes or of the maps in its list, down to the last. */
function rowsOf(key: string, schema: JsonSchema, isRequired: boolean, messageKeys: readonly string[]): string[][] {
  const about = typeof schema.description === 'string' ? schema.description : '';
  const own = [
    code(key),
    kindOf(schema),
    [isRequired ? '' : 'optional', about].filter((part) => part !== '').join(': '),
  ];
  const inner = innerMap(schema);
  if (inner === undefined) return [own];
  const path = `${key}${inner.inList ? '[]' : ''}`;
  const required = z.array(z.string()).safeParse(inner.schema.required).data ?? [];
  const properties = mapAt(inner.schema, 'properties');
  const isMessage = messageKeys.length > 0 && messageKeys.every((name) => name in properties);
  const told = isMessage ? [[code(`${path}.…`), 'the keys of a [message](#messages)', 'optional']] : [];
  const below = Object.entries(properties).flatMap(([name, value]) =>
    isMessage && messageKeys.includes(name)
      ? []
      : rowsOf(`${path}.${name}`, map.parse(value), required.includes(name), messageKeys),
  );
  return [own, ...told, ...below];
}

/** The form of a value that is a map with keys of its own, or a list of such maps. */
function innerMap(schema: JsonSchema): { schema: JsonSchema; inList: boolean } | undefined {
  const forms = z.array(map).safeParse(schema.anyOf).data ?? [schema];
  const own = forms.find((form) => form.properties !== undefined);
  if (own !== undefined) return { schema: own, inList: false };
  for (const { items } of forms) {
    const item = map.safeParse(items).data;
    const inner = item && innerMap(item);
    if (inner !== undefined) return { schema: inner.schema, inList: true };
  }
  return undefined;
}

const NAMES: { readonly [name: string]: string } = {
  steps: 'steps',
  expression: 'expression',
  text: 'text, or one for each language',
  message: '[message](#messages)',
  duration: 'time: `1500ms`, `2s`, `10m`, `24h`, `7d`',
  name: 'name',
  memoryPath: '`context.…` or `profile.…`',
  target: 'step, or `{ flow, step }`',
};

/** What a schema takes, in words. */
function kindOf(schema: JsonSchema): string {
  const { $ref, anyOf, type, items, enum: values, const: constant } = schema;
  if (typeof $ref === 'string') {
    const name = $ref.slice($ref.lastIndexOf('/') + 1);
    return NAMES[name] ?? name;
  }
  const forms = z.array(map).safeParse(anyOf).data;
  if (forms !== undefined) return [...new Set(forms.map(kindOf))].join(', or ');
  if (constant !== undefined) return code(String(constant));
  if (Array.isArray(values)) return values.map((value) => code(String(value))).join(', ');
  if (Array.isArray(type)) return 'text';
  if (type === 'array') return items === undefined ? 'list' : `list of: ${kindOf(map.parse(items))}`;
  if (type === 'object') return 'map';
  if (type === 'boolean') return '`true` or `false`';
  if (type === 'string') return 'text';
  return typeof type === 'string' ? type : 'any value';
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { type FlowFile, loadFlows } from '../../../src/flow/load.js';
import type { Finding } from '../../../src/flow/reading/finding.js';
import type { FindingCode } from '../../../src/flow/reading/finding-codes.js';
import { flowJsonSchema } from '../../../src/flow/reading/json-schema.js';
import { stepKinds } from '../../../src/flow/steps/step-kinds.js';

/**
 * Broken flows, and beside each what is said of it, word for word: `line:column severity [code] message (hint)`. A change
 * of a message changes the file beside it, by hand: it is read by people.
 */
const folder = new URL('../../fixtures/flows/broken/', import.meta.url);
const cases = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() || entry.name.endsWith('.yaml'))
  .map((entry) => entry.name.replace(/\.yaml$/, ''))
  .sort();

/** A file, or the files of a folder. */
function filesOf(name: string): FlowFile[] {
  const inFolder = cases.includes(name) && readdirSync(folder).includes(name);
  const paths = inFolder
    ? readdirSync(new URL(name, folder)).filter((file) => !file.endsWith('.txt'))
    : [`${name}.yaml`];
  const base = inFolder ? new URL(`${name}/`, folder) : folder;
  return paths.map((path) => ({ path, text: readFileSync(new URL(path, base), 'utf8') }));
}

function written({ file, line, column, severity, code, message, hint }: Finding, many: boolean): string {
  const place = `${many ? `${file}:` : ''}${line}:${column}`;
  return `${place} ${severity} [${code}] ${message}${hint === undefined ? '' : ` (${hint})`}`;
}

describe('a broken flow', () => {
  it.each(cases)('%s', (name) => {
    const files = filesOf(name);
    const { findings, version } = loadFlows(files);
    const said = findings.map((finding) => written(finding, files.length > 1)).join('\n');
    expect(`${said}\n`).toBe(readFileSync(new URL(`${name}.txt`, folder), 'utf8'));
    expect(version === undefined).toBe(findings.some(({ severity }) => severity === 'error'));
  });

  it('of each kind is there', () => {
    expect(cases.length).toBeGreaterThanOrEqual(60);
  });

  it('of 5 MB is refused before it is read', () => {
    const text = `spec: 1\nflow: big\nsteps:\n${'  - say: Hello\n'.repeat(350_000)}`;
    expect(text.length).toBeGreaterThan(5_000_000);
    const started = performance.now();
    const { findings } = loadFlows([{ path: 'big.yaml', text }]);
    expect(performance.now() - started).toBeLessThan(1000);
    expect(findings.map((finding) => written(finding, false))).toEqual([
      `1:1 error [file-too-big] the file has ${text.length} bytes; a flow file has 1048576 at most`,
    ]);
  });
});

/** What editors can see, too. */
const SHAPE: ReadonlySet<FindingCode> = new Set<FindingCode>([
  ...(['unknown-key', 'missing-key', 'unknown-step', 'not-a-step', 'wrong-spec', 'invalid-name'] as const),
]);

/** Paths of keys without a word about them; the key that names a step is described with the step. */
function unexplained(schema: unknown, path: string): string[] {
  if (Array.isArray(schema)) return schema.flatMap((one) => unexplained(one, path));
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([keyword, value]: [string, unknown]): string[] => {
    if (keyword !== 'properties' && keyword !== '$defs') return unexplained(value, path);
    return Object.entries(z.record(z.string(), z.looseObject({})).parse(value)).flatMap(([key, inner]) => {
      const below = keyword === '$defs' ? key : `${path}.${key}`;
      const isTold = keyword === '$defs' || typeof inner.description === 'string' || path === `step-${key}`;
      return [...(isTold ? [] : [below]), ...unexplained(inner, below)];
    });
  });
}

describe('the JSON Schema', () => {
  it('explains every key', () => {
    const schema: unknown = JSON.parse(JSON.stringify(flowJsonSchema(stepKinds)));
    expect(unexplained(schema, 'flow')).toEqual([]);
    expect(unexplained({ properties: { a: { properties: { b: {} }, description: 'x' } } }, 'flow')).toEqual([
      'flow.a.b',
    ]);
  });

  const schema: z.ZodType = z.fromJSONSchema(JSON.parse(JSON.stringify(flowJsonSchema(stepKinds))));

  it.each(stepKinds.map((kind) => [kind.kind, kind.example] as const))(
    'accepts the example of %s',
    (_kind, example) => {
      expect(schema.safeParse(parse(example)).error?.issues).toBeUndefined();
    },
  );

  it.each(['welcome', 'order-status'])('accepts the flow %s', (name) => {
    const text = readFileSync(new URL(`../../../config/flows/${name}.yaml`, import.meta.url), 'utf8');
    expect(schema.safeParse(parse(text)).error?.issues).toBeUndefined();
  });

  const misshapen = cases.filter(
    // Which keys of a question need each other is more than a shape.
    (name) => !name.startsWith('question-') && loadFlows(filesOf(name)).findings.some(({ code }) => SHAPE.has(code)),
  );

  it.each(misshapen)('rejects %s', (name) => {
    const [file] = filesOf(name);
    expect(schema.safeParse(parse(file?.text ?? '')).success).toBe(false);
  });

  it('is tried with many of them', () => {
    expect(misshapen.length).toBeGreaterThanOrEqual(12);
  });
});

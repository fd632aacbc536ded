import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SimulatorRig, startSimulatorRig } from '../support/simulator-rig.js';

const PAGE = readFileSync(new URL('../../docs/simulator.md', import.meta.url), 'utf8');
const SOURCES = ['sim-api', 'sim-tell-routes', 'sim-trouble-routes', 'sim-account-routes'].map((name) =>
  readFileSync(new URL(`../../src/simulator/${name}.ts`, import.meta.url), 'utf8'),
);

interface Example {
  title: string;
  method: string;
  path: string;
  body: object | undefined;
  status: number;
  answer: unknown;
}

const EXAMPLES = [...PAGE.matchAll(/```http\n([\s\S]*?)```/g)].map(([, text = '']): Example => {
  const [asked = '', answered = ''] = text.trim().split('\n\n');
  const [title = '', ...sent] = asked.split('\n');
  const [status = '', ...got] = answered.split('\n');
  const [method = '', path = ''] = title.split(' ');
  return {
    title,
    method,
    path: path.replace(/^\/sim/, ''),
    body: sent.length === 0 ? undefined : JSON.parse(sent.join('\n')),
    status: Number(status),
    answer: got.length === 0 ? undefined : toMatcher(JSON.parse(got.join('\n'))),
  };
});

/** What an example shows has to be there; there may be more, in objects and at the end of lists. */
function toMatcher(value: unknown): unknown {
  if (value === '…') return expect.anything();
  if (Array.isArray(value)) return expect.arrayContaining(value.map(toMatcher));
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.entries(value).map(([key, inner]) => [key, toMatcher(inner)]);
  return expect.objectContaining(Object.fromEntries(keys));
}

let rig: SimulatorRig;
beforeAll(async () => {
  rig = await startSimulatorRig();
});
afterAll(() => rig.stop());

describe('docs/simulator.md', () => {
  it.each(EXAMPLES)('$title', async ({ method, path, body, status, answer }) => {
    const answered = await rig.sim(method, path, body);
    expect([answered.status, answered.text === '' ? undefined : answered.body]).toEqual([status, answer]);
    await rig.simulator.webhooksSettled();
  });

  it('has an example of every call', () => {
    const routes = SOURCES.join('\n').matchAll(/method: '(get|post|put|delete)',\s*path: '([^']+)'/g);
    const shown = EXAMPLES.map(({ method, path }) => `${method.toLowerCase()} ${path.split('?')[0]}`);
    const missing = [...routes].filter(([, method, path = '']) => {
      const pattern = new RegExp(`^${method} ${path.replaceAll(/:\w+/g, '[^/]+')}$`);
      return !shown.some((call) => pattern.test(call));
    });
    expect(missing.map(([, method, path]) => `${method} ${path}`)).toEqual([]);
    expect(EXAMPLES.length).toBeGreaterThan(25);
  });
});

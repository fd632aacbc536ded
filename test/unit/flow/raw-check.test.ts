import { describe, expect, it } from 'vitest';
import { rawProblems } from '../../../src/flow/checks/raw-check.js';
import { readSource } from '../../../src/flow/reading/read-source.js';

function found(steps: string): string[] {
  const { raw, findings } = readSource('bot.yaml', steps);
  expect(findings).toEqual([]);
  return rawProblems(raw).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('a secret in plain text', () => {
  it.each([
    [
      'a header',
      '- http: { headers: { Authorization: Basic abc } }',
      ['0.http.headers.Authorization: `Authorization` in plain text'],
    ],
    ['a bearer', '- http: { auth: { bearer: abcdef } }', ['0.http.auth.bearer: `bearer` in plain text']],
    [
      'a user in a URL',
      '- http: { url: "https://ana:pa55@shop.example/" }',
      ['0.http.url: a secret in a URL in plain text'],
    ],
    [
      'a key in a URL',
      '- http: { url: "https://shop.example/?x=1&api_key=abcdef123" }',
      ['0.http.url: a secret in a URL in plain text'],
    ],
    [
      'a token anywhere',
      '- say: "use EAAabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"',
      ['0.say: a secret in plain text'],
    ],
  ])('is %s', (_name, steps, expected) => expect(found(steps)).toEqual(expected));

  it.each([
    ['one that is named', '- http: { auth: { bearer: { secret: ORDERS_TOKEN } } }'],
    ['one that comes from elsewhere', '- http: { headers: { X-Api-Key: "{{ context.key }}" } }'],
    ['a question for one', '- say: "What is your password?"\n- set: { context.password: "{{ input.text }}" }'],
    ['a parameter with a value from the flow', '- http: { url: "https://shop.example/?token={{ context.t }}" }'],
  ])('is not %s', (_name, steps) => expect(found(steps)).toEqual([]));

  it('is not repeated in what is said of it', () => {
    const { raw } = readSource('bot.yaml', '- http: { auth: { bearer: very-secret-value } }');
    expect(JSON.stringify(rawProblems(raw))).not.toContain('very-secret-value');
  });
});

it('a word that may be true or false is doubtful only where values keep their type', () => {
  expect(found('- set: { context.a: no, context.b: "no" }\n- say: no\n- append: { context.c: [On] }')).toEqual([
    '0.set.context.a: `no` is a text here',
    '2.append.context.c.0: `On` is a text here',
  ]);
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { stepKinds } from '../../../src/flow/steps/step-kinds.js';
import { generatedPages } from '../../docs/reference.js';

describe('the pages made from the step definitions', () => {
  it.each(generatedPages())('docs/flows/$name is up to date: else run `npm run docs`', ({ name, text }) => {
    expect(readFileSync(new URL(`../../../docs/flows/${name}`, import.meta.url), 'utf8')).toBe(text);
  });
});

it.each(stepKinds)('$kind says what it does', ({ description }) => {
  expect(description).toMatch(/^[A-Z].*\.$/s);
});

import { expect, it } from 'vitest';
import { type WindowFacts, windowUntilMs } from '../../../src/shared/service-window.js';

const HOUR_MS = 3_600_000;
const T = 1_763_700_000_000;

it.each<[string, WindowFacts, number | undefined]>([
  ['who never wrote has none', {}, undefined],
  ['a message opens it for a day', { wroteMs: T }, T + 24 * HOUR_MS],
  ['an advertisement for three', { wroteMs: T, adMs: T }, T + 72 * HOUR_MS],
  ['the later end counts', { wroteMs: T + 60 * HOUR_MS, adMs: T }, T + 84 * HOUR_MS],
  ['Meta has the last word', { wroteMs: T, adMs: T, closedMs: T }, T],
  ['on what was written until then', { wroteMs: T + 1, closedMs: T }, T + 1 + 24 * HOUR_MS],
])('%s', (_what, facts, expected) => expect(windowUntilMs(facts)).toBe(expected));

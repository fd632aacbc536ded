import { expect, it } from 'vitest';
import { isOpen, readOpeningHours } from '../../../src/shared/opening-hours.js';

const HOURS = ['mon-fri 09:00-17:00', 'Sat 10:00 - 12:30'];

it.each([
  ['2026-01-06T09:00:00Z', 'UTC', true],
  ['2026-01-06T08:59:59Z', 'UTC', false],
  ['2026-01-06T17:00:00Z', 'UTC', false],
  ['2026-01-06T16:30:00Z', 'Europe/Berlin', false],
  ['2026-01-06T08:00:00Z', 'Europe/Berlin', true],
  ['2026-01-10T12:29:00Z', 'UTC', true],
  ['2026-01-11T11:00:00Z', 'UTC', false],
  ['2026-01-12T03:00:00Z', 'Asia/Tokyo', true],
])('%s in %s: %s', (at, zone, open) => expect(isOpen(HOURS, Date.parse(at), zone)).toBe(open));

it('is always open without hours, and over the turn of the week when it says so', () => {
  expect(isOpen([], 0, 'UTC')).toBe(true);
  expect(isOpen(['sat-mon 00:00-24:00'], Date.parse('2026-01-11T23:59:00Z'), 'UTC')).toBe(true);
});

it.each(['', 'monday 09:00-17:00', 'mon 17:00-09:00', 'mon 09:00-25:00', 'mon 09:61-17:00', 'mon'])(
  '%s is none',
  (line) => expect(readOpeningHours([line])).toBeUndefined(),
);

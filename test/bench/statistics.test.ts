import { expect, it } from 'vitest';
import { median, percentile, steadyRate, worstWindow } from './statistics.js';

const oneTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

it('finds the median of odd and even numbers of values, in any order', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

it('finds percentiles', () => {
  expect(percentile(oneTo(100), 0.5)).toBe(50);
  expect(percentile(oneTo(100), 0.99)).toBe(99);
  expect(percentile([7], 0.99)).toBe(7);
});

it('measures a rate without its slow start and end', () => {
  const even = oneTo(100).map((i) => i * 10);
  expect(steadyRate(even)).toBeCloseTo(100);
  expect(steadyRate([-5_000, ...even, 9_000])).toBeCloseTo(100, -1);
});

it('finds the worst window, also when it begins between two events', () => {
  expect(worstWindow([0, 500, 999, 1_000, 1_400, 3_000], 1_000)).toBe(4);
  expect(worstWindow([0, 1_000, 2_000], 1_000)).toBe(1);
});

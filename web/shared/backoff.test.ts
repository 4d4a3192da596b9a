import { expect, test } from 'vitest';
import { backoff } from './backoff';

test('delays double up to the limit and can be reset', () => {
  const longest = backoff(500, 4000, () => 1);
  expect([1, 2, 3, 4, 5].map(() => longest.next())).toEqual([500, 1000, 2000, 4000, 4000]);
  longest.reset();
  expect(longest.next()).toBe(500);
});

test('a thousand clients do not reconnect at once', () => {
  const pauses = Array.from({ length: 1000 }, () => backoff(1000).next());
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(500);
  expect(new Set(pauses).size).toBeGreaterThan(300);
});

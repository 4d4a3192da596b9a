import { expect, test } from 'vitest';
import { folded } from './body';

test('only very long texts are folded', () => {
  expect(folded('a\n'.repeat(100))).toBeNull();
  const log = folded('line\n'.repeat(500));
  expect(log?.lines).toBe(501);
  expect(log?.head.split('\n').length).toBe(80);
  expect(folded('x'.repeat(30_000))?.head.length).toBe(12_000);
});

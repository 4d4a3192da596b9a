import { expect, test } from 'vitest';
import { folded, isShortened } from './body';

test('a message is shortened if words are missing, not link targets or spaces', () => {
  expect(isShortened('Look at it', 'Look at it (https://example.com/pay)')).toBe(false);
  expect(isShortened('Item Qty\n', 'Item\tQty')).toBe(false);
  expect(isShortened('Yes.', 'Yes.\n\n> Is it dark?')).toBe(true);
  expect(isShortened('', '> Is it dark?')).toBe(false);
  expect(isShortened('See below', 'See below (page 4)')).toBe(true);
});

test('only very long texts are folded', () => {
  expect(folded('a\n'.repeat(100))).toBeNull();
  const log = folded('line\n'.repeat(500));
  expect(log?.lines).toBe(501);
  expect(log?.head.split('\n').length).toBe(80);
  expect(folded('x'.repeat(30_000))?.head.length).toBe(12_000);
});

import { expect, test } from 'vitest';
import { folded, isShortened } from './body';

test('a message is shortened when words are missing, not when targets or spaces are', () => {
  expect(isShortened('Look at it', 'Look at it (https://example.com/pay)')).toBe(false);
  expect(isShortened('Item Qty\n', 'Item\tQty')).toBe(false);
  expect(isShortened('Yes.', 'Yes.\n\n> Is it dark?')).toBe(true);
  expect(isShortened('', '> Is it dark?')).toBe(false);
  expect(isShortened('See below', 'See below (page 4)')).toBe(true);
});

test('a text is folded when it is much too long, and never for a few lines', () => {
  expect(folded('a\n'.repeat(100))).toBeNull();
  const log = folded('line\n'.repeat(500));
  expect(log?.lines).toBe(501);
  expect(log?.head.split('\n').length).toBe(80);
  expect(folded('x'.repeat(30_000))?.head.length).toBe(12_000);
});

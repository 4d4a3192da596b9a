import { expect, test } from 'vitest';
import { range, reveal } from './rows';

test('only rows in and near the box are rendered', () => {
  expect(range(0, 800, 80, 5000)).toEqual({ from: 0, to: 23 });
  expect(range(8000, 800, 80, 5000)).toEqual({ from: 88, to: 123 });
  expect(range(5000 * 80, 800, 80, 5000)).toEqual({ from: 4988, to: 5000 });
  expect(range(-20, 800, 80, 3)).toEqual({ from: 0, to: 3 });
  expect(range(900, 800, 80, 1)).toEqual({ from: 0, to: 1 });
  expect(range(0, 800, 80, 0)).toEqual({ from: 0, to: 0 });
});

test('a row is revealed by scrolling as little as possible', () => {
  expect(reveal(3, 0, 800, 80)).toBe(0);
  expect(reveal(10, 0, 800, 80)).toBe(80);
  expect(reveal(4, 800, 800, 80)).toBe(320);
});

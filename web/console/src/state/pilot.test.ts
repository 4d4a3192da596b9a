import { expect, test } from 'vitest';
import { figure, signed, verdict } from './pilot';

test('figures have the unit of their measure, and differences a sign', () => {
  expect(figure('seconds', 5400)).toBe('1h 30m');
  expect(figure('share', 0.9312)).toBe(`${(93.1).toLocaleString()} %`);
  expect(figure('count', 1.234)).toBe((1.23).toLocaleString());
  expect(signed('seconds', -5400)).toBe('\u22121h 30m');
  expect(signed('seconds', 60)).toBe('+1m');
  expect(signed('seconds', -0.2)).toBe('0s');
});

test('less is better for times, and worse for promises', () => {
  const less = { value: -1, low: -2, high: -0.5, clear: true };
  expect(verdict('lower', less)).toBe('better');
  expect(verdict('higher', less)).toBe('worse');
  expect(verdict('lower', { ...less, high: 1, clear: false })).toBe('unclear');
});

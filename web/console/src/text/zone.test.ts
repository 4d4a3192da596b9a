import { expect, test } from 'vitest';
import { clockIn, fieldOf, knows, nextMorning } from './zone';

const at = (text: string) => Date.parse(text);

test('the next morning somewhere', () => {
  expect(new Date(nextMorning('America/New_York', at('2026-12-01T10:00:00Z'))).toISOString()).toBe('2026-12-01T14:00:00.000Z');
  expect(new Date(nextMorning('America/New_York', at('2026-12-01T14:00:00Z'))).toISOString()).toBe('2026-12-02T14:00:00.000Z');
  expect(new Date(nextMorning('Asia/Kolkata', at('2026-12-01T10:00:00Z'))).toISOString()).toBe('2026-12-02T03:30:00.000Z');
  // Friday, before the clocks change on Sunday; there is no mail on a weekend.
  expect(new Date(nextMorning('Europe/Berlin', at('2026-03-27T10:00:00Z'))).toISOString()).toBe('2026-03-30T07:00:00.000Z');
});

test('the time somewhere', () => {
  expect(clockIn('Asia/Tokyo', at('2026-12-01T10:00:00Z'), 'en-GB')).toMatch(/^Tue,? 19:00$/);
  expect([knows('Europe/Berlin'), knows('Mars/Olympus'), knows('')]).toEqual([true, false, false]);
});

test('a field for date and time has local time', () => {
  expect(new Date(fieldOf(at('2026-12-01T10:07:00Z'))).toISOString()).toBe('2026-12-01T10:07:00.000Z');
});

import { describe, expect, test } from 'vitest';
import { heat, moment, parseWhen, size, span } from './time';

const local = (text: string) => new Date(text).getTime();
const NOW = local('2026-03-04T10:30:00'); // a Wednesday
const ago = (ms: number) => new Date(NOW - ms).toISOString();

describe('the time since an instant', () => {
  test.each<[number, string]>([
    [0, 'now'], [59_000, 'now'], [60_000, '1m'], [59 * 60_000, '59m'], [3_600_000, '1h'], [26 * 3_600_000, '1d'], [-5000, 'now'],
  ])('%d ms is %s', (ms, text) => expect(span(ago(ms), NOW)).toBe(text));
  test('an invalid time is now, not NaN', () => expect(span('never', NOW)).toBe('now'));
});

test('the colour of a waiting time', () => {
  expect(heat(ago(3_600_000), NOW)).toBe('cool');
  expect(heat(ago(5 * 3_600_000), NOW)).toBe('warm');
  expect(heat(ago(25 * 3_600_000), NOW)).toBe('hot');
});

test('a moment shows only as much of the date as needed', () => {
  const at = (text: string) => moment(new Date(text).toISOString(), NOW, 'en-GB');
  expect(at('2026-03-04T08:05:00')).toBe('08:05');
  expect(at('2026-03-03T23:59:00')).toBe('Yesterday 23:59');
  expect(at('2026-03-01T12:00:00')).toBe('Sun 12:00');
  expect(at('2026-01-15T12:00:00')).toBe('15 Jan 12:00');
  expect(at('2024-01-15T12:00:00')).toBe('15 Jan 2024 12:00');
  expect(moment('nonsense', NOW)).toBe('');
});

describe('a typed time', () => {
  test.each<[string, string]>([
    ['3h', '2026-03-04T13:30:00'],
    ['in 45 min', '2026-03-04T11:15:00'],
    ['2d', '2026-03-06T10:30:00'],
    ['1 week', '2026-03-11T10:30:00'],
    ['14:30', '2026-03-04T14:30:00'],
    ['9:00', '2026-03-05T09:00:00'], // passed today
    ['3pm', '2026-03-04T15:00:00'],
    ['tomorrow', '2026-03-05T09:00:00'],
    ['tomorrow 12am', '2026-03-05T00:00:00'],
    ['Tomorrow at 7:15', '2026-03-05T07:15:00'],
    ['mon', '2026-03-09T09:00:00'],
    ['wed', '2026-03-11T09:00:00'], // today's weekday means next week's
    ['next tuesday 3pm', '2026-03-10T15:00:00'],
    ['24.12. 9:00', '2026-12-24T09:00:00'],
    ['1.2.', '2027-02-01T09:00:00'], // passed this year
    ['2026-12-24 08:30', '2026-12-24T08:30:00'],
  ])('%s', (text, expected) => expect(new Date(parseWhen(text, NOW)!)).toEqual(new Date(expected)));

  test.each(['', ' ', 'soon', '25:00', '12:60', '13pm', 'mo', 'tomorrow never', '31.2.', '2026-13-01', '5 parsecs', 'in'])('%j is not valid', (text) =>
    expect(parseWhen(text, NOW)).toBeNull());

  test('a day stays a calendar day when the clocks change', () => {
    const before = local('2026-03-28T10:30:00');
    expect(new Date(parseWhen('1d', before)!).getHours()).toBe(10);
  });
});

test.each<[number, string]>([[0, '0 B'], [999, '999 B'], [1500, '2 kB'], [2_400_000, '2.4 MB']])('%d octets are %s', (n, text) => expect(size(n)).toBe(text));

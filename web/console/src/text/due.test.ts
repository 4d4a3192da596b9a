import { describe, expect, test } from 'vitest';
import { amount, factsOf, leftOf, lookOf, stateOf, type Running } from './due';

const NOW = Date.parse('2026-03-04T10:00:00Z');
const HOUR = 3600;
const due = (seconds: number, change: Partial<Running> = {}): Running =>
  ({ metric: 'first_response', state: 'running', due_at: new Date(NOW + seconds * 1000).toISOString(), target_s: 4 * HOUR, used_s: 4 * HOUR - seconds, ...change });

test.each<[number, string]>([
  [0, '0s'], [40, '40s'], [60, '1m'], [14 * 60 + 59, '14m'], [HOUR, '1h'], [2 * HOUR + 600, '2h 10m'], [23.5 * HOUR, '23h 30m'], [24 * HOUR, '1d'], [47 * HOUR, '1d 23h'], [76 * HOUR + 1800, '3d 4h'], [-5, '0s'],
])('%d s are %s', (seconds, text) => expect(amount(seconds * 1000)).toBe(text));

describe('the look of a clock', () => {
  test.each<[string, Running, string, string]>([
    ['more than a quarter left', due(HOUR + 1), 'running', '1h'],
    ['a quarter left', due(HOUR), 'soon', '1h'],
    ['due this instant: a reply is still in time', due(0), 'soon', '0s'],
    ['late by the local clock, before the server says so', due(-1), 'breached', '\u22121s'],
    ['late', due(-14 * 60, { state: 'breached' }), 'breached', '\u221214m'],
    ['paused', due(600, { state: 'paused', due_at: null }), 'paused', 'Paused'],
    ['a weekend lies before the little that is left', due(60 * HOUR, { used_s: 3.5 * HOUR }), 'soon', '2d 12h'],
    ['a weekend, and much is left', due(60 * HOUR, { used_s: 0 }), 'running', '2d 12h'],
    ['time has passed since it was loaded', due(1800, { used_s: 0 }), 'soon', '30m'],
  ])('%s', (_, given, look, text) => {
    expect(lookOf(given, NOW)).toBe(look);
    expect(leftOf(given, NOW)).toBe(text);
  });
});

test('the facts name target, use, policy, and closed hours only where there are some', () => {
  const [target, policy, at, closed] = factsOf(due(60 * HOUR, { used_s: HOUR, policy: 't1' }), NOW);
  expect([target, policy, closed]).toEqual(['first reply: target 4h, used 1h', 'SLA policy t1', 'Closed hours do not count.']);
  expect(at).toMatch(/^Due /);
  expect(factsOf(due(3 * HOUR), NOW)).not.toContain('Closed hours do not count.');
  expect(factsOf(due(0, { state: 'paused', due_at: null }), NOW)).toContain('The clock is paused.');
  expect(factsOf(due(-60, { state: 'breached' }), NOW).join()).toContain('Was due ');
});

test('how a clock ended', () => {
  const at = '2026-03-04T10:00:00Z';
  expect([stateOf({ state: 'met', breached_at: null }), stateOf({ state: 'met', breached_at: at }), stateOf({ state: 'void', breached_at: null }), stateOf({ state: 'superseded', breached_at: at })])
    .toEqual(['Met', 'Met late', 'No reply needed', 'Replaced']);
});

import { expect, test } from 'vitest';
import type { SavedReport } from '../wire';
import { chosen, measures, type Chosen } from './reports';
import { differs, mailTime, selection, show } from './saved';

const report = (values: Partial<SavedReport>): SavedReport => ({ id: 'sr_1', name: 'Monday', owner: { id: 'ag_1', name: 'Ana' }, scope: 'own', measures: ['mttr', 'csat'], period: 'last_month', by: 'agent', clock: 'business', tz: 'Europe/Berlin', editable: true, subscribers: [], created_at: '', updated_at: '', ...values });

test('a report of several measures shows their cards, and one of a single measure its details', () => {
  show(report({}));
  expect(chosen.value).toMatchObject({ period: 'last_month', clock: 'business', tz: 'Europe/Berlin', only: ['mttr', 'csat'], group: 'agent', measure: null });
  expect(differs(report({}))).toBe(false);
  expect(selection()).toEqual({ measures: ['mttr', 'csat'], period: 'last_month', clock: 'business', by: 'agent', tz: 'Europe/Berlin' });
  show(report({ measures: ['mttr', 'unknown'], by: '' }));
  expect(chosen.value).toMatchObject({ measure: 'mttr', by: 'inbox' });
  expect(differs(report({ measures: ['mttr'], by: '' }))).toBe(false);
});

test('what the page shows differs by period, durations, and the grouping of a single measure', () => {
  const now: Chosen = { period: 'last_month', clock: 'business', tz: 'Europe/Berlin', only: ['mttr'], group: 'agent', measure: 'mttr', by: 'agent' };
  const one = report({ measures: ['mttr'] });
  expect(differs(one, now)).toBe(false);
  expect(differs(one, { ...now, by: 'inbox' })).toBe(true);
  expect(differs(one, { ...now, period: 'last_7_days' })).toBe(true);
  expect(differs(one, { ...now, clock: 'wall' })).toBe(true);
  expect(differs(report({}), { ...now, only: ['mttr', 'csat'], by: 'inbox' })).toBe(false); // a look at one of several
});

test('without a saved report everything is saved, or the measure that is open', () => {
  const now: Chosen = { period: 'last_7_days', clock: 'wall', tz: 'UTC', only: null, group: '', measure: null, by: 'inbox' };
  expect(selection(now).measures).toEqual(measures);
  expect(selection({ ...now, measure: 'csat', by: 'tier' })).toMatchObject({ measures: ['csat'], by: 'tier' });
});

test('the time of a mail is that of the agent', () => {
  expect(mailTime('2026-12-07T07:00:00Z', 'Europe/Berlin', 'Europe/Berlin', 'en-GB')).toMatch(/^Mon,? 7 Dec,? 08:00$/);
  expect(mailTime('2026-12-07T13:00:00Z', 'America/New_York', 'Europe/Berlin', 'en-GB')).toMatch(/^Mon,? 7 Dec,? 08:00 \(America\/New York\)$/);
});

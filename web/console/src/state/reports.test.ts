import { expect, test } from 'vitest';
import { changeOf, columnsOf, groupOf, series, show, total } from './reports';
import type { ReportRow } from '../wire';

const row = (values: Partial<ReportRow>): ReportRow => ({ key: '', name: '', detail: '', n: 0, conversations: '', ...values });

test('a measure is grouped as a saved report says, if it can be', () => {
  expect(groupOf('mttr', 'agent')).toBe('agent');
  expect(groupOf('resolution_by_tier', 'agent')).toBe('tier');
  expect(groupOf('mttr', '')).toBe('inbox');
  expect(groupOf('topics', 'day')).toBe('');
});

test('rows are added up where that has a meaning', () => {
  expect(total('volume', [row({ n: 3 }), row({ n: 4 })])).toBe(7);
  expect(total('sla_adherence', [row({ n: 10, count: 9 }), row({ n: 30, count: 21 })])).toBe(0.75);
  expect(total('handoffs', [row({ n: 1, mean: 4 }), row({ n: 3, mean: 0 })])).toBe(1);
  expect(total('mttr', [row({ n: 5, p50: 60 })])).toBe(60);
  expect(total('waiting', [row({ n: 5, p50: 60 }), row({ n: 5, p50: 80 })])).toBeNull();
  expect(total('fcr', [row({})])).toBeNull();
});

test('values have a form for people', () => {
  expect(show(11_400, 'seconds')).toBe('3h 10m');
  expect(show(0.8412, 'share', 'en')).toBe('84.1%');
  expect(show(1.456, 'count', 'en')).toBe('1.46');
  expect(show(12_345, 'count', 'en')).toBe('12,345');
  expect(show(null, 'seconds')).toBe('–');
});

test('a change is good or bad by the measure; shares change by points', () => {
  expect(changeOf('mttr', 90, 100, 'en')).toEqual({ text: '-10%', look: 'good' });
  expect(changeOf('first_response', 150, 100, 'en')).toEqual({ text: '+50%', look: 'bad' });
  expect(changeOf('load', 150, 100, 'en')?.look).toBe('same');
  expect(changeOf('fcr', 0.8, 0.7, 'en')).toEqual({ text: '+10\u00a0pp', look: 'good' });
  expect(changeOf('csat', 0.7, 0.7, 'en')?.look).toBe('same');
  expect(changeOf('mttr', 90, null)).toBeNull();
  expect(changeOf('gaps', 3, 0)).toBeNull();
});

test('a table has the columns that a row has', () => {
  expect(columnsOf([row({ n: 2, share: 0.5, count: 1 })])).toEqual(['n', 'count', 'share']);
  expect(columnsOf([row({ arrivals: 1, resolved: 2, backlog: 3 })])).toEqual(['arrivals', 'resolved', 'backlog']);
});

test('a day with several rows is one point', () => {
  const [one, two] = ['2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z'] as const;
  expect(series('sla_adherence', [row({ start: one, n: 4, count: 4, share: 1 }), row({ start: one, n: 4, count: 2, share: 0.5 }), row({ start: two })]))
    .toEqual([{ start: one, value: 0.75 }, { start: two, value: null }]);
  expect(series('waiting', [row({ start: one, n: 1, p50: 5, detail: 'customer' }), row({ start: one, n: 1, p50: 9, detail: 'us' })])).toEqual([{ start: one, value: 9 }]);
});

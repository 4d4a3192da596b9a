// Measures: what the page of reports asks for, and how it says it. Loaded with that page.
import { signal } from '@preact/signals';
import { call, read } from '../api';
import { amount } from '../text/due';
import type { MeasureReport, PageReportPoint, ReportRow } from '../wire';

/** The number of a measure that is shown first, and whether a higher one is better. */
interface Kind { value: 'n' | 'mean' | 'p50' | 'share' | 'arrivals'; better: 'higher' | 'lower' | null; by: readonly By[] }
export type By = 'week' | 'day' | 'hour' | 'tier' | 'inbox' | 'segment' | 'agent' | 'channel' | 'tag' | '';

const groups: readonly By[] = ['week', 'day', 'hour', 'inbox', 'tier', 'agent', 'segment', 'channel', 'tag'];
const time: Kind = { value: 'p50', better: 'lower', by: groups };

/** The measures in the order of the page. */
export const MEASURES = {
  load: { value: 'arrivals', better: null, by: ['day', 'hour', 'inbox', 'tier', 'segment', 'channel'] },
  first_response: time,
  mttr: time,
  sla_adherence: { value: 'share', better: 'higher', by: groups },
  csat: { value: 'mean', better: 'higher', by: groups },
  fcr: { value: 'share', better: 'higher', by: groups },
  next_response: time,
  mtta: time,
  routing_delay: time,
  resolution_by_tier: { ...time, by: ['tier', 'inbox', 'day'] },
  time_in_tier: { ...time, by: ['tier', 'inbox', 'segment', 'day'] },
  waiting: { ...time, by: groups },
  handoffs: { value: 'mean', better: 'lower', by: groups },
  reassignments: { value: 'mean', better: 'lower', by: groups },
  returned: { value: 'share', better: 'lower', by: groups },
  gaps: { value: 'n', better: 'lower', by: groups },
  effort: { value: 'mean', better: 'higher', by: groups },
  deflection: { value: 'share', better: 'higher', by: ['', 'day', 'hour'] },
  quality: { value: 'mean', better: 'higher', by: ['tier', 'agent', 'inbox', 'week', 'day'] },
  volume: { value: 'n', better: null, by: ['channel', 'tag', 'inbox', 'segment', 'day', 'hour'] },
  topics: { value: 'n', better: null, by: [''] },
  flow: { value: 'n', better: null, by: [''] },
} satisfies Record<string, Kind>;
export type Measure = keyof typeof MEASURES;
export const measures = Object.keys(MEASURES) as Measure[];
export const kindOf = (measure: Measure): Kind => MEASURES[measure];

export const PERIODS = ['last_7_days', 'last_30_days', 'last_90_days', 'this_month', 'last_month', 'this_quarter', 'last_quarter'] as const;
export type PeriodName = (typeof PERIODS)[number];
export const TZ = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** What the page shows; it stays while a conversation is open. `only` and `group` are those of a saved report. */
export interface Chosen { period: PeriodName; tz: string; clock: 'wall' | 'business'; measure: Measure | null; by: By; only: readonly Measure[] | null; group: By }
export const chosen = signal<Chosen>({ period: 'last_30_days', tz: TZ, clock: 'wall', measure: null, by: 'inbox', only: null, group: '' });
export const choose = (change: Partial<Chosen>) => { chosen.value = { ...chosen.value, ...change }; };

/** How a measure is grouped when it is opened. */
export function groupOf(measure: Measure, group: By): By {
  const { by } = kindOf(measure);
  return group && by.includes(group) ? group : by.find((one) => one !== 'week' && one !== 'day' && one !== 'hour') ?? '';
}

/** A period that the server knows, or the one before it. */
export interface Period { period: PeriodName; tz: string; previous?: 'true' }
export interface Asked { measure: Measure; period: Period; by: By; clock: 'wall' | 'business' }

const path = (measure: string, params: Record<string, string>, by: string) => `/reports/${measure}?${new URLSearchParams({ ...params, ...(by && { by }) })}`;

/** Few at a time: each counts what happened in the period. */
const MOST = 3;
let running = 0;
const queue: (() => void)[] = [];

async function inTurn<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
  if (running >= MOST) await new Promise<void>((go) => queue.push(go));
  running++;
  try {
    signal.throwIfAborted();
    return await task();
  } finally {
    running--;
    queue.shift()?.();
  }
}

export const reports = {
  read: (asked: Asked, signal: AbortSignal) => inTurn(signal, () => call<MeasureReport>('GET', path(asked.measure, { ...asked.period, clock: asked.clock }, asked.by), undefined, signal)),
  /** The same numbers for a spreadsheet. */
  csv: ({ measure, from, to, tz, by, clock }: MeasureReport) => read('GET', path(measure, { from, to, tz, clock }, by), undefined, undefined, 'text/csv'),
  conversations: (row: ReportRow, cursor: string) => {
    const at = row.conversations.slice(row.conversations.indexOf('/reports/'));
    return call<PageReportPoint>('GET', at + (cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''));
  },
};

/** One value for all rows; null: there is none, or the rows cannot be added up. */
export function total(measure: Measure, rows: readonly ReportRow[]): number | null {
  const { value } = kindOf(measure);
  const sum = (of: (row: ReportRow) => number | null | undefined) => rows.reduce((all, row) => all + (of(row) ?? 0), 0);
  const n = sum((row) => row.n);
  switch (value) {
    case 'n': return n;
    case 'arrivals': return sum((row) => row.arrivals);
    case 'share': return n > 0 ? sum((row) => row.count) / n : null;
    case 'mean': return n > 0 ? sum((row) => (row.mean ?? 0) * row.n) / n : null;
    case 'p50': return rows.length === 1 ? rows[0]!.p50 ?? null : null;
  }
}

/** The value of one row. */
export function valueOf(measure: Measure, row: ReportRow): number | null {
  const { value } = kindOf(measure);
  if (value === 'n') return row.n;
  if (value === 'arrivals') return row.arrivals ?? 0;
  return row.n > 0 ? row[value] ?? null : null;
}

/** One value for each day or hour: of a measure with several rows for each, what they are together, or our side of it. */
export function series(measure: Measure, rows: readonly ReportRow[]): { start: string; value: number | null }[] {
  const groups = new Map<string, ReportRow[]>();
  for (const row of rows) {
    if (!row.start || (measure === 'waiting' && row.detail !== 'us' && row.detail !== '')) continue;
    groups.set(row.start, [...(groups.get(row.start) ?? []), row]);
  }
  return [...groups].map(([start, some]) => ({ start, value: some.length === 1 ? valueOf(measure, some[0]!) : total(measure, some) }));
}

/** The unit of the value that is shown first. */
export function unitOf(measure: Measure, unit: MeasureReport['unit']): Unit {
  const { value } = kindOf(measure);
  return value === 'share' ? 'share' : value === 'n' || value === 'arrivals' ? 'count' : unit;
}
export type Unit = MeasureReport['unit'];

/** A value for people: "3h 10m", "84 %", "1.4". */
export function show(value: number | null, unit: Unit, locale?: string): string {
  if (value === null) return '\u2013';
  switch (unit) {
    case 'seconds': return amount(value * 1000);
    case 'share': case 'score': return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(value);
    case 'count': return new Intl.NumberFormat(locale, { maximumFractionDigits: value < 10 ? 2 : 0 }).format(value);
  }
}

export interface Change { text: string; look: 'good' | 'bad' | 'same' }

/** How a value compares with that of the period before; null: there is nothing to compare. */
export function changeOf(measure: Measure, now: number | null, before: number | null, locale?: string): Change | null {
  if (now === null || before === null || (before === 0 && now === 0)) return null;
  const { better, value } = kindOf(measure);
  // Shares and scores are compared in percentage points.
  const points = value === 'share' || measure === 'csat' || measure === 'effort';
  if (!points && before === 0) return null;
  const by = points ? now - before : (now - before) / before;
  const text = new Intl.NumberFormat(locale, { style: 'percent', signDisplay: 'exceptZero', maximumFractionDigits: Math.abs(by) < 0.1 ? 1 : 0 }).format(by);
  const same = Math.abs(by) < 0.005 || better === null;
  return { text: points ? text.replace(/\s*%/, '\u00a0pp') : text, look: same ? 'same' : by > 0 === (better === 'higher') ? 'good' : 'bad' };
}

/** The columns of a table: those that any row has. */
export const COLUMNS = ['shown', 'n', 'count', 'share', 'provisional', 'breached', 'void', 'arrivals', 'resolved', 'backlog', 'mean', 'p50', 'p90', 'p95', 'promised'] as const;
export type Column = (typeof COLUMNS)[number];

export function columnsOf(rows: readonly ReportRow[]): Column[] {
  return COLUMNS.filter((column) => rows.some((row) => row[column] !== undefined && row[column] !== null) && !(column === 'n' && rows.some((row) => row.arrivals !== undefined)));
}

export function unitOfColumn(column: Column, unit: Unit): Unit {
  if (column === 'share') return 'share';
  return column === 'mean' || column === 'p50' || column === 'p90' || column === 'p95' || column === 'promised' ? unit : 'count';
}

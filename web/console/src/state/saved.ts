// Saved reports: the calls, and what of them differs from the page. Loaded with the bar of saved reports.
import { call } from '../api';
import type { SavedReport, SavedReportFields } from '../wire';
import { choose, chosen, groupOf, measures, type By, type Chosen, type Measure } from './reports';

const at = (id: string) => `/saved-reports/${encodeURIComponent(id)}`;
const subscriber = (id: string, agent: string) => `${at(id)}/subscribers/${encodeURIComponent(agent)}`;

export const saved = {
  list: async () => (await call<{ data: SavedReport[] }>('GET', '/saved-reports')).data,
  create: (body: SavedReportFields) => call<SavedReport>('POST', '/saved-reports', body),
  change: (report: SavedReport, body: SavedReportFields) => call<SavedReport>('PATCH', at(report.id), { ...body, based_on: report.updated_at }),
  remove: (id: string) => call<void>('DELETE', at(id)),
  subscribe: (id: string, agent: string) => call<SavedReport>('PUT', subscriber(id, agent)),
  unsubscribe: (id: string, agent: string) => call<void>('DELETE', subscriber(id, agent)),
};

const known = (report: SavedReport) => report.measures.filter((one): one is Measure => (measures as string[]).includes(one));

/** Shows what a report says; one with a single measure shows its details. */
export function show(report: SavedReport): void {
  const only = known(report);
  const group = report.by as By;
  const one = only.length === 1 ? only[0]! : null;
  choose({ period: report.period, clock: report.clock, tz: report.tz, only, group, measure: one, ...(one && { by: groupOf(one, group) }) });
}

/** What the page shows, as a report has it. */
export function selection({ measure, only, period, clock, by, group, tz }: Chosen = chosen.value): Required<Omit<SavedReportFields, 'name' | 'scope'>> {
  return { measures: measure && only?.length !== 1 && !only ? [measure] : [...(only ?? measures)], period, clock, by: measure && (!only || only.length === 1) ? by : group, tz };
}

/** Whether the page shows something else than a report says. Measures are changed in its form. */
export function differs(report: SavedReport, now: Chosen = chosen.value): boolean {
  const by = now.measure && now.only?.length === 1 ? now.by : null;
  const usual = now.measure ? groupOf(now.measure, report.by as By) : '';
  return now.period !== report.period || now.clock !== report.clock || (by !== null && by !== usual);
}

/** An instant in the time zone of the agent who gets a mail: "Mon, 7 Dec, 08:00 (Europe/Berlin)". */
export function mailTime(at: string, tz: string, own: string, locale?: string): string {
  const text = new Date(at).toLocaleString(locale, { timeZone: tz, weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
  return tz === own ? text : `${text} (${tz.replaceAll('_', ' ')})`;
}

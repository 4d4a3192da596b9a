// The page of measures. Loaded when it is opened, and its charts after it.
import '../text/reports';
import '../style/reports.css';
import { signal } from '@preact/signals';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { go, me, place, reason } from '../state/desk';
import { changeOf, choose, chosen, groupOf, kindOf, measures, PERIODS, reports, series, show, total, unitOf, valueOf, type Asked, type Measure, type PeriodName } from '../state/reports';
import { say } from '../text/say';
import type { MeasureReport } from '../wire';
import { Icon } from './icon';
import { Detail } from './reportdetail';

type Charts = typeof import('./chart');
const charts = signal<Charts | null>(null);
type Keeping = typeof import('./saved');
const keeping = signal<Keeping | null>(null);

/** A report, loaded again when what is asked for changes. */
export function useReport(asked: Asked): { value: MeasureReport | null; failure: string; again: () => void } {
  const [value, setValue] = useState<MeasureReport | null>(null);
  const [failure, setFailure] = useState('');
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    setValue(null);
    setFailure('');
    reports.read(asked, stop.signal).then(setValue, (error: unknown) => { if (!stop.signal.aborted) setFailure(reason(error)); });
    return () => stop.abort();
  }, [JSON.stringify(asked), turn]);
  return { value, failure, again: () => setTurn(turn + 1) };
}

/** A chart, when uPlot is there. */
export function Plot({ measure, report, height, small, pick }: { measure: Measure; report: MeasureReport; height: number; small?: boolean; pick?: (start: string) => void }) {
  useEffect(() => {
    import('./chart').then((loaded) => { charts.value = loaded; }, () => undefined); // the table says the same
  }, []);
  const points = useMemo(() => series(measure, report.data), [report]);
  const unit = unitOf(measure, report.unit);
  const at = useMemo(() => points.map((one) => Date.parse(one.start) / 1000), [points]);
  const values = useMemo(() => points.map((one) => one.value), [points]);
  const Chart = charts.value?.Chart;
  if (!Chart) return <div class="chart-wait" style={{ height: `${height}px` }} />;
  const known = values.filter((value): value is number => value !== null);
  const summary = known.length === 0 ? say('reports.chart.none')
    : say('reports.chart', { name: say(`measure.${measure}`), least: show(Math.min(...known), unit), most: show(Math.max(...known), unit), last: show(known.at(-1)!, unit) });
  return <Chart at={at} values={values} label={say(`measure.${measure}`)} show={(value) => show(value, unit)} when={(value) => dayOf(value * 1000, report.by === 'hour')} tz={report.tz} height={height}
    bars={unit === 'count'} seconds={unit === 'seconds'} summary={summary} {...(small && { small })} {...(pick && { pick: (index: number) => pick(points[index]!.start) })} />;
}

export const dayOf = (at: number, hour: boolean) => new Date(at).toLocaleString(undefined, { weekday: 'short', day: 'numeric', month: 'short', ...(hour && { hour: '2-digit', minute: '2-digit' }) });

/** What the desk did, in numbers. */
export function Reports() {
  if (!me.value.admin && me.value.leads.length === 0) return <main class="page" aria-label={say('view.reports')}><div class="empty"><Icon name="lock" size={30} /><p>{say('reports.denied')}</p><p class="muted">{say('reports.denied.hint')}</p></div></main>;
  return <Page />;
}

function Page() {
  const { measure, only } = chosen.value;
  useEffect(() => { import('./saved').then((loaded) => { keeping.value = loaded; }, () => undefined); }, []); // the page works without them
  const Saved = keeping.value?.Saved;
  return (
    <main class="page reports" aria-label={say('view.reports')}>
      <header class="page-head">
        <h1>{measure ? say(`measure.${measure}`) : say('view.reports')}</h1>
        <p class="muted">{measure ? say(`measure.${measure}.hint`) : say('reports.explain')}</p>
        <Choices />
      </header>
      {Saved && <Saved />}
      {measure ? <Detail key={measure} measure={measure} /> : <ul class="measures">{(only ?? measures).map((one) => <Card key={one} measure={one} />)}</ul>}
    </main>
  );
}

function Choices() {
  const { period, clock, measure, only } = chosen.value;
  const { view } = place.value;
  const all = () => {
    choose({ measure: null });
    if (view.kind === 'reports' && view.saved && only?.length === 1) go({ kind: 'reports' });
  };
  return (
    <div class="report-tools">
      {measure && <button class="button" onClick={all}><Icon name="back" size={16} />{say('reports.all')}</button>}
      <label><span>{say('reports.period')}</span>
        <select class="field" value={period} onChange={(event) => choose({ period: event.currentTarget.value as PeriodName })}>
          {PERIODS.map((one) => <option key={one} value={one}>{say(`reports.period.${one}`)}</option>)}
        </select>
      </label>
      <label><span>{say('reports.clock')}</span>
        <select class="field" value={clock} onChange={(event) => choose({ clock: event.currentTarget.value as 'wall' | 'business' })}>
          <option value="wall">{say('reports.clock.wall')}</option>
          <option value="business">{say('reports.clock.business')}</option>
        </select>
      </label>
    </div>
  );
}

/** Measures whose value is that of everything, not by channel or side. */
const HAS_DAYS = (measure: Measure) => kindOf(measure).by.includes('day');

function Card({ measure }: { measure: Measure }) {
  const { period, tz, clock, group } = chosen.value;
  const current = { period, tz };
  const whole = useReport({ measure, period: current, by: '', clock });
  const before = useReport({ measure, period: { ...current, previous: 'true' }, by: '', clock });
  const daily = useReport({ measure, period: current, by: HAS_DAYS(measure) ? 'day' : '', clock });
  const open = () => choose({ measure, by: groupOf(measure, group) });
  const name = say(`measure.${measure}`);
  return (
    <li class="measure">
      <button class="measure-open" onClick={open}><b>{name}</b><span class="sr">{say('reports.open')}</span></button>
      {whole.failure ? <p class="wrong" role="alert">{whole.failure} <button class="quiet" onClick={whole.again}>{say('net.retry')}</button></p>
        : whole.value ? <Headline measure={measure} report={whole.value} before={before.value} period={period} /> : <div class="bones" aria-hidden="true"><i class="short" /></div>}
      {HAS_DAYS(measure) ? daily.value && <Plot measure={measure} report={daily.value} height={46} small /> : whole.value && <Top report={whole.value} />}
    </li>
  );
}

function Headline({ measure, report, before, period }: { measure: Measure; report: MeasureReport; before: MeasureReport | null; period: PeriodName }) {
  const unit = unitOf(measure, report.unit);
  const value = total(measure, report.data);
  const was = before && total(measure, before.data);
  const change = before && changeOf(measure, value, was);
  const n = report.data.reduce((sum, row) => sum + row.n, 0);
  const median = kindOf(measure).value === 'p50';
  return (
    <div class="measure-number">
      {value === null && n > 0 ? <Rows measure={measure} report={report} /> : <p class="measure-value">{value === null ? <span class="muted">{say('reports.nothing')}</span> : <>{show(value, unit)}{median && <small>{say('reports.median')}</small>}</>}</p>}
      {change && <p class={`measure-change change-${change.look}`}>{change.text} <span class="muted">{say(`reports.before.${period}`, { value: show(was, unit) })}</span></p>}
    </div>
  );
}

/** One value for each row, where they cannot be added up. */
function Rows({ measure, report }: { measure: Measure; report: MeasureReport }) {
  return <dl class="measure-rows">{report.data.slice(0, 4).map((row) => <div key={row.key + row.detail}><dt>{rowName(row, report.by)}</dt><dd>{show(valueOf(measure, row), unitOf(measure, report.unit))}</dd></div>)}</dl>;
}

/** The largest rows. */
function Top({ report }: { report: MeasureReport }) {
  const rows = [...report.data].sort((a, b) => b.n - a.n).slice(0, 3);
  return <dl class="measure-rows">{rows.map((row) => <div key={row.key + row.detail}><dt>{rowName(row, report.by)}</dt><dd>{show(row.n, 'count')}</dd></div>)}</dl>;
}

/** What a row is called. */
export function rowName({ name, key, detail }: { name: string; key: string; detail: string }, by: string): string {
  const own = name || key || (by && say('reports.none'));
  const sort = detail && detailName(detail);
  return own && sort ? `${own} · ${sort}` : own || sort || say('reports.everything');
}

const DETAILS: Record<string, () => string> = {
  us: () => say('reports.side.us'), customer: () => say('reports.side.customer'), 'third-party': () => say('reports.side.third'), tag: () => say('reports.topic.tag'), word: () => say('reports.topic.word'),
  first_response: () => say('metric.first_response'), next_response: () => say('metric.next_response'), resolution: () => say('metric.resolution'),
};
const detailName = (detail: string) => DETAILS[detail]?.() ?? detail;

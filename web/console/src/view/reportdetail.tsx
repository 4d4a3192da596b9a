import { useMemo, useState } from 'preact/hooks';
import { go, now, reason, tell } from '../state/desk';
import { choose, chosen, columnsOf, kindOf, reports, show, unitOfColumn, type By, type Measure } from '../state/reports';
import { toHash } from '../state/search';
import { count, say, sayIf } from '../text/say';
import { exact, moment } from '../text/time';
import type { MeasureReport, ReportPoint, ReportRow } from '../wire';
import { Icon } from './icon';
import { dayOf, Plot, rowName, useReport } from './reports';

/** One measure: a chart, a table by what is chosen, and the conversations behind each number. */
export function Detail({ measure }: { measure: Measure }) {
  const { period, tz, clock, by } = chosen.value;
  const current = { period, tz };
  const has = kindOf(measure).by;
  const chart = useReport({ measure, period: current, by: by === 'hour' || by === 'week' ? by : 'day', clock });
  const table = useReport({ measure, period: current, by, clock });
  const [picked, setPicked] = useState<ReportRow | null>(null);
  const pick = (start: string) => setPicked(chart.value?.data.find((row) => row.start === start && row.conversations) ?? null);
  return (
    <>
      {has.includes('day') && <section class="report-chart" aria-label={say('reports.chart.title')}>
        {chart.failure ? <p class="wrong" role="alert">{chart.failure}</p> : chart.value ? <Plot measure={measure} report={chart.value} height={240} pick={pick} /> : <div class="chart-wait" style={{ height: '240px' }} />}
      </section>}
      <div class="report-tools">
        {has.length > 1 && <label><span>{say('reports.by')}</span>
          <select class="field" value={by} onChange={(event) => { setPicked(null); choose({ by: event.currentTarget.value as By }); }}>
            {has.map((one) => <option key={one} value={one}>{say(`reports.by.${one || 'all'}`)}</option>)}
          </select>
        </label>}
        {table.value && table.value.data.length > 0 && <button class="button" onClick={() => void save(table.value!)}><Icon name="down" size={16} />{say('reports.csv')}</button>}
      </div>
      {table.failure && <div class="empty" role="alert"><p>{table.failure}</p><button class="button" onClick={table.again}>{say('net.retry')}</button></div>}
      {!table.value && !table.failure && <div class="skeleton" aria-hidden="true">{[1, 2, 3].map((i) => <div class="bones" key={i}><i /><i class="short" /></div>)}</div>}
      {table.value && (table.value.data.every((row) => row.n === 0 && !row.arrivals && !row.resolved) ? <div class="empty"><Icon name="search" size={30} /><p>{say('reports.empty')}</p><p class="muted">{say('reports.empty.hint')}</p></div>
        : <Table measure={measure} report={table.value} picked={picked} pick={setPicked} />)}
      {picked && <Points key={picked.conversations} row={picked} report={picked.start ? chart.value ?? table.value! : table.value!} close={() => setPicked(null)} />}
    </>
  );
}

/** Saves what a table shows for a spreadsheet. */
async function save(report: MeasureReport) {
  try {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([await reports.csv(report)], { type: 'text/csv' }));
    link.download = `${report.measure}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } catch (error) {
    tell(reason(error), { bad: true });
  }
}

const nameOf = (row: ReportRow, report: MeasureReport) => (row.start ? dayOf(Date.parse(row.start), report.by === 'hour') : rowName(row, report.by));

function Table({ measure, report, picked, pick }: { measure: Measure; report: MeasureReport; picked: ReportRow | null; pick: (row: ReportRow) => void }) {
  const columns = columnsOf(report.data);
  const rows = report.by === 'week' || report.by === 'day' || report.by === 'hour' ? report.data : [...report.data].sort((a, b) => Number(a.key === '') - Number(b.key === '') || b.n - a.n);
  return (
    <div class="report-table" tabIndex={0} role="region" aria-label={say('reports.table')}>
      <table>
        <thead><tr><th scope="col">{say(`reports.by.${report.by || 'all'}` as 'reports.by.day')}</th>{columns.map((column) => <th key={column} scope="col" class="report-n">{sayIf(`reports.column.${measure}.${column}`, say(`reports.column.${column}`))}</th>)}</tr></thead>
        <tbody>{rows.map((row) => (
          <tr key={row.key + row.detail} class={picked?.conversations === row.conversations && row.conversations ? 'report-picked' : ''}>
            <th scope="row">{row.conversations ? <button class="quiet" onClick={() => pick(row)} title={say('reports.show')}>{nameOf(row, report)}</button> : nameOf(row, report)}</th>
            {columns.map((column) => <td key={column} class="report-n">{show(row[column] ?? null, unitOfColumn(column, report.unit))}</td>)}
          </tr>
        ))}</tbody>
      </table>
    </div>
  );
}

/** The conversations that a number counts. */
function Points({ row, report, close }: { row: ReportRow; report: MeasureReport; close: () => void }) {
  const [list, setList] = useState<ReportPoint[] | null>(null);
  const [next, setNext] = useState<string | null>('');
  const [failure, setFailure] = useState('');
  const more = () => reports.conversations(row, next ?? '').then((page) => { setList([...(list ?? []), ...page.data]); setNext(page.next_cursor); setFailure(''); }, (error: unknown) => setFailure(reason(error)));
  useMemo(() => void more(), []);
  const heading = (element: HTMLElement | null) => { if (element && list === null) element.focus(); };
  return (
    <section class="report-points" aria-label={say('reports.points', { name: nameOf(row, report) })}>
      <h2 tabIndex={-1} ref={heading}>{say('reports.points', { name: nameOf(row, report) })} <button class="tool" onClick={close}><Icon name="close" size={16} /><span class="sr">{say('reports.points.close')}</span></button></h2>
      {failure && <p class="wrong" role="alert">{failure} <button class="quiet" onClick={() => void more()}>{say('net.retry')}</button></p>}
      {list?.length === 0 && <p class="muted">{say('reports.points.none')}</p>}
      <ul>{list?.map((one) => {
        const to = { view: { kind: 'all' as const }, open: one.conversation_id };
        return (
          <li key={`${one.conversation_id} ${one.at}`}>
            <a href={toHash(to)} onClick={(event) => { if (!event.metaKey && !event.ctrlKey) { event.preventDefault(); go(to.view, to.open); } }}><span class="number">#{one.number}</span> <span dir="auto">{one.subject || say('out.noSubject')}</span></a>
            {one.value !== null && <b>{show(one.value, report.unit)}</b>}
            <time class="muted" dateTime={one.at} title={exact(one.at)}>{moment(one.at, now.value)}</time>
          </li>
        );
      })}</ul>
      {next && <p class="page-foot"><button class="button" onClick={() => void more()}>{say('out.more')}</button></p>}
      {list && list.length > 0 && list.length < row.n && !next && <p class="muted">{count('reports.points.hidden', row.n - list.length)}</p>}
    </section>
  );
}

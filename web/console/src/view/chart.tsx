// A chart of values by day or hour. Loaded with the pages that have one: uPlot is larger
// than the rest of them.
import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { theme } from '../state/theme';

export interface ChartProps {
  /** When each group begins, in seconds since 1970. */
  at: number[];
  values: (number | null)[];
  /** What the values are called, and how one is written. */
  label: string;
  show: (value: number) => string;
  /** How the beginning of a group is written. */
  when: (at: number) => string;
  tz: string;
  height: number;
  /** Bars for counts, a line for everything else. */
  bars: boolean;
  /** Without axes, beside a number. */
  small?: boolean;
  pick?: (index: number) => void;
}

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Seconds have round ticks in minutes, hours and days. */
const STEPS = [1, 5, 15, 30, 60, 300, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_419_200];

/** Half of the distance between two groups. */
function half(u: uPlot): number {
  const [first, second] = u.data[0] as number[];
  return second === undefined ? 43_200 : (second - first!) / 2;
}

function options({ label, show, when, tz, height, bars, small, pick }: ChartProps, width: number, seconds: boolean, follow: (index: number | null) => void): uPlot.Options {
  const axis: uPlot.Axis = { stroke: colour('--muted'), font: `12px ${colour('--font')}`, grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
  return {
    width, height,
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), tz),
    legend: { show: false },
    padding: small ? [4, 2, 2, 2] : [10, 12, 0, 4],
    cursor: { show: !small, drag: { x: false, y: false }, y: false, points: { size: 8 } },
    // A bar has its beginning in the middle.
    scales: { x: { range: (u, least, most) => (bars ? [least - half(u), most + half(u)] : [least, most]) }, y: { range: (_, least, most) => [Math.min(0, least), most > 0 ? most * 1.08 : 1] } },
    axes: small ? [{ show: false }, { show: false }] : [
      { ...axis, grid: { show: false } },
      { ...axis, size: 62, values: (_, all) => all.map((value) => show(value)), ...(seconds && { incrs: STEPS }) },
    ],
    series: [{ value: (_, at) => when(at) }, {
      label, stroke: colour('--accent'), width: small ? 1.5 : 2, spanGaps: true, fill: bars ? colour('--accent-line') : colour('--accent-soft'),
      ...(bars && { paths: uPlot.paths.bars!({ size: [0.7, 40] }), width: 0, fill: colour('--accent') }),
      points: { show: !small && !bars, size: 5 },
    }],
    hooks: {
      setCursor: [(u) => follow(u.cursor.idx ?? null)],
      ready: [(u) => pick && u.over.addEventListener('click', () => { if (u.cursor.idx != null) pick(u.cursor.idx); })],
    },
  };
}

/** The chart. What it shows is in a table below it, too: for screen readers it is a picture. */
export function Chart(props: ChartProps & { seconds: boolean; summary: string }) {
  const { at, values, height, show, when, small, pick, seconds, summary } = props;
  const place = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLParagraphElement>(null);
  const dark = theme.value; // colours are read when the chart is made
  useEffect(() => {
    const box = place.current!;
    const follow = (index: number | null) => {
      const text = tip.current;
      if (!text) return;
      const value = index === null ? null : values[index];
      text.textContent = index === null || value == null ? '' : `${when(at[index]!)}: ${show(value)}`;
    };
    let plot: uPlot | null = null;
    const draw = () => {
      plot?.destroy();
      plot = new uPlot(options(props, box.clientWidth, seconds, follow), [at, values], box);
    };
    draw();
    const resized = new ResizeObserver(() => { if (plot && box.clientWidth !== plot.width) plot.setSize({ width: box.clientWidth, height }); });
    resized.observe(box);
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', draw);
    return () => { resized.disconnect(); system.removeEventListener('change', draw); plot?.destroy(); };
  }, [at, values, height, dark]);
  return (
    <figure class={small ? 'chart chart-small' : 'chart'}>
      <div ref={place} class={pick ? 'chart-place chart-pick' : 'chart-place'} style={{ height: `${height}px` }} role="img" aria-label={summary} />
      {!small && <p class="chart-tip muted" ref={tip} aria-hidden="true" />}
    </figure>
  );
}

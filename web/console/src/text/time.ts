// Formats and parses times. Pure: the current time is always an argument.
import { say } from './say';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const formats = new Map<string, Intl.DateTimeFormat>();

/** A formatter, made once: making one takes about a millisecond. */
function format(locale: string | undefined, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale ?? ''} ${JSON.stringify(options)}`;
  let made = formats.get(key);
  if (!made) formats.set(key, (made = new Intl.DateTimeFormat(locale, options)));
  return made;
}

/** Time since an instant, in the largest unit: "now", "4m", "2h", "3d". */
export function span(since: string, now: number): string {
  const gone = now - Date.parse(since);
  if (!(gone >= MINUTE)) return say('time.now');
  if (gone < HOUR) return `${Math.floor(gone / MINUTE)}m`;
  if (gone < DAY) return `${Math.floor(gone / HOUR)}h`;
  return `${Math.floor(gone / DAY)}d`;
}

/** The colour of a waiting time; the limits are fixed and independent of any SLA. */
export function heat(since: string, now: number): 'cool' | 'warm' | 'hot' {
  const gone = now - Date.parse(since);
  return gone < 4 * HOUR ? 'cool' : gone < DAY ? 'warm' : 'hot';
}

function startOfDay(at: number): number {
  const day = new Date(at);
  day.setHours(0, 0, 0, 0);
  return day.getTime();
}

/** Time of day for today, weekday within a week, date before that. */
export function moment(at: string, now: number, locale?: string): string {
  const then = Date.parse(at);
  if (Number.isNaN(then)) return '';
  const clock = format(locale, { hour: '2-digit', minute: '2-digit' }).format(then);
  const days = Math.round((startOfDay(now) - startOfDay(then)) / DAY);
  if (days === 0) return clock;
  if (days === 1) return `${say('time.yesterday')} ${clock}`;
  const near = Math.abs(days) < 7;
  const sameYear = new Date(then).getFullYear() === new Date(now).getFullYear();
  const date = format(
    locale,
    near ? { weekday: 'short' } : sameYear ? { day: 'numeric', month: 'short' } : { day: 'numeric', month: 'short', year: 'numeric' },
  ).format(then);
  return `${date} ${clock}`;
}

/** The full date and time, for tooltips. */
export function exact(at: string, locale?: string): string {
  const then = new Date(at);
  return Number.isNaN(then.getTime()) ? '' : format(locale, { dateStyle: 'full', timeStyle: 'medium' }).format(then);
}

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const UNITS: Record<string, number> = { m: MINUTE, min: MINUTE, h: HOUR, hour: HOUR, hours: HOUR, d: DAY, day: DAY, days: DAY, w: 7 * DAY, week: 7 * DAY };
const MORNING = { hours: 9, minutes: 0 };

function clockOf(text: string | undefined): { hours: number; minutes: number } | null {
  if (!text) return MORNING;
  const found = /^(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?$/.exec(text);
  if (!found) return null;
  let hours = Number(found[1]);
  const minutes = Number(found[2] ?? 0);
  if (found[3]) {
    if (hours < 1 || hours > 12) return null;
    hours = (hours % 12) + (found[3] === 'pm' ? 12 : 0);
  }
  return hours < 24 && minutes < 60 ? { hours, minutes } : null;
}

function atClock(day: number, clock: { hours: number; minutes: number }): number {
  const out = new Date(day);
  out.setHours(clock.hours, clock.minutes, 0, 0);
  return out.getTime();
}

function addDays(at: number, days: number): number {
  const out = new Date(at);
  out.setDate(out.getDate() + days); // not 24 hours: a day may have 23 or 25
  return out.getTime();
}

/** Parses a typed time: "3h", "tomorrow", "tomorrow 9:00", "mon 14:30", "14:30", "24.12. 9:00", "2026-12-24 9:00". Null when it is not valid. */
export function parseWhen(input: string, now: number): number | null {
  const text = input.trim().toLowerCase().replace(/^in\s+/, '');
  const amount = /^(\d{1,3})\s*([a-z]+)$/.exec(text);
  if (amount && UNITS[amount[2]!]) {
    const unit = UNITS[amount[2]!]!;
    const n = Number(amount[1]);
    return unit >= DAY ? addDays(now, n * (unit / DAY)) : now + n * unit;
  }
  const bare = clockOf(text || 'none');
  if (bare) {
    const today = atClock(now, bare);
    return today > now ? today : atClock(addDays(now, 1), bare);
  }
  const [head = '', ...rest] = text.replace(/^next\s+/, '').split(/\s+/);
  const clock = clockOf(rest.join(' ').replace(/^at\s+/, '') || undefined);
  if (!clock) return null;
  const day = dayOf(head, now);
  return day === null ? null : atClock(day, clock);
}

function dayOf(word: string, now: number): number | null {
  if (word === 'today') return now;
  if (word === 'tomorrow') return addDays(now, 1);
  const weekday = word.length >= 3 ? WEEKDAYS.findIndex((name) => word.startsWith(name)) : -1;
  if (weekday >= 0) {
    const ahead = (weekday - new Date(now).getDay() + 7) % 7 || 7;
    return addDays(now, ahead);
  }
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(word);
  if (iso) return dateOf(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const local = /^(\d{1,2})\.(\d{1,2})\.?$/.exec(word);
  if (!local) return null;
  const year = new Date(now).getFullYear();
  const day = dateOf(year, Number(local[2]), Number(local[1]));
  return day !== null && day < startOfDay(now) ? dateOf(year + 1, Number(local[2]), Number(local[1])) : day;
}

function dateOf(year: number, month: number, day: number): number | null {
  const out = new Date(year, month - 1, day);
  return out.getMonth() === month - 1 && out.getDate() === day ? out.getTime() : null;
}

/** A readable file size. */
export function size(bytes: number): string {
  if (bytes < 1000) return say('size.bytes', { n: bytes });
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** A readable duration: "40 s", "3 min", "2 h". */
export function duration(seconds: number): string {
  if (seconds < 90) return say('time.seconds', { n: Math.max(1, Math.round(seconds)) });
  if (seconds < 90 * 60) return say('time.minutes', { n: Math.round(seconds / 60) });
  return say('time.hours', { n: Math.round(seconds / 3600) });
}

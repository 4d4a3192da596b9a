// Times in other people's time zones. Pure.
const DAY = 86_400_000;
const HOUR = 3_600_000;

/** This browser's time zone. */
export const here = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** How far a zone is ahead of UTC at an instant, in milliseconds. */
function offsetOf(zone: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }).formatToParts(at);
  const part = (type: string) => Number(parts.find((one) => one.type === type)!.value);
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) - Math.floor(at / 1000) * 1000;
}

/** Whether this browser knows the zone. */
export function knows(zone: string): boolean {
  try {
    return zone !== '' && Number.isFinite(offsetOf(zone, 0));
  } catch {
    return false;
  }
}

/** The next time that it is nine in the morning somewhere, not on a weekend. */
export function nextMorning(zone: string, now: number): number {
  const local = now + offsetOf(zone, now);
  let day = Math.floor(local / DAY) * DAY + 9 * HOUR;
  while (day <= local || [0, 6].includes(new Date(day).getUTCDay())) day += DAY;
  return day - offsetOf(zone, day - offsetOf(zone, day));
}

/** The weekday and the time somewhere: "Mon 09:00". */
export function clockIn(zone: string, at: number, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit' }).format(at);
}

/** An instant as a field for local date and time has it. */
export function fieldOf(at: number): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const then = new Date(at);
  return `${then.getFullYear()}-${two(then.getMonth() + 1)}-${two(then.getDate())}T${two(then.getHours())}:${two(then.getMinutes())}`;
}

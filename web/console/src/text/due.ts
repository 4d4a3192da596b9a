// SLA clocks in words. Pure: the current time is always an argument.
import type { Clock, NextDue, Task } from '../wire';
import { say } from './say';
import { moment } from './time';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The part of a target that is left when its clock is due soon. */
const SOON = 0.25;

/** The metrics in the order of importance. */
export type Metric = NextDue['metric'];
export type Look = 'running' | 'soon' | 'breached' | 'paused';
export type Running = Pick<NextDue, 'due_at' | 'target_s' | 'used_s'> & { metric: Metric | 'task'; state: string; policy?: string };

/** The clock of a task that has not ended; null: it has no deadline. */
export function taskDue({ due_at, overdue_at, opened_at, closed_at }: Pick<Task, 'due_at' | 'overdue_at' | 'opened_at' | 'closed_at'>): Running | null {
  if (due_at === null || closed_at !== null) return null;
  return { metric: 'task', state: overdue_at ? 'breached' : 'running', due_at, target_s: (Date.parse(due_at) - Date.parse(opened_at)) / 1000, used_s: 0 };
}

/** How an open clock looks now. What is left is business time, and never more than the time until it is due. */
export function lookOf({ state, due_at, target_s, used_s }: Running, now: number): Look {
  if (state === 'breached') return 'breached';
  if (state === 'paused' || due_at === null) return 'paused';
  const until = Date.parse(due_at) - now;
  if (until < 0) return 'breached';
  return Math.min(until / 1000, target_s - used_s) <= SOON * target_s ? 'soon' : 'running';
}

/** A length of time in at most two units: "3d 4h", "2h 10m", "14m", "40s". */
export function amount(ms: number): string {
  const left = Math.max(0, ms);
  const two = (big: number, one: string, small: number, other: string) => {
    const rest = Math.floor((left % big) / small);
    return `${Math.floor(left / big)}${one}${rest > 0 ? ` ${rest}${other}` : ''}`;
  };
  if (left >= DAY) return two(DAY, 'd', HOUR, 'h');
  if (left >= HOUR) return two(HOUR, 'h', MINUTE, 'm');
  return left >= MINUTE ? `${Math.floor(left / MINUTE)}m` : `${Math.floor(left / 1000)}s`;
}

/** The text of a badge: the time left, "−14m" when it is late, "Paused". */
export function leftOf(due: Running, now: number): string {
  if (lookOf(due, now) === 'paused' || due.due_at === null) return say('due.paused');
  const left = Date.parse(due.due_at) - now;
  return left < 0 ? `\u2212${amount(-left)}` : amount(left);
}

/** What there is to know about an open clock: its policy, target, use, and what it does not count. */
export function factsOf(due: Running, now: number): string[] {
  const facts = [say('due.target', { metric: say(`metric.${due.metric}`), target: amount(due.target_s * 1000), used: amount(due.used_s * 1000) })];
  if (due.policy) facts.push(say('due.policy', { name: due.policy }));
  if (due.due_at === null) return [...facts, say('due.pausedNow')];
  facts.push(say(Date.parse(due.due_at) < now ? 'due.was' : 'due.at', { time: moment(due.due_at, now) }));
  // More time until it is due than business time left: closed hours lie in between.
  const closed = Date.parse(due.due_at) - now - (due.target_s - due.used_s) * 1000;
  if (due.state === 'running' && closed > MINUTE) facts.push(say('due.closed'));
  return facts;
}

/** How a clock ended, or that it has not. */
export function stateOf({ state, breached_at }: Pick<Clock, 'state' | 'breached_at'>): string {
  return say(state === 'met' && breached_at ? 'clock.metLate' : `clock.${state}`);
}

// Availability in words and as a shape. Pure.
import type { Agent } from '../wire';
import { say } from './say';
import { moment } from './time';

export type Look = 'available' | 'away' | 'hours' | 'offline';
type Subject = Pick<Agent, 'availability'>;

/** What an agent is now. A chosen absence ends at its time, before the next answer of the server says so. */
export function lookOf({ availability }: Subject, now: number): Look {
  const { state, reason, until } = availability;
  if (state === 'offline') return 'offline';
  if (state !== 'away') return 'available';
  if (reason !== 'chosen') return 'hours';
  return until && Date.parse(until) <= now ? 'available' : 'away';
}

/** "Away until 14:00". */
export function availabilityOf(agent: Subject, now: number, locale?: string): string {
  const look = lookOf(agent, now);
  const { until } = agent.availability;
  return look === 'away' && until ? say('availability.awayUntil', { time: moment(until, now, locale) }) : say(`availability.${look}`);
}

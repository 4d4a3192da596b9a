import { expect, test } from 'vitest';
import type { Availability } from '../wire';
import { availabilityOf, lookOf } from './availability';

const NOW = new Date('2026-03-04T10:30:00').getTime();
const at = (text: string) => new Date(text).toISOString();

test.each<[Partial<Availability>, string, string]>([
  [{ state: 'available' }, 'available', 'Available'],
  [{ state: 'away', reason: 'chosen' }, 'away', 'Away'],
  [{ state: 'away', reason: 'chosen', until: at('2026-03-04T14:00:00') }, 'away', 'Away until 14:00'],
  [{ state: 'away', reason: 'chosen', until: at('2026-03-05T09:00:00') }, 'away', 'Away until Thu 09:00'],
  [{ state: 'away', reason: 'chosen', until: at('2026-03-04T10:30:00') }, 'available', 'Available'],
  [{ state: 'away', reason: 'outside-hours' }, 'hours', 'Outside hours'],
  [{ state: 'offline', reason: 'disconnected' }, 'offline', 'Not connected'],
])('%j is %s: %s', (change, look, text) => {
  const agent = { availability: { state: 'available', reason: '', chosen: 'available', until: null, seen_at: null, ...change } as Availability };
  expect(lookOf(agent, NOW)).toBe(look);
  expect(availabilityOf(agent, NOW, 'en-GB')).toBe(text);
});

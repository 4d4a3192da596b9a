import { describe, expect, test } from 'vitest';
import type { Order } from '../api';
import { comparing, orderOf, storedOrders, usualOrder, type Placed } from './order';

const row = (id: string, change: Partial<Placed> & { due?: string | null } = {}): Placed => {
  const { due, ...rest } = change;
  return {
    id, updated_at: '2026-03-04T10:00:00Z', created_at: '2026-03-04T09:00:00Z', waiting_since: null, priority: 'normal',
    next_due: due === undefined ? null : { metric: 'first_response', state: due ? 'running' : 'paused', due_at: due, target_s: 60, used_s: 0 }, ...rest,
  };
};
const sorted = (order: Order, list: Placed[]) => list.toSorted(comparing(order)).map((one) => one.id).join('');

describe('rows are sorted as the server does', () => {
  test('by deadline, late ones first, those without one last', () =>
    expect(sorted('due', [row('a'), row('b', { due: null }), row('c', { due: '2026-03-04T12:00:00Z' }), row('d', { due: '2026-03-04T08:00:00Z' }), row('e', { updated_at: '2026-03-04T11:00:00Z' })])).toBe('dceba'));
  test('fractions of a second have any number of digits', () =>
    expect(sorted('oldest', [row('a', { created_at: '2026-03-04T09:00:00.123Z' }), row('b', { created_at: '2026-03-04T09:00:00.12Z' }), row('c', { created_at: '2026-03-04T09:00:00Z' })])).toBe('cba'));
  test('by waiting time', () => expect(sorted('waiting', [row('a'), row('b', { waiting_since: '2026-03-04T09:30:00Z' }), row('c', { waiting_since: '2026-03-04T09:10:00Z' })])).toBe('cba'));
  test('by priority, then last changed first', () =>
    expect(sorted('priority', [row('a', { priority: 'low' }), row('b', { priority: 'urgent' }), row('c'), row('d', { updated_at: '2026-03-04T10:00:01Z' })])).toBe('bdca'));
  test('newest, then by ID', () => expect(sorted('newest', [row('a'), row('b'), row('c', { updated_at: '2026-03-04T10:00:01Z' })])).toBe('cba'));
  test('a row is where it is', () => expect(comparing('due')(row('a'), row('a'))).toBe(0));
});

test('views of work are in the order of deadlines, others show what changed last', () => {
  expect((['mine', 'unassigned', 'all', 'breaching'] as const).map((kind) => usualOrder({ kind }))).toEqual(['due', 'due', 'due', 'due']);
  expect([usualOrder({ kind: 'tier', tier: 2 }), usualOrder({ kind: 'inbox', inbox: 'x' })]).toEqual(['due', 'due']);
  expect((['pending', 'snoozed', 'resolved'] as const).map((kind) => usualOrder({ kind }))).toEqual(['newest', 'newest', 'newest']);
  expect(orderOf({ kind: 'search', text: 'tag:"sort:oldest" sort:waiting' })).toBe('waiting');
  expect([orderOf({ kind: 'search', text: 'x' }), orderOf({ kind: 'gaps' })]).toEqual(['newest', 'waiting']);
});

test.each([[null], [''], ['{'], ['null'], ['[]'], ['{"#/all":"random"}']])('%j is no stored order', (text) => expect(storedOrders(text)).toEqual({}));
test('a stored order', () => expect(storedOrders('{"#/all":"oldest","search":"due","x":1}')).toEqual({ '#/all': 'oldest', search: 'due' }));

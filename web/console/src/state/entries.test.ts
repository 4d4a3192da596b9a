import { expect, test } from 'vitest';
import type { Conversation, Task } from '../wire';
import { isTask, joined } from './entries';

const at = (hour: number | null) => (hour === null ? null : `2026-03-02T${String(hour).padStart(2, '0')}:00:00Z`);
const row = (id: string, due: number | null, updated = 0) => ({ id, next_due: due === null ? null : { due_at: at(due) }, updated_at: at(updated), created_at: at(updated) }) as unknown as Conversation;
const task = (id: string, due: number | null, updated = 0) => ({ id, conversation: {}, due_at: at(due), updated_at: at(updated), opened_at: at(updated) }) as unknown as Task;
const ids = (list: { id: string }[]) => list.map((one) => one.id).join(' ');

test('tasks are between the conversations that are due before and after them', () => {
  const rows = [row('c1', 9), row('c2', 12), row('c3', null)];
  expect(ids(joined(rows, [task('late', 15), task('none', null), task('soon', 8), task('mid', 10)], 'due'))).toBe('soon c1 mid c2 late c3 none');
});

test('in other orders they are compared by what that order is about, or come first', () => {
  const rows = [row('c1', 9, 5), row('c2', 12, 3)];
  const tasks = [task('t1', 15, 4), task('t2', 10, 9)];
  expect(ids(joined(rows, tasks, 'newest'))).toBe('t2 c1 t1 c2');
  expect(ids(joined(rows.toReversed(), tasks, 'oldest'))).toBe('c2 t1 c1 t2');
  expect(ids(joined(rows, tasks, 'priority'))).toBe('t2 t1 c1 c2');
});

test('conversations keep their order', () => {
  expect(ids(joined([row('c1', 12), row('c2', 9)], [task('t', 10)], 'due'))).toBe('t c1 c2');
  expect([row('c', 1), task('t', 1)].map(isTask)).toEqual([false, true]);
});

// The rows of a list: conversations, and tasks with their own clocks. Pure.
import type { Order } from '../api';
import type { Conversation, Task } from '../wire';
import { instants } from './order';

export type Entry = Conversation | Task;

export const isTask = (row: Entry): row is Task => 'conversation' in row;

/** When a task is due, opened or changed, as an order compares it with conversations; without one it is first. */
function before(task: Task, row: Conversation, order: Order): boolean {
  switch (order) {
    case 'due': return instants(task.due_at, row.next_due?.due_at ?? null) < 0;
    case 'newest': return instants(task.updated_at, row.updated_at) > 0;
    case 'oldest': return instants(task.opened_at, row.created_at) < 0;
    default: return true;
  }
}

/** How tasks are ordered among themselves. */
function compare(a: Task, b: Task, order: Order): number {
  const key = order === 'newest' ? instants(b.updated_at, a.updated_at) : order === 'oldest' ? instants(a.opened_at, b.opened_at) : instants(a.due_at, b.due_at);
  return key || (a.id < b.id ? -1 : 1);
}

/** Puts tasks between conversations, which keep their order. */
export function joined(rows: readonly Conversation[], tasks: readonly Task[], order: Order): Entry[] {
  const out: Entry[] = [];
  const left = tasks.toSorted((a, b) => compare(a, b, order));
  for (const row of rows) {
    while (left.length > 0 && before(left[0]!, row, order)) out.push(left.shift()!);
    out.push(row);
  }
  return [...out, ...left];
}

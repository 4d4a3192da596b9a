// The tasks that a view lists: mine, or those that an inbox does next to its conversations.
import { batch, computed, signal } from '@preact/signals';
import { api, type TaskQuery } from '../api';
import type { Conversation, Task } from '../wire';
import { inboxes, place } from './desk';
import { listError, loading, rows, selected } from './list';
import { joined, type Entry } from './entries';
import { orderOf } from './order';
import type { View } from './search';

const MOST = 200;

/** Those that have not ended, the earliest deadline first. */
const found = signal<readonly Task[]>([]);
let asked = 0;

/** What to ask for; null: the view has no tasks. */
function queryOf(view: View): TaskQuery | null {
  switch (view.kind) {
    case 'tasks': return { assignee: 'me' };
    case 'inbox': return { inbox: view.inbox };
    case 'tier': return {}; // those of its inboxes are chosen here
    default: return null;
  }
}

/** Loads the tasks of a view. `quiet` keeps the current ones until the response arrives. */
export async function loadTasks(view: View, quiet = true): Promise<void> {
  const ticket = ++asked;
  const query = queryOf(view);
  if (!quiet || !query) found.value = [];
  if (!query) return;
  try {
    const page = await api.tasks({ ...query, limit: MOST });
    if (ticket !== asked) return;
    batch(() => {
      found.value = page.data;
      if (view.kind === 'tasks') [loading.value, listError.value] = [false, null];
    });
  } catch (error) {
    if (ticket === asked && view.kind === 'tasks') [loading.value, listError.value] = [false, error];
  }
}

/** The tasks of the shown view. */
export const tasks = computed<readonly Task[]>(() => {
  const { view } = place.value;
  if (view.kind !== 'tier') return found.value;
  const keys = new Set(inboxes.value.filter((inbox) => inbox.tier === view.tier).map((inbox) => inbox.key));
  return found.value.filter((task) => keys.has(task.inbox.key));
});

/** All rows of the shown list. */
export const entries = computed<readonly Entry[]>(() => (tasks.value.length > 0 ? joined(rows.value, tasks.value, orderOf(place.value.view)) : rows.value));

/** The row that is open or selected. */
export const active = computed(() => place.value.task ?? place.value.open ?? selected.value);

/** The only row in the tab order: the open one, the selected one, or the first. */
export const tabStop = computed(() => (entries.value.some((row) => row.id === active.value) ? active.value : (entries.value[0]?.id ?? null)));

/** The row before or after the given one; null at the end. */
export function neighbour(id: string | null, step: 1 | -1): Entry | null {
  const list = entries.value;
  const at = id ? list.findIndex((row) => row.id === id) : -1;
  return (at < 0 ? list[0] : list[at + step]) ?? null;
}

/** The conversation before or after the given one. */
export function nextConversation(id: string | null, step: 1 | -1): Conversation | null {
  const list = rows.value;
  const at = id ? list.findIndex((row) => row.id === id) : -1;
  return (at < 0 ? list[0] : list[at + step]) ?? null;
}

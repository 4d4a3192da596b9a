// Saved views: searches under a name, and how many conversations each shows now. Loaded
// with their part of the console.
import { effect } from '@preact/signals';
import { call, read } from '../api';
import type { PageSavedView, SavedView, SavedViewFields } from '../wire';
import { counts, me, phase } from './desk';
import { views } from './viewnames';

const at = (id: string) => `/views/${encodeURIComponent(id)}`;

export const requests = {
  list: async () => (await call<PageSavedView>('GET', '/views?counts=true')).data,
  create: (body: SavedViewFields) => call<SavedView>('POST', '/views', body),
  change: (id: string, body: SavedViewFields & { based_on: string }) => call<SavedView>('PATCH', at(id), body),
  remove: (id: string) => read('DELETE', at(id)),
};

/** Counting reads each view's conversations: not more often than that. */
const PAUSE_MS = 1500;
let timer: ReturnType<typeof setTimeout> | undefined;
let loaded = 0;

export async function loadViews(): Promise<void> {
  const agent = me.value.id;
  loaded = Date.now();
  const found = await requests.list().catch(() => null);
  if (found && agent === me.value.id) views.value = found;
}

// The counts of the rail are loaded after each burst of events, and those of views with them.
effect(() => {
  if (!counts.value || phase.value !== 'ready' || !me.value.id) return;
  timer ??= setTimeout(() => {
    timer = undefined;
    void loadViews();
  }, Math.max(0, loaded + PAUSE_MS - Date.now()));
});

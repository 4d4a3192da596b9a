// The list in the middle: one view's conversations, newest change first.
import { batch, computed, signal } from '@preact/signals';
import { api, Problem } from '../api';
import type { Conversation } from '../wire';
import { belongs, queryOf, toHash, type View } from './search';

const PAGE = 50;

const byId = signal<ReadonlyMap<string, Conversation>>(new Map());
export const nextCursor = signal<string | null>(null);
export const loading = signal(true);
export const listError = signal<unknown>(null);
/** The row the keyboard is on; the open one moves it along. */
export const selected = signal<string | null>(null);

/** Newest change first; equal instants by id, as the server does. */
export const rows = computed(() =>
  [...byId.value.values()].sort((a, b) => (a.updated_at !== b.updated_at ? (a.updated_at < b.updated_at ? 1 : -1) : a.id < b.id ? 1 : -1)),
);

let asked = 0;
let searching: ReturnType<typeof setTimeout> | undefined;

export function clearList(): void {
  asked++;
  batch(() => {
    byId.value = new Map();
    nextCursor.value = null;
    loading.value = true;
    listError.value = null;
    selected.value = null;
  });
}

/** Loads a view from the top. `quiet` keeps what is shown until the answer is there. */
export async function loadList(view: View, options: { quiet?: boolean } = {}): Promise<void> {
  if (!options.quiet) clearList();
  if (view.kind === 'quarantine' || view.kind === 'channels') return;
  const ticket = ++asked;
  try {
    const page = await api.conversations({ q: queryOf(view), limit: PAGE });
    if (ticket !== asked) return;
    batch(() => {
      byId.value = new Map(page.data.map((row) => [row.id, row]));
      nextCursor.value = page.next_cursor;
      loading.value = false;
      listError.value = null;
    });
  } catch (error) {
    if (ticket !== asked) return;
    batch(() => {
      loading.value = false;
      // A refused search shows nothing; a lost connection keeps what is there.
      if (!options.quiet || (error instanceof Problem && error.status !== 0)) listError.value = error;
    });
  }
}

export async function loadMore(view: View): Promise<void> {
  const cursor = nextCursor.value;
  if (!cursor || loading.value) return;
  const ticket = asked;
  loading.value = true;
  try {
    const page = await api.conversations({ q: queryOf(view), limit: PAGE, cursor });
    if (ticket !== asked) return;
    batch(() => {
      byId.value = new Map([...byId.value, ...page.data.map((row) => [row.id, row] as const)]);
      nextCursor.value = page.next_cursor;
    });
  } catch (error) {
    if (ticket === asked) listError.value = error;
  } finally {
    if (ticket === asked) loading.value = false;
  }
}

/** Takes over one changed conversation (null: it is gone), where the view's rule is known here; a search asks again. */
export function patchList(view: View, id: string, conversation: Conversation | null, me: string): void {
  const fits = conversation ? belongs(view, conversation, me) : false;
  if (fits === null) {
    if (byId.value.has(id)) replace(id, conversation);
    searching ??= setTimeout(() => {
      searching = undefined;
      void loadList(view, { quiet: true });
    }, 400);
    return;
  }
  // Below the last loaded row it would be a hole: paging brings it.
  const last = rows.value.at(-1);
  const below = nextCursor.value !== null && last && conversation && conversation.updated_at < last.updated_at && !byId.value.has(id);
  if (!below) replace(id, fits ? conversation : null);
}

function replace(id: string, conversation: Conversation | null): void {
  const known = byId.value.get(id);
  if (!conversation && !known) return;
  // Two answers may cross on the way; the one with the higher number is the newer.
  if (conversation && known && known.last_seq > conversation.last_seq) return;
  const next = new Map(byId.value);
  if (conversation) next.set(id, conversation);
  else next.delete(id);
  byId.value = next;
}

/** The identity of a view, for keys and comparisons. */
export const viewKey = (view: View) => toHash({ view, open: null });

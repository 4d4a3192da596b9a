// The list of one view's conversations, last changed first.
import { batch, computed, signal } from '@preact/signals';
import { api, Problem } from '../api';
import type { Conversation } from '../wire';
import { belongs, queryOf, toHash, type View } from './search';

const PAGE = 50;

const byId = signal<ReadonlyMap<string, Conversation>>(new Map());
export const nextCursor = signal<string | null>(null);
export const loading = signal(true);
export const listError = signal<unknown>(null);
/** The row selected by keyboard; opening a conversation selects it. */
export const selected = signal<string | null>(null);

/** The selected row keeps its place while it is selected, whatever arrives in it. */
const held = signal<{ id: string; at: string } | null>(null);

export function hold(id: string): void {
  if (held.value?.id === id) return;
  const row = byId.value.get(id);
  held.value = row ? { id, at: row.updated_at } : null;
}

type Placed = Pick<Conversation, 'id' | 'updated_at'>;

/** Last changed first, then by ID, like the server. */
const order = (a: Placed, b: Placed) => (a.updated_at !== b.updated_at ? (a.updated_at < b.updated_at ? 1 : -1) : a.id < b.id ? 1 : -1);

const sorted = computed(() => [...byId.value.values()].sort(order));

/** The rows in order. The list is a new one only if it differs, so that selecting a row renders no others. */
export const rows = computed(() => {
  const fixed = held.value;
  const row = fixed ? byId.value.get(fixed.id) : undefined;
  if (!fixed || !row || row.updated_at === fixed.at) return sorted.value;
  const others = sorted.value.filter((one) => one !== row);
  const place = { id: row.id, updated_at: fixed.at };
  const index = others.findIndex((one) => order(place, one) < 0);
  others.splice(index < 0 ? others.length : index, 0, row);
  return others;
});

/** Selects a row; the others move around it. */
export function select(id: string): void {
  batch(() => {
    selected.value = id;
    hold(id);
  });
}

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
    held.value = null;
  });
}

/** Loads a view from the top. `quiet` keeps the current rows until the response arrives. */
export async function loadList(view: View, options: { quiet?: boolean } = {}): Promise<void> {
  if (!options.quiet) clearList();
  if (view.kind === 'quarantine' || view.kind === 'channels') return;
  const ticket = ++asked;
  try {
    const page = await api.conversations({ q: queryOf(view), limit: PAGE });
    if (ticket !== asked) return;
    batch(() => {
      const tail = options.quiet ? olderThan(page.data) : [];
      byId.value = new Map([...page.data, ...tail].map((row) => [row.id, row]));
      if (tail.length === 0) nextCursor.value = page.next_cursor;
      loading.value = false;
      listError.value = null;
    });
  } catch (error) {
    if (ticket !== asked) return;
    batch(() => {
      loading.value = false;
      // An invalid search shows nothing; a lost connection keeps the current rows.
      if (!options.quiet || (error instanceof Problem && error.status !== 0)) listError.value = error;
    });
  }
}

/** The loaded rows below a new first page, if it joins them without a gap. */
function olderThan(page: readonly Conversation[]): Conversation[] {
  const last = page.at(-1);
  if (!last || byId.value.get(last.id)?.last_seq !== last.last_seq) return [];
  return [...byId.value.values()].filter((row) => row.updated_at < last.updated_at);
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

/** Applies a changed conversation (null: not accessible any more). Only the server can evaluate a search, so it is loaded again. */
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
  // Below the last loaded row it would leave a gap; paging will load it.
  const last = rows.value.at(-1);
  const below = nextCursor.value !== null && last && conversation && conversation.updated_at < last.updated_at && !byId.value.has(id);
  if (!below) replace(id, fits ? conversation : null);
}

function replace(id: string, conversation: Conversation | null): void {
  const known = byId.value.get(id);
  if (!conversation && !known) return;
  // Responses may arrive out of order; the higher number is newer.
  if (conversation && known && known.last_seq > conversation.last_seq) return;
  const next = new Map(byId.value);
  if (conversation) next.set(id, conversation);
  else next.delete(id);
  byId.value = next;
}

/** Identifies a view, for keys and comparisons. */
export const viewKey = (view: View) => toHash({ view, open: null });

// The list of one view's conversations, in the order of the view.
import { batch, computed, signal } from '@preact/signals';
import { api, Problem, type Order } from '../api';
import type { Conversation } from '../wire';
import { comparing, orderOf } from './order';
import { belongs, isPage, queryOf, toHash, type View } from './search';
import { loadTasks } from './tasklist';

const PAGE = 50;
/** The server's limit for one page. */
const MOST = 200;

const byId = signal<ReadonlyMap<string, Conversation>>(new Map());
export const nextCursor = signal<string | null>(null);
export const loading = signal(true);
export const listError = signal<unknown>(null);
/** The row selected by keyboard; opening a conversation selects it. */
export const selected = signal<string | null>(null);

/** The order of the loaded rows, which their cursor belongs to. */
const order = signal<Order>('due');
const compare = computed(() => comparing(order.value));

/** The selected row keeps its place while it is selected, whatever arrives in it: the one that it had as this row. */
const held = signal<Conversation | null>(null);

export function hold(id: string): void {
  if (held.value?.id !== id) held.value = byId.value.get(id) ?? null;
}

const sorted = computed(() => [...byId.value.values()].sort(compare.value));

/** The rows in order. The list is a new one only if it differs, so that selecting a row renders no others. */
export const rows = computed(() => {
  const fixed = held.value;
  const row = fixed ? byId.value.get(fixed.id) : undefined;
  if (!fixed || !row || compare.value(row, fixed) === 0) return sorted.value;
  const others = sorted.value.filter((one) => one !== row);
  const index = others.findIndex((one) => compare.value(fixed, one) < 0);
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

/** Selects a row that got the focus. While the pointer is down on it, its click does so: a row that moves before the pointer is up would miss the click. */
export function selectFocused(row: Element, id: string): void {
  if (!row.matches(':active')) select(id);
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
  void loadTasks(view, options.quiet ?? false);
  if (view.kind === 'tasks' || isPage(view)) return;
  const ticket = ++asked;
  const sort = orderOf(view);
  try {
    // What changed is at the top of the newest ones; in other orders it may be anywhere in the loaded rows.
    const wanted = options.quiet && sort !== 'newest' ? byId.value.size : 0;
    const found: Conversation[] = [];
    let cursor: string | null = null;
    do {
      const page = await api.conversations({ q: queryOf(view), sort, limit: Math.min(Math.max(PAGE, wanted - found.length), MOST), cursor });
      if (ticket !== asked) return;
      found.push(...page.data);
      cursor = page.next_cursor;
    } while (cursor && found.length < wanted);
    batch(() => {
      const tail = options.quiet && sort === 'newest' ? olderThan(found) : [];
      order.value = sort;
      byId.value = new Map([...tail, ...found].map((row) => [row.id, row]));
      if (tail.length === 0) nextCursor.value = cursor;
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
  return [...byId.value.values()].filter((row) => compare.value(last, row) < 0);
}

export async function loadMore(view: View): Promise<void> {
  const cursor = nextCursor.value;
  if (!cursor || loading.value) return;
  const ticket = asked;
  loading.value = true;
  try {
    const page = await api.conversations({ q: queryOf(view), sort: order.value, limit: PAGE, cursor });
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
  // Below the last loaded row there may be others in between; paging will load it. The selected row stays.
  const last = rows.value.at(-1);
  const below = nextCursor.value !== null && last && conversation && compare.value(last, conversation) < 0 && held.value?.id !== id;
  replace(id, fits && !below ? conversation : null);
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

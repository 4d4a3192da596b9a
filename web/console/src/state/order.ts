// The order of a list, which an agent can choose for each view. The choices belong to
// the browser, like those of the keys.
import { signal } from '@preact/signals';
import type { Order } from '../api';
import type { Conversation } from '../wire';
import { sortIn, toHash, type View } from './search';

const STORED = 'switchboard.order';
export const ORDERS: readonly Order[] = ['due', 'waiting', 'newest', 'oldest', 'priority'];
const PRIORITIES = ['urgent', 'high', 'normal', 'low'];

/** What an order compares. */
export type Placed = Pick<Conversation, 'id' | 'updated_at' | 'created_at' | 'waiting_since' | 'priority' | 'next_due'>;

/** What is worked on is in the order of its deadlines; everything else shows what changed last. */
export function usualOrder(view: View): Order {
  switch (view.kind) {
    case 'pending': case 'snoozed': case 'resolved': case 'search': return 'newest';
    case 'gaps': return 'waiting';
    default: return 'due';
  }
}

/** The chosen order of each view that has one. */
const chosen = signal<Readonly<Record<string, Order>>>(storedOrders(globalThis.localStorage?.getItem(STORED)));

/** Reads what was stored; everything that is no order is left out. */
export function storedOrders(text: string | null | undefined): Record<string, Order> {
  try {
    const found: unknown = JSON.parse(text ?? '{}');
    return Object.fromEntries(Object.entries(found as object).filter(([, order]) => ORDERS.includes(order as Order)));
  } catch {
    return {};
  }
}

/** All searches share one choice. */
const keyOf = (view: View) => (view.kind === 'search' ? view.kind : toHash({ view, open: null }));

/** The order of a view; a search may ask for one itself. */
export function orderOf(view: View): Order {
  const asked = view.kind === 'search' ? sortIn(view.text) as Order | '' : '';
  return asked || (chosen.value[keyOf(view)] ?? usualOrder(view));
}

export function chooseOrder(view: View, order: Order): void {
  const { [keyOf(view)]: _, ...others } = chosen.value;
  chosen.value = order === usualOrder(view) ? others : { ...others, [keyOf(view)]: order };
  localStorage.setItem(STORED, JSON.stringify(chosen.value));
}

/** Later than every instant, with or without its last character. */
const NEVER = '~~';

/** Compares instants as text. Fractions have any number of digits, and end before the zone. Long lists are sorted at every change, so this must be quick. */
export function instants(a: string | null, b: string | null): number {
  if (a === b) return 0;
  const [x, y] = [a ?? NEVER, b ?? NEVER];
  return (x.length === y.length ? x < y : x.slice(0, -1) < y.slice(0, -1)) ? -1 : 1;
}

const keys: Record<Order, (a: Placed, b: Placed) => number> = {
  due: (a, b) => instants(a.next_due?.due_at ?? null, b.next_due?.due_at ?? null),
  waiting: (a, b) => instants(a.waiting_since, b.waiting_since),
  newest: () => 0,
  oldest: (a, b) => instants(a.created_at, b.created_at),
  priority: (a, b) => PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority),
};

/** Compares two rows as the server does: by the order's key, then last changed first, then by ID. */
export function comparing(order: Order): (a: Placed, b: Placed) => number {
  const key = keys[order];
  return (a, b) => key(a, b) || instants(b.updated_at, a.updated_at) || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

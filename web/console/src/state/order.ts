// The order of a list, which an agent can choose for each view. The choices belong to
// the browser, like those of the keys.
import { signal } from '@preact/signals';
import type { Order } from '../api';
import type { Conversation } from '../wire';
import { toHash, type View } from './search';

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

export function orderOf(view: View): Order {
  return chosen.value[keyOf(view)] ?? usualOrder(view);
}

export function chooseOrder(view: View, order: Order): void {
  const { [keyOf(view)]: _, ...others } = chosen.value;
  chosen.value = order === usualOrder(view) ? others : { ...others, [keyOf(view)]: order };
  localStorage.setItem(STORED, JSON.stringify(chosen.value));
}

/** Later than every instant. */
const NEVER = '~';

/** An instant as text that sorts by time: fractions have any number of digits, and end before the zone. */
const instant = (at: string | null) => (at === null ? NEVER : at.slice(0, -1));

const keys: Record<Order, ((row: Placed) => string | number) | null> = {
  due: (row) => instant(row.next_due?.due_at ?? null),
  waiting: (row) => instant(row.waiting_since),
  newest: null,
  oldest: (row) => instant(row.created_at),
  priority: (row) => PRIORITIES.indexOf(row.priority),
};

/** Compares two rows as the server does: by the order's key, then last changed first, then by ID. */
export function comparing(order: Order): (a: Placed, b: Placed) => number {
  const key = keys[order];
  return (a, b) => {
    const [x, y] = key ? [key(a), key(b)] : [0, 0];
    if (x !== y) return x < y ? -1 : 1;
    const [s, t] = [instant(a.updated_at), instant(b.updated_at)];
    return s !== t ? (s < t ? 1 : -1) : a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
  };
}

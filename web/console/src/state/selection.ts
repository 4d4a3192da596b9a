// The conversations that are selected for an operation on all of them.
import { batch, computed, effect, signal } from '@preact/signals';
import type { BulkResult } from '../wire';
import { dialog } from './dialog';
import { place } from './desk';
import { rows, select, viewKey } from './list';

/** What can be done with many at once; each is a dialog, except for what needs no answer. */
export type Op = 'assign' | 'move' | 'tag' | 'priority' | 'snooze' | 'resolve' | 'macro';

const marks = signal<ReadonlySet<string>>(new Set());
/** Where a range begins. */
let anchor = '';
/** All that match the view, of which only some may be loaded: how many those are. */
export const everything = signal<number | null>(null);

/** Those that are selected; one that leaves the list is selected no more. */
export const chosen = computed(() => (marks.value.size === 0 ? [] : rows.value.filter((row) => marks.value.has(row.id))));
const ids = computed(() => new Set(chosen.value.map((row) => row.id)));
export const isChosen = (id: string) => everything.value !== null || ids.value.has(id);
/** How many. */
export const size = computed(() => everything.value ?? chosen.value.length);

export const asked = signal<Op>('assign');
/** What came of an operation of which something failed. */
export interface Outcome { failed: readonly BulkResult[]; names: ReadonlyMap<string, string>; /** How many were not reached. */ missed: number }
export const outcome = signal<Outcome | null>(null);

function set(next: Iterable<string>): void {
  batch(() => {
    marks.value = new Set(next);
    everything.value = null;
  });
}

export const clear = () => set([]);
const view = computed(() => viewKey(place.value.view));
effect(() => { if (view.value) clear(); });
export const choose = set;

/** Selects a row, or no longer. */
export function toggle(id: string): void {
  if (!rows.value.some((row) => row.id === id)) return;
  anchor = id;
  const next = everything.value === null ? new Set(ids.value) : new Set(rows.value.map((row) => row.id));
  if (!next.delete(id)) next.add(id);
  set(next);
}

/** Selects the rows between the last one that was selected and this one. */
export function extend(id: string): void {
  const list = rows.value;
  const [from, to] = [anchor || id, id].map((one) => list.findIndex((row) => row.id === one)) as [number, number];
  if (to < 0) return;
  const start = from < 0 ? to : from;
  set([...ids.value, ...list.slice(Math.min(start, to), Math.max(start, to) + 1).map((row) => row.id)]);
}

/** Selects the row and moves on, or begins a range. */
export function mark(id: string | null, range: boolean): void {
  if (!id) return;
  select(id);
  (range ? extend : toggle)(id);
}

/** Asks for what an operation on the selection needs. */
export function ask(op: Op): void {
  batch(() => {
    asked.value = op;
    outcome.value = null;
    dialog.value = 'bulk';
  });
}

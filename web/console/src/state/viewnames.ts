// What the first screen needs to know of saved views: their names.
import { signal } from '@preact/signals';
import type { SavedView } from '../wire';
import { sortIn, type View } from './search';

/** Those that this agent sees. */
export const views = signal<readonly SavedView[]>([]);

/** The search of a view, with its order. */
export function textOf({ q, sort }: Pick<SavedView, 'q' | 'sort'>): string {
  return sortIn(q) ? q : `${q} sort:${sort}`;
}

/** The saved view that a search is. */
export function savedAs(view: View): SavedView | undefined {
  return view.kind === 'search' ? views.value.find((one) => textOf(one) === view.text.trim()) : undefined;
}

// Which rows of a long list are rendered. Pure.

/** Rows that are rendered beyond each edge, so that scrolling does not show gaps. */
const MARGIN = 12;

export interface Range { from: number; to: number }

/** The rows to render of n rows with this height, in a box of the given height scrolled by top. */
export function range(top: number, box: number, height: number, n: number): Range {
  const first = Math.floor(Math.max(0, top) / height);
  const from = Math.max(0, Math.min(first - MARGIN, n - 1));
  return { from, to: Math.min(n, first + Math.ceil(box / height) + 1 + MARGIN) };
}

/** How far the list has to scroll so that a row is visible completely; top if it is. */
export function reveal(index: number, top: number, box: number, height: number): number {
  const start = index * height;
  if (start < top) return start;
  return Math.max(top, start + height - box);
}

// When work is done that must not delay what is on the screen.

/** How long a person stays on a conversation before it is loaded, in ms. */
const REST = 100;
let resting: ReturnType<typeof setTimeout> | undefined;

/** Calls back when a person who moves through the list stays. */
export function atRest(call: () => void): void {
  clearTimeout(resting);
  resting = setTimeout(call, REST);
}

/** Calls back when the browser has painted what changed. */
export function afterPaint(call: () => void): void {
  if (document.visibilityState === 'visible') requestAnimationFrame(() => setTimeout(call));
  else call(); // nothing is painted
}

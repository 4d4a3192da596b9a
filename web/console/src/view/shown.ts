// The conversation in the thread pane. It follows the selection after the next paint,
// so that moving through the list never waits for a conversation to be laid out.
import { effect, signal } from '@preact/signals';
import { place } from '../state/desk';
import { afterPaint } from '../state/pace';

export const shownId = signal<string | null>(place.value.open);
let waiting = false;

effect(() => {
  const { open } = place.value;
  if (open === shownId.peek() || waiting) return;
  if (open === null) {
    showNow();
    return;
  }
  waiting = true;
  afterPaint(() => {
    waiting = false;
    showNow();
  });
});

/** Shows the open conversation at once. */
export function showNow(): void {
  shownId.value = place.peek().open;
}

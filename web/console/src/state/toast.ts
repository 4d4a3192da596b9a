// Messages at the bottom of the page that disappear after a few seconds.
import { signal } from '@preact/signals';
import { Problem } from '../api';
import { say } from '../text/say';

export interface Toast { id: number; text: string; bad: boolean; undo?: () => void; /** How long it can be undone, by the server's clock. */ until?: number }
export const toasts = signal<Toast[]>([]);
let last = 0;

/** Shows a message and returns its id. One that can be undone until a given time stays; the caller dismisses it. */
export function tell(text: string, options: { bad?: boolean; undo?: () => void; until?: number } = {}): number {
  const toast: Toast = { id: ++last, text, bad: options.bad ?? false };
  if (options.undo) toast.undo = options.undo;
  if (options.until) toast.until = options.until;
  toasts.value = [...toasts.value.slice(-2), toast];
  if (!options.until) setTimeout(() => dismiss(toast.id), options.bad ? 10_000 : 5_000);
  return toast.id;
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

/** Undoes what the newest message offers to undo. */
export function undoNewest(): void {
  const toast = toasts.value.findLast((one) => one.undo);
  if (!toast) return;
  dismiss(toast.id);
  toast.undo!();
}

/** A readable explanation of an error. */
export function reason(error: unknown): string {
  if (error instanceof Problem) {
    if (error.status === 0) return say('net.unreachable');
    const first = error.errors[0]?.message;
    return error.detail || first || error.title;
  }
  return error instanceof Error ? error.message : String(error);
}

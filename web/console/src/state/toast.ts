// Messages at the bottom of the page that disappear after a few seconds.
import { computed, signal } from '@preact/signals';
import { Problem } from '../api';
import { say } from '../text/say';

export interface Toast { id: number; text: string; bad: boolean; undo?: () => void; /** How long it can be undone, by the server's clock. */ until?: number }
export const toasts = signal<Toast[]>([]);
/** What can be undone when its message is gone, too; the newest last. */
const lasting = signal<readonly Toast[]>([]);
const MOST = 50;
let last = 0;

/** Shows a message and returns its id. One that can be undone until a given time stays; the caller dismisses it. */
export function tell(text: string, options: { bad?: boolean; undo?: () => void; until?: number; lasting?: boolean } = {}): number {
  const toast: Toast = { id: ++last, text, bad: options.bad ?? false };
  if (options.undo) toast.undo = options.undo;
  if (options.until) toast.until = options.until;
  toasts.value = [...toasts.value.slice(-2), toast];
  if (options.lasting) lasting.value = [...lasting.value, toast].slice(-MOST);
  if (!options.until) setTimeout(() => dismiss(toast.id), options.bad ? 10_000 : 5_000);
  return toast.id;
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

/** Undoes what a message is about. */
export function undo(toast: Toast): void {
  dismiss(toast.id);
  lasting.value = lasting.value.filter((one) => one !== toast);
  toast.undo!();
}

/** What was done last of what can be undone. */
export const newest = computed(() => [...lasting.value, ...toasts.value.filter((one) => one.undo)].reduce<Toast | null>((last, one) => (last && last.id > one.id ? last : one), null));

/** Forgets what can be undone: it was another agent's. */
export function forgetUndo(): void {
  [toasts.value, lasting.value] = [[], []];
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

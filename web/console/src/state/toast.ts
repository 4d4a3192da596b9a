// Messages at the bottom of the page that disappear after a few seconds.
import { signal } from '@preact/signals';
import { Problem } from '../api';
import { say } from '../text/say';

export interface Toast { id: number; text: string; bad: boolean; undo?: () => void }
export const toasts = signal<Toast[]>([]);
let last = 0;

export function tell(text: string, options: { bad?: boolean; undo?: () => void } = {}): void {
  const toast: Toast = { id: ++last, text, bad: options.bad ?? false };
  if (options.undo) toast.undo = options.undo;
  toasts.value = [...toasts.value.slice(-2), toast];
  setTimeout(() => dismiss(toast.id), options.bad ? 10_000 : 5_000);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
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

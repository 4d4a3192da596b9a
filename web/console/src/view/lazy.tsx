import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';
import { tell } from '../state/desk';
import { dialog } from '../state/dialog';
import { say } from '../text/say';

type Parts = typeof import('./later');
const parts = signal<Parts | null>(null);

export async function loadLater(): Promise<void> {
  parts.value ??= await import('./later');
}

/** A part of the page that is loaded after the first screen. */
export function Later({ part, ...props }: { part: Exclude<keyof Parts, 'addFiles'>; conversation?: string; disabled?: boolean }) {
  useEffect(() => {
    loadLater().catch(() => {
      // The server is away, or has a new version that does not have this page's files.
      dialog.value = null;
      tell(say('net.later'), { bad: true });
    });
  }, []);
  const Part = parts.value?.[part] as FunctionComponent<object> | undefined;
  return Part ? <Part {...props} /> : null;
}

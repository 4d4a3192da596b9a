// What this browser remembers of mail to third parties that is being written, beside the
// draft that the server has: loaded with the form.
import { drafts } from './kept';
import type { Passing } from './passing';

export interface Chosen extends Pick<Passing, 'messages' | 'answers'> {
  to: string[];
  cc: string[];
  /** The chosen sender address; empty: the usual one. */
  from: string;
}

const KEEP_MS = 30 * 24 * 60 * 60 * 1000;

const nameOf = (conversation: string) => `switchboard.forward.${drafts.agent}.${conversation}`;

/** Null: nothing was begun. */
export function recall(conversation: string): Chosen | null {
  try {
    const { at, ...chosen } = JSON.parse(localStorage.getItem(nameOf(conversation)) ?? 'null') as Chosen & { at: number };
    return at > Date.now() - KEEP_MS ? chosen : null;
  } catch {
    return null;
  }
}

/** Null forgets it. */
export function remember(conversation: string, chosen: Chosen | null): void {
  try {
    if (chosen) localStorage.setItem(nameOf(conversation), JSON.stringify({ ...chosen, at: Date.now() }));
    else localStorage.removeItem(nameOf(conversation));
  } catch {
    // The browser's storage is full: it is only known to this page.
  }
}

/** What to go on with: what was begun, together with the messages that somebody chose now. `usual` are those that nobody chose. */
export function resumed(begun: Chosen | null, what: Pick<Passing, 'messages' | 'answers'>, usual: readonly string[], there: readonly string[]): Pick<Passing, 'messages' | 'answers'> {
  if (!begun || (what.answers && what.answers !== begun.answers)) return what;
  const chosen = what.messages.join() === usual.join() ? [] : what.messages;
  const messages = [...new Set([...begun.messages, ...chosen])].filter((id) => there.includes(id));
  return { messages, answers: there.includes(begun.answers) ? begun.answers : '' };
}

// The macro that a reply comes from, and what is not filled in: for sending it. The rest is
// loaded later (macros.ts).
import { signal } from '@preact/signals';
import type { MacroEffect } from '../wire';
import { drafts } from './sync';

export interface Applied {
  id: string;
  name: string;
  /** It has no text, so that it can be done without a reply. */
  bare: boolean;
  actions: readonly MacroEffect[];
  /** The places of the actions that are left out. */
  without: readonly number[];
}

const chosen = signal<Readonly<Record<string, Applied | null>>>({});
/** The menu was asked for by its key or its button. */
export const wanted = signal(false);
/** How often the reply was to be sent, but had variables that are not filled in. */
export const blanks = signal(0);

const nameOf = (conversation: string) => `switchboard.macro.${drafts.agent}.${conversation}`;

/** The macro of a conversation's next reply; this browser remembers it. */
export function macroOf(conversation: string): Applied | null {
  const name = nameOf(conversation);
  const here = chosen.value[name];
  if (here !== undefined) return here;
  try {
    return JSON.parse(localStorage.getItem(name) ?? 'null') as Applied | null;
  } catch {
    return null;
  }
}

/** Chooses the macro of the next reply; it returns the one before. */
export function setMacro(conversation: string, macro: Applied | null): Applied | null {
  const name = nameOf(conversation);
  const before = macroOf(conversation);
  chosen.value = { ...chosen.value, [name]: macro };
  try {
    if (macro) localStorage.setItem(name, JSON.stringify(macro));
    else localStorage.removeItem(name);
  } catch {
    // The browser's storage is full: it is only known to this page.
  }
  return before;
}

// Finding macros and filling in their texts. Pure.
import type { Macro } from '../wire';
import { VARIABLE } from './variables';

export interface Slash {
  /** Where it is in the text. */
  at: number;
  /** What follows it. */
  query: string;
}

/** The slash at the start of a word that the cursor is behind. */
export function slashIn(text: string, start: number, end: number): Slash | null {
  if (start !== end) return null;
  const found = /(?:^|\s)\/([^\s/][^\n/]{0,40})?$/.exec(text.slice(Math.max(0, start - 60), start));
  const query = found?.[1] ?? '';
  return found && { at: start - query.length - 1, query };
}

const folded = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** The macros for an inbox whose names have words that begin as those of the query; those that are used most come first. */
export function matching(list: readonly Macro[], query: string, inbox: string): Macro[] {
  const wanted = folded(query).split(/\s+/).filter(Boolean);
  const starts = (name: string) => folded(name).startsWith(folded(query.trim()));
  return list
    .filter((one) => (one.inboxes.length === 0 || one.inboxes.includes(inbox)) && wanted.every((word) => folded(one.name).split(/[\s\p{P}]+/u).some((part) => part.startsWith(word))))
    .sort((a, b) => Number(starts(b.name)) - Number(starts(a.name)) || b.uses - a.uses || a.name.localeCompare(b.name));
}

export interface Piece { text: string; kind: 'text' | 'filled' | 'open' }

/** A text with its variables filled in, as the server does it. */
export function pieces(text: string, values: Readonly<Record<string, string>>): Piece[] {
  const out: Piece[] = [];
  let done = 0;
  for (const found of text.matchAll(VARIABLE)) {
    if (found[1] === undefined) continue;
    const [name, ...otherwise] = found[1].split('|');
    const value = values[name!.trim()] || (otherwise.length > 0 ? otherwise.join('|').trim() : null);
    out.push({ text: text.slice(done, found.index), kind: 'text' }, value === null ? { text: found[0], kind: 'open' } : { text: value, kind: 'filled' });
    done = found.index + found[0].length;
  }
  return [...out, { text: text.slice(done), kind: 'text' as const }].filter((one) => one.text !== '');
}

/** Fills in a variable everywhere in a text. */
export function fillIn(text: string, name: string, value: string): string {
  return text.replace(VARIABLE, (whole, inner: string | undefined) => (inner !== undefined && inner.split('|')[0]!.trim() === name ? value : whole));
}

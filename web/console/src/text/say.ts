// All texts of the console come from catalogues, so that a translation is as many other
// files: strings.json has those of the first screen, pages.json those of the pages and
// dialogs that are loaded later (pages.ts), and a large page has its own.
import type advisories from './advisories.json';
import type articles from './articles.json';
import type bulk from './bulk.json';
import type edit from './edit.json';
import type mailprograms from './mailprograms.json';
import type pages from './pages.json';
import type pilot from './pilot.json';
import type policy from './policy.json';
import type policydry from './policydry.json';
import type reports from './reports.json';
import type reviews from './reviews.json';
import type rootcauses from './rootcauses.json';
import type runbooks from './runbooks.json';
import type saved from './saved.json';
import type views from './views.json';
import first from './strings.json';

type Catalogue = typeof first & typeof advisories & typeof articles & typeof bulk & typeof edit & typeof mailprograms & typeof pages & typeof pilot & typeof policy & typeof policydry & typeof reports & typeof reviews & typeof rootcauses & typeof runbooks & typeof saved & typeof views;
export type Sentence = keyof Catalogue;
type Plural<K> = K extends `${infer Stem}.one` ? Stem : never;
type Values = Record<string, string | number>;

const strings = { ...first } as Catalogue;

/** Adds the texts of what is loaded later. */
export function learn(more: Partial<Catalogue>): void {
  Object.assign(strings, more);
}

const rules = new Intl.PluralRules('en');

/** Letters that are written from right to left: Hebrew, Arabic and others of these blocks. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}\u200f\u202a-\u202e]/u;

/** A person's words as part of a sentence: isolated, so that they do not reorder the words around them (UAX #9, FSI and PDI). */
export function isolated(words: string): string {
  if (!RIGHT_TO_LEFT.test(words)) return words;
  const open = words.match(/[\u2066-\u2068]/g)?.length ?? 0;
  const closed = words.match(/\u2069/g)?.length ?? 0;
  return `\u2068${words}${'\u2069'.repeat(Math.max(open - closed, 0))}\u2069`;
}

function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => isolated(String(values[name] ?? '')));
}

/** The text for a key, with its {names} replaced. */
export function say(key: Sentence, values: Values = {}): string {
  return fill(strings[key], values);
}

/** The text for a count; the catalogue has KEY.one and KEY.other. */
export function count(key: Plural<Sentence>, n: number, values: Values = {}): string {
  const form = rules.select(n) === 'one' ? 'one' : 'other';
  return fill(strings[`${key}.${form}` as Sentence], { n, ...values });
}

/** The text for a computed key, or the fallback when the catalogue has none. */
export function sayIf(key: string, fallback: string): string {
  return (strings as Record<string, string | undefined>)[key] ?? fallback;
}

// Every sentence of the console comes from one catalogue, so that another
// language is another file.
import strings from './strings.json';

export type Sentence = keyof typeof strings;
type Plural<K> = K extends `${infer Stem}.one` ? Stem : never;
type Values = Record<string, string | number>;

const rules = new Intl.PluralRules('en');

function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}

/** The catalogue's sentence with its {names} filled in. */
export function say(key: Sentence, values: Values = {}): string {
  return fill(strings[key], values);
}

/** The sentence for a number of things; the catalogue has KEY.one and KEY.other. */
export function count(key: Plural<Sentence>, n: number, values: Values = {}): string {
  const form = rules.select(n) === 'one' ? 'one' : 'other';
  return fill(strings[`${key}.${form}` as Sentence], { n, ...values });
}

/** The sentence for a key made at run time, or the fallback when the catalogue lacks it. */
export function sayIf(key: string, fallback: string): string {
  return (strings as Record<string, string>)[key] ?? fallback;
}

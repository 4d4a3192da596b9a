// All texts of the console come from one catalogue, so that a translation is
// another file.
import strings from './strings.json';

export type Sentence = keyof typeof strings;
type Plural<K> = K extends `${infer Stem}.one` ? Stem : never;
type Values = Record<string, string | number>;

const rules = new Intl.PluralRules('en');

function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
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
  return (strings as Record<string, string>)[key] ?? fallback;
}

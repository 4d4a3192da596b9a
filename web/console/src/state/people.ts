// The texts of agents' and accounts' properties in forms, and what the server says about them. Pure.
import type { Problem } from '../api';
import type { Account, Agent } from '../wire';

/** "mon-fri 09:00-12:30 13:00-18:00", a line for each day or range of days. */
export function hoursText(hours: Agent['hours']): string {
  return Object.entries(hours).map(([days, ranges]) => [days, ...(ranges ?? [])].join(' ')).join('\n');
}

/** Reads the lines of hoursText; what is wrong with them, the server says. */
export function hoursOf(text: string): Record<string, string[]> {
  const out: Record<string, string[]> = {};
  for (const line of text.split('\n')) {
    const [days, ...ranges] = line.trim().split(/[\s,;]+/).filter(Boolean);
    if (days) out[days.toLowerCase()] = [...(out[days.toLowerCase()] ?? []), ...ranges];
  }
  return out;
}

/** A list as it is written: separated by commas or lines. */
export const listOf = (text: string) => text.split(/[,;\n]+/).map((one) => one.trim()).filter(Boolean);

export type Value = string | number | boolean;
export interface Attribute { name: string; text: string }

/** The attributes that a form shows; the plan has a field of its own. */
export function attributesOf(account: Account): Attribute[] {
  return Object.entries(account.attributes).filter(([name, value]) => name !== 'plan' && value !== null && typeof value !== 'object').map(([name, value]) => ({ name, text: String(value) }));
}

/** A typed value: what is written as a number or as true or false is one, unless the stored value is a text. */
export function valueOf(text: string, before: unknown): Value {
  const trimmed = text.trim();
  if (typeof before === 'string') return trimmed;
  if (trimmed === 'true' || trimmed === 'false') return trimmed === 'true';
  return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(trimmed) ? Number(trimmed) : trimmed;
}

/** What differs between the stored attributes and those of a form; null removes one. */
export function changedAttributes(account: Account, form: readonly Attribute[]): Record<string, Value | null> {
  const out: Record<string, Value | null> = {};
  const kept = new Set<string>();
  for (const { name, text } of form) {
    const key = name.trim();
    if (!key && !text.trim()) continue;
    kept.add(key);
    const value = valueOf(text, account.attributes[key]);
    if (text.trim() === '') out[key] = null;
    else if (value !== account.attributes[key]) out[key] = value;
  }
  for (const { name } of attributesOf(account)) if (!kept.has(name)) out[name] = null;
  return out;
}

export interface Wrongs {
  /** By the name of the field: "timezone", "attributes.arr". */
  fields: Record<string, string>;
  /** What is not about a field of the form. */
  rest: string;
}

/** The errors of a refused change by field. */
export function wrongsOf(problem: Problem, known: readonly string[]): Wrongs {
  const fields: Record<string, string> = {};
  const rest: string[] = [];
  for (const { location = '', message = '' } of problem.errors) {
    const name = location.replace(/^body\./, '').replace(/\[\d+\]$/, '');
    if (known.includes(name) || (name.startsWith('attributes.') && known.includes('attributes'))) fields[name] ??= sentence(message);
    else rest.push(message);
  }
  return { fields, rest: rest.join(' ') || (Object.keys(fields).length > 0 ? '' : sentence(problem.detail || problem.title)) };
}

export const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1).replace(/([^.?!])$/, '$1.');

// The keys that an agent has chosen in place of the default ones (WCAG 2.1 §2.1.4).
// They belong to the browser, like the switch that turns all of them off: they depend
// on the keyboard and on programs such as speech input.
import { signal } from '@preact/signals';
import type { Binding } from './keys';

const STORED = 'switchboard.keymap';

/** The action that stands for the first key of all sequences ("g m"). */
export const LEADER = 'go';
const LEADER_KEY = 'g';

/** Strokes that browsers keep for themselves, or that people need in every text. */
const RESERVED = new Set(['t', 'n', 'w', 'q', 'a', 'c', 'v', 'x', 'y', 'z', 'Enter'].map((key) => `Mod+${key}`).concat('F5', 'F6', 'F11', 'F12'));

/** One character, alone or with Ctrl or ⌘, or a function key. */
function usable(name: string): boolean {
  const key = name.startsWith('Mod+') ? name.slice(4) : name;
  return !RESERVED.has(name) && (/^F([1-9]|1[0-2])$/.test(name) || ([...key].length === 1 && /[^\s\p{C}]/u.test(key)));
}

/** The chosen key of each action that has one. */
export const chosenKeys = signal<Readonly<Record<string, string>>>(stored(globalThis.localStorage?.getItem(STORED)));

/** Reads what was stored; everything that is no choice of a usable key is left out. */
export function stored(text: string | null | undefined): Record<string, string> {
  try {
    const found: unknown = JSON.parse(text ?? '{}');
    if (typeof found !== 'object' || found === null || Array.isArray(found)) return {};
    return Object.fromEntries(Object.entries(found).filter(([, keys]) => typeof keys === 'string' && usable(keys)));
  } catch {
    return {};
  }
}

function store(chosen: Record<string, string>): void {
  chosenKeys.value = chosen;
  if (Object.keys(chosen).length === 0) localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, JSON.stringify(chosen));
}

/** The keys of a binding as the agent uses them. */
export function keysOf({ action, keys }: Pick<Binding, 'action' | 'keys'>): string {
  const chosen = chosenKeys.value;
  if (keys.startsWith(`${LEADER_KEY} `)) return `${chosen[LEADER] ?? LEADER_KEY}${keys.slice(1)}`;
  return chosen[action] ?? keys;
}

export interface Choice {
  action: string;
  /** The default key. */
  keys: string;
  label: string;
}

/** The actions whose key can be changed: those of a single character. `leader` is the label of the first key of sequences. */
export function choices(bindings: readonly Binding[], leader: string): Choice[] {
  const single = bindings.filter(({ keys }) => keys.length === 1);
  return [...single, { action: LEADER, keys: LEADER_KEY, label: leader }];
}

export type Refusal = { why: 'unusable' | 'reserved' } | { why: 'taken'; by: string };

/** Why a stroke cannot be an action's key; null when it can. */
export function refusal(name: string, action: string, all: readonly Choice[]): Refusal | null {
  if (RESERVED.has(name)) return { why: 'reserved' };
  if (!usable(name)) return { why: 'unusable' };
  const other = all.find((one) => one.action !== action && (chosenKeys.value[one.action] ?? one.keys) === name);
  return other ? { why: 'taken', by: other.label } : null;
}

export function choose({ action, keys }: Choice, name: string): void {
  const { [action]: _, ...others } = chosenKeys.value;
  store(name === keys ? others : { ...others, [action]: name });
}

export function resetAll(): void {
  store({});
}

// The theme follows the system unless the agent chooses one.
import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';
const KEY = 'switchboard.theme';
const ORDER: Theme[] = ['system', 'light', 'dark'];

const stored = localStorage.getItem(KEY) as Theme | null;
export const theme = signal<Theme>(stored && ORDER.includes(stored) ? stored : 'system');

export function nextTheme(): void {
  theme.value = ORDER[(ORDER.indexOf(theme.value) + 1) % ORDER.length]!;
  localStorage.setItem(KEY, theme.value);
}

effect(() => {
  document.documentElement.dataset['theme'] = theme.value;
});

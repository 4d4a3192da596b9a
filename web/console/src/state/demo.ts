// The demo signs in by itself and lets a visitor be any of its agents.
import { signal } from '@preact/signals';
import { api, type Demo } from '../api';
import { switchTo } from './desk';

export const demo = signal<Demo | null>(null);

/** Asks whether this is the demo; everywhere else the answer is 404. */
export async function findDemo(): Promise<void> {
  try {
    const found = await api.demo();
    if (Array.isArray(found?.agents)) demo.value = found;
  } catch {
    demo.value = null;
  }
}

export const becomeAgent = switchTo;

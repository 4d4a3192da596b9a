// The demo signs in automatically and lets the user act as any of its agents.
import { signal } from '@preact/signals';
import { api, type Demo } from '../api';
import { switchTo } from './desk';

export const demo = signal<Demo | null>(null);

/** Detects the demo; a real server responds with 404. */
export async function findDemo(): Promise<void> {
  try {
    const found = await api.demo();
    if (Array.isArray(found?.agents)) demo.value = found;
  } catch {
    demo.value = null;
  }
}

export const becomeAgent = switchTo;

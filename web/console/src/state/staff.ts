// Who works here, and who is available.
import { signal } from '@preact/signals';
import { api } from '../api';
import { say } from '../text/say';
import { moment } from '../text/time';
import type { Agent } from '../wire';
import { me, now, refreshAgents, tell } from './desk';
import { dialog } from './dialog';

/** Whose availability the dialog sets; null: one's own. */
export const whose = signal<Agent | null>(null);

/** Whom the dialog of an agent's properties is about. */
export const edited = signal<Agent | null>(null);

export function askAvailability(agent: Agent | null): void {
  whose.value = agent?.id === me.value.id ? null : agent;
  dialog.value = 'availability';
}

/** Says that an agent is available, or away, with or without an end. */
export async function setAvailability(agent: Agent | null, state: 'available' | 'away', until?: number): Promise<void> {
  const end = until ? new Date(until).toISOString() : undefined;
  const done = await api.setAvailability(agent?.id ?? 'me', end ? { state, until: end } : { state });
  if (!agent) me.value = done;
  void refreshAgents();
  const key = state === 'available' ? 'available' : end ? 'awayUntil' : 'away';
  const values = { name: done.name, time: end ? moment(end, now.value) : '' };
  tell(agent ? say(`done.theirs.${key}`, values) : say(`done.mine.${key}`, values));
}

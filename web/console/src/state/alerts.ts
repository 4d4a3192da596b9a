// What the agent has to be told: notices that they have not acknowledged.
import { batch, signal } from '@preact/signals';
import { api } from '../api';
import { say } from '../text/say';
import type { Notice } from '../wire';
import { reason, tell } from './toast';

export const alerts = signal<readonly Notice[]>([]);
/** Where older ones continue; null: all are loaded. */
export const olderAlerts = signal<string | null>(null);
let asked = 0;

/** Loads the open notices; the newest ones are enough for the bell. */
export async function loadAlerts(): Promise<void> {
  const ticket = ++asked;
  const page = await api.notices().catch(() => null);
  if (page && ticket === asked) show(page.data, page.next_cursor);
}

export async function moreAlerts(): Promise<void> {
  const ticket = asked;
  const page = await api.notices(olderAlerts.value).catch(() => null);
  if (page && ticket === asked) show([...alerts.value, ...page.data], page.next_cursor);
}

function show(list: readonly Notice[], older: string | null): void {
  batch(() => {
    alerts.value = list;
    olderAlerts.value = older;
  });
}

/** Pages first, for they are repeated until somebody acknowledges them; each group is newest first. */
export function pagesFirst(list: readonly Notice[]): Notice[] {
  return [...list.filter((one) => one.kind === 'page'), ...list.filter((one) => one.kind !== 'page')];
}

export async function acknowledge(notice: Notice): Promise<void> {
  alerts.value = alerts.value.filter((one) => one.id !== notice.id);
  await settle(api.ackNotice(notice.id));
}

/** Acknowledges all but the pages. */
export async function acknowledgeAll(): Promise<void> {
  alerts.value = alerts.value.filter((one) => one.kind === 'page');
  await settle(api.ackNotices());
}

async function settle(done: Promise<void>): Promise<void> {
  await done.catch((error: unknown) => tell(say('done.failed', { reason: reason(error) }), { bad: true }));
  await loadAlerts();
}

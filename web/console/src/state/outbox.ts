// What can be done to outgoing mail: the calls, and the decisions. Loaded with its part of
// the console.
import { signal } from '@preact/signals';
import { call, Problem } from '../api';
import { say } from '../text/say';
import type { Agent, Outbox, Queued, RetriedAll, Unreachable } from '../wire';
import { dialog } from './dialog';

export type Action = 'retry' | 'redirect' | 'hold' | 'release' | 'cancel';
/** A delivery, as the outbox and a message have it. */
export type Handled = Pick<Queued, 'id' | 'recipient' | 'state' | 'on_hold'>;
/** A part of the outbox; empty: all that has not been sent. */
export type Part = Queued['part'] | '';
export interface Filter { part: Part; domain: string; inbox: string }

export const PARTS: readonly Part[] = ['', 'waiting', 'sending', 'delayed', 'on_hold', 'unknown', 'failed', 'sent', 'cancelled'];
/** Parts of which all deliveries to a domain can be retried at once. */
const AT_ONCE: readonly Part[] = ['', 'delayed', 'failed', 'on_hold'];

const none: Filter = { part: '', domain: '', inbox: '' };
/** What the page shows; it stays while a conversation is open. */
export const filter = signal<Filter>(none);
/** What a dialog asks about. */
export type Asked = { kind: 'redirect' | 'retry' | 'cancel'; delivery: Handled } | { kind: 'all'; domain: string; state: string; inbox: string; n: number };
export const asked = signal<Asked | null>(null);

export function ask(about: Asked): void {
  asked.value = about;
  dialog.value = 'outbox';
}

const at = (id: string) => `/outbox/${encodeURIComponent(id)}`;

function query(values: Record<string, string | number>): string {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== '') out.set(name, String(value));
  return out.toString();
}

export const outbox = {
  list: ({ part, domain, inbox }: Filter, limit: number, cursor = '') => call<Outbox>('GET', `/outbox?${query({ state: part, domain, inbox, limit, cursor })}`),
  operate: (id: string, action: Exclude<Action, 'redirect'>, confirm = false) => call<Queued>('POST', `${at(id)}/${action}`, confirm ? { confirm } : {}),
  redirect: (id: string, body: { to: string; reason: string; confirm: boolean }) => call<Queued>('POST', `${at(id)}/redirect`, body),
  retryAll: (body: { domain: string; state?: string; inbox?: string }) => call<RetriedAll>('POST', '/outbox/retry', body),
  lift: (conversation: string, address: string) => call<void>('DELETE', `/conversations/${encodeURIComponent(conversation)}/unreachable/${encodeURIComponent(address)}`),
};

/** What an agent may do to a delivery now; the server decides again. */
export function possible({ state, on_hold }: Handled, by: Pick<Agent, 'admin' | 'mask_addresses'>): Action[] {
  const pause: Action[] = by.admin ? [on_hold ? 'release' : 'hold'] : [];
  const redirect: Action[] = by.admin || !by.mask_addresses ? ['redirect'] : [];
  switch (state) {
    case 'failed': return ['retry', ...redirect];
    case 'cancelled': return ['retry'];
    case 'unknown': return ['retry', ...pause, ...redirect, 'cancel']; // it is sent again once by itself
    case 'delayed': return [...(on_hold ? [] : ['retry' as const]), ...pause, ...redirect, 'cancel'];
    case 'queued': return [...pause, ...redirect, 'cancel'];
    case 'held': return pause;
  }
  return []; // an attempt is running, or it has been sent, or it is scheduled
}

/** The state in which all deliveries to the filter's domain can be retried; null if they cannot. */
export function stateForAll({ part, domain }: Filter): string | null {
  return domain && AT_ONCE.includes(part) ? part || 'delayed' : null;
}

/** What the server says is wrong with the new address or the reason, by field; '' has the rest. */
export function wrongsOfRedirect(error: unknown, text: string): Record<string, string> {
  if (!(error instanceof Problem) || error.status !== 422) return { '': text };
  const field = /^(?:body\.)?(to|reason)\b/.exec(error.errors[0]?.location ?? error.detail)?.[1] ?? (error.unreachable.length > 0 ? 'to' : '');
  return { [field]: text.replace(/^to: /, '') };
}

/** How a mail server answered: "550 5.1.1 no such user". */
export const answerOf = ({ code, enhanced_code, detail }: Pick<Unreachable, 'code' | 'enhanced_code' | 'detail'>) => ({ code: [code || '', enhanced_code].filter(Boolean).join(' '), text: detail });

/** What came of retrying all. */
export function retriedText({ retried, refused, more }: RetriedAll, text: string): { text: string; bad: boolean } {
  const [first] = refused;
  if (first) return { text: say('out.done.refused', { text, n: refused.length, reason: first.reason }), bad: retried === 0 };
  return { text: more ? say('out.done.moreLeft', { text }) : text, bad: false };
}

// Root causes: the calls.
import { signal } from '@preact/signals';
import { call, read } from '../api';
import type { RootCause, RootCauseFields, RootCauseRow, RootCauseUpdate, UpdateAnswer } from '../wire';

const at = (id: string) => `/root-causes/${encodeURIComponent(id)}`;

export interface Draft { text: string; then?: 'resolve' }

export const rootCauses = {
  list: (filter: { q?: string; status?: string; conversation?: string; limit?: number }) => call<{ data: RootCauseRow[]; next_cursor: string | null }>('GET', `/root-causes?${new URLSearchParams(Object.entries(filter).flatMap(([name, value]) => (value ? [[name, String(value)]] : [])))}`),
  one: (id: string) => call<RootCause>('GET', at(id)),
  create: (body: RootCauseFields) => call<RootCause>('POST', '/root-causes', body),
  change: (id: string, body: RootCauseFields) => call<RootCause>('PATCH', at(id), body),
  link: (id: string, conversation: string) => call<RootCause>('POST', `${at(id)}/conversations`, { conversation }),
  unlink: (id: string, conversation: string) => call<void>('DELETE', `${at(id)}/conversations/${encodeURIComponent(conversation)}`),
  preview: (id: string, draft: Draft) => call<UpdateAnswer>('POST', `${at(id)}/updates`, { ...draft, preview: true }),
  /** Sends once for each key, however often it is tried. */
  send: async (id: string, draft: Draft, key: string) => JSON.parse(await read('POST', `${at(id)}/updates`, draft, undefined, 'application/json', '', key)) as UpdateAnswer,
  cancel: (id: string, update: string) => call<RootCauseUpdate>('POST', `${at(id)}/updates/${update}/cancel`),
};

/** The root cause that the page shows; null: the list. */
export const shown = signal<string | null>(null);

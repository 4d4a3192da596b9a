// Advisories: the calls.
import { call } from '../api';
import type { AccountName, Advisory, AdvisoryFields, AdvisoryRecipient } from '../wire';

const at = (id: string) => `/advisories/${encodeURIComponent(id)}`;

interface Page<T> { data: T[]; next_cursor: string | null }

export const advisories = {
  list: () => call<Page<Advisory>>('GET', '/advisories?limit=100'),
  one: (id: string) => call<Advisory>('GET', at(id)),
  create: (body: AdvisoryFields) => call<Advisory>('POST', '/advisories', body),
  change: (id: string, body: AdvisoryFields) => call<Advisory>('PATCH', at(id), body),
  move: (id: string, action: 'send' | 'pause' | 'cancel') => call<Advisory>('POST', `${at(id)}/${action}`),
  recipients: (id: string, state: string, cursor: string) => call<Page<AdvisoryRecipient>>('GET', `${at(id)}/recipients?${new URLSearchParams({ limit: '50', ...(state && { state }), ...(cursor && { cursor }) })}`),
  accounts: async (q: string) => (await call<Page<AccountName>>('GET', `/accounts?limit=6&q=${encodeURIComponent(q)}`)).data,
};

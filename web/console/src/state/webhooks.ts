// The calls of the page of webhooks, which is loaded when it is opened.
import { call } from '../api';
import type { NewWebhook, PageWebhook, PageWebhookDelivery, PageWebhookType, Webhook, WebhookFields, WebhookReplayed } from '../wire';

const at = (id: string) => `/webhooks/${encodeURIComponent(id)}`;

export const hooks = {
  list: async () => (await call<PageWebhook>('GET', '/webhooks')).data,
  types: async () => (await call<PageWebhookType>('GET', '/webhooks/types')).data,
  create: (body: WebhookFields) => call<NewWebhook>('POST', '/webhooks', body),
  change: (id: string, body: WebhookFields) => call<Webhook>('PATCH', at(id), body),
  remove: (id: string) => call<void>('DELETE', at(id)),
  rotate: (id: string) => call<NewWebhook>('POST', `${at(id)}/rotate`, {}),
  test: (id: string) => call<unknown>('POST', `${at(id)}/test`),
  deliveries: async (id: string) => (await call<PageWebhookDelivery>('GET', `${at(id)}/deliveries?limit=50`)).data,
  replayFailed: (id: string) => call<WebhookReplayed>('POST', `${at(id)}/replay`, { since: new Date(Date.now() - 30 * 86_400_000).toISOString(), failed_only: true }),
  again: (id: string, delivery: string) => call<WebhookReplayed>('POST', `${at(id)}/replay`, { deliveries: [delivery] }),
};

/** The host of a URL, which names a webhook for people. */
export function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}

// The shapes of /api/v1, as doc/api.md gives them.

export type Channel = 'email' | 'chat' | 'form';
export type Status = 'open' | 'pending' | 'snoozed' | 'resolved' | 'closed';

export interface Named { id: string; name: string }
export interface InboxRef { key: string; name: string }
export interface Address { name: string; email: string }

export interface Agent { id: string; name: string; email: string; tiers: number[]; admin: boolean }

export interface Inbox { id: string; key: string; name: string; tier: number; tier_name: string; open: number; unassigned: number }

export interface Conversation {
  id: string;
  number: number;
  subject: string;
  channel: string;
  status: Status;
  priority: 'low' | 'normal' | 'high' | 'urgent';
  tier: number;
  inbox: InboxRef;
  account: Named;
  contact: Named & { address: string };
  assignee: Named | null;
  path: string[];
  policy_version: number;
  tags: string[];
  restricted: boolean;
  preview: string;
  last_seq: number;
  reply: { channel: string; to: string; from: string };
  last_inbound_at: string | null;
  last_reply_at: string | null;
  waiting_since: string | null;
  snoozed_until: string | null;
  resolved_at: string | null;
  created_at: string;
  updated_at: string;
}

export interface Attachment { part_id: string; name: string; type: string; size: number; disposition: string; cid: string; url: string }

export type DeliveryState =
  | 'held' | 'queued' | 'sending' | 'sent' | 'delivered' | 'delayed' | 'unknown' | 'failed' | 'cancelled';

export interface Delivery {
  id: string;
  recipient: string;
  state: DeliveryState;
  attempts: number;
  code: number;
  enhanced_code: string;
  detail: string;
  next_attempt_at: string | null;
  updated_at: string;
}

export interface Message {
  id: string;
  seq: number;
  direction: 'inbound' | 'outbound' | 'note';
  channel: string;
  message_id: string;
  from: Address[];
  to: Address[];
  cc: Address[];
  subject: string;
  text: string;
  html: string;
  reply_text: string;
  preview: string;
  attachments: Attachment[];
  auto_submitted: string;
  report: { kind: string; recipients: { recipient: string; action: string; status: string; diagnostic: string }[] } | null;
  problems: { code: string; detail: string }[];
  authentication: { trust: string; reason: string } | null;
  signature: { kind: string; status: string; reason: string; email: string; name: string; key: string; issuer: string; signed_at: string | null; footer: string } | null;
  author: Named | null;
  thread: { method: string; evidence: string };
  deliveries: Delivery[];
  html_url: string;
  raw_url: string;
  remote_images: boolean;
  sent_at: string;
  received_at: string;
}

export interface DeskEvent {
  cursor: string;
  at: string;
  conversation_id: string;
  seq: number;
  kind: string;
  actor: string;
  data: Record<string, unknown> | null;
}

export interface Stint {
  inbox: InboxRef;
  tier: number;
  assignee: Named | null;
  waiting_on: string;
  started_at: string;
  ended_at: string | null;
  reason: string;
}

export interface Account {
  id: string;
  name: string;
  domains: string[];
  segment: string;
  timezone: string;
  attributes: Record<string, unknown> | null;
  tags: string[];
  open: number;
  contacts?: Contact[];
  created_at: string;
}

export interface Contact {
  id: string;
  name: string;
  account: Named;
  identities: { channel: string; address: string; trust: string; verified_at: string | null }[];
  created_at: string;
}

export interface Raw {
  id: string;
  channel: string;
  endpoint: string;
  envelope_from: string;
  envelope_to: string[];
  received_at: string;
  size: number;
  state: string;
  attempts: number;
  problem: string;
  kept: number;
}

/** One of the ways in, as the API's /channels tells of it. */
export interface Entrance {
  name: string;
  node: string;
  state: string;
  alarm: boolean;
  since: string;
  last_success: string | null;
  last_item: string | null;
  last_error: string;
  advice: string;
  progress: { done: number; total: number; rate: number; eta: number } | null;
  reconciled: Reconciled | null;
}

export interface Reconciled { at: string; folders: ReconciledFolder[] }

export interface ReconciledFolder {
  folder: string;
  server: number;
  journaled: number;
  waiting: number;
  missing: number;
  fetched: number;
  gone: number;
}

export interface Page<T> { data: T[]; next_cursor: string | null }

// The only access to the server: JSON over fetch, errors as Problem.
import type {
  Account, AccountChanges, Agent, AgentChanges, AvailabilityInputBody, ChangeTaskInputBody, Channel, Contact, Conversation, Counts, Draft, DraftInputBody, Event, EventPage, Inbox, InviteInputBody, Message, MoveInputBody, MovePreview, OpenTaskInputBody,
  ChangedConversation, PageConversation, PageNotice, PageRaw, PageTask, PasswordChange, PolicyNames, ProblemDetails, Recipients, Reconciled, Replayed, ReplyInputBody, Session, Stint, Task, Trail, UndoOutputBody,
} from './wire';

const BASE = '/api/v1';

/** Page is any list of the API. */
interface Page<T> { data: T[]; next_cursor: string | null }

/** Problem is an error response (RFC 9457), or a failure to reach the server (status 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly errors: NonNullable<ProblemDetails['errors']> = [],
    /** The addresses that get no replies, if that is why. */
    readonly unreachable: NonNullable<ProblemDetails['unreachable']> = [],
    /** How many messages are newer than the one that a reply knew, if that is why. */
    readonly newer = 0,
  ) {
    super(detail || title);
  }
}

/** The server's clock minus the browser's, in milliseconds; waiting times use the server's. */
export let clockOffset = 0;

function noteClock(header: string | null): void {
  if (!header) return;
  const offset = Date.parse(header) - Date.now();
  // The header has a resolution of one second, so ignore small differences.
  clockOffset = Math.abs(offset) > 3000 ? offset : 0;
}

/** The agent whom this page belongs to; the server refuses requests by anyone else. */
let actor = '';
export function actAs(agent: string): void {
  actor = agent;
}
export const actingAs = () => actor;

/** Called when the session has ended (401) or belongs to another agent (412). */
let sessionLost: (status: 401 | 412) => void = () => undefined;
export function onSessionLost(listener: typeof sessionLost): void {
  sessionLost = listener;
}

/** Makes a request; parts that are loaded later have their own calls. */
/** The body of an answer. */
export async function read(method: string, path: string, body?: unknown, signal?: AbortSignal, accept = 'application/json', match = '', key = ''): Promise<string> {
  let answer: Response;
  try {
    answer = await fetch(BASE + path, {
      method,
      signal: signal ?? null,
      credentials: 'same-origin',
      headers: {
        Accept: accept,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(actor ? { 'Switchboard-Agent': actor } : {}),
        ...(match && { 'If-Match': match }),
        ...(key && { 'Idempotency-Key': key }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new Problem(0, 'unreachable', '');
  }
  noteClock(answer.headers.get('Date'));
  const text = await answer.text();
  if (actor && (answer.status === 401 || (answer.status === 412 && !answer.headers.has('ETag')))) sessionLost(answer.status);
  if (!answer.ok) throw problemOf(answer.status, answer.statusText, text);
  return text;
}

export async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const text = await read(method, path, body, signal);
  return (text ? JSON.parse(text) : undefined) as T;
}

export function problemOf(status: number, title: string, text: string): Problem {
  try {
    const body = JSON.parse(text) as Partial<ProblemDetails>;
    return new Problem(status, body.title ?? title, body.detail ?? '', body.errors ?? [], body.unreachable ?? [], body.newer ?? 0);
  } catch {
    return new Problem(status, title, '');
  }
}

const get = <T>(path: string, signal?: AbortSignal) => call<T>('GET', path, undefined, signal);
const enc = encodeURIComponent;

/** The orders of a list; a cursor belongs to one of them. */
export type Order = 'due' | 'waiting' | 'newest' | 'oldest' | 'priority';

export interface ListQuery { q?: string; cursor?: string | null; limit?: number; account?: string; sort?: Order }

/** Without a state, those that have not ended. */
export interface TaskQuery { inbox?: string; assignee?: string; cursor?: string | null; limit?: number }

function params(query: object): string {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') out.set(name, String(value));
  }
  const text = out.toString();
  return text ? '?' + text : '';
}

/** Loads all pages of a list within one conversation. */
async function all<T>(path: string, signal?: AbortSignal): Promise<T[]> {
  const out: T[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Page<T> = await get<Page<T>>(path + params({ limit: 200, cursor }), signal);
    out.push(...(page.data));
    cursor = page.next_cursor || null;
  }
  return out;
}

export const api = {
  session: () => get<Session>('/session'),
  signIn: (email: string, password: string) => call<Session>('POST', '/session', { email, password }),
  changePassword: (current: string, next: string) => call<PasswordChange>('PUT', '/session/password', { current, new: next }),
  signOut: () => call<void>('DELETE', '/session'),
  demo: () => get<Demo>('/demo'),
  demoAs: async (email: string) => {
    const answer = await fetch(`/demo/as/${enc(email)}`, { method: 'POST', credentials: 'same-origin' });
    if (!answer.ok) throw new Problem(answer.status, answer.statusText, '');
  },
  conversations: (query: ListQuery, signal?: AbortSignal) => get<PageConversation>('/conversations' + params({ sort: 'newest', ...query }), signal),
  conversation: (id: string) => get<Conversation>(`/conversations/${enc(id)}`),
  messages: (id: string) => all<Message>(`/conversations/${enc(id)}/messages`),
  events: (id: string) => all<Event>(`/conversations/${enc(id)}/events`),
  stints: (id: string) => all<Stint>(`/conversations/${enc(id)}/stints`),
  tasksOf: (id: string) => all<Task>(`/conversations/${enc(id)}/tasks`),
  openTask: (id: string, body: OpenTaskInputBody) => call<Task>('POST', `/conversations/${enc(id)}/tasks`, body),
  changeTask: (id: string, body: ChangeTaskInputBody) => call<Task>('PATCH', `/tasks/${enc(id)}`, body),
  tasks: (query: TaskQuery) => get<PageTask>('/tasks' + params(query)),
  invite: (id: string, body: InviteInputBody) => call<Conversation>('POST', `/conversations/${enc(id)}/swarm`, body),
  endHelp: (id: string, agent: string) => call<void>('DELETE', `/conversations/${enc(id)}/swarm/${enc(agent)}`),
  trail: async (message: string) => (await get<Page<Trail>>(`/messages/${enc(message)}/trail`)).data,
  cancelSend: (message: string) => call<Draft>('DELETE', `/messages/${enc(message)}/send`),
  reply: (id: string, body: ReplyInputBody) =>
    call<Message>('POST', `/conversations/${enc(id)}/replies`, body),
  recipients: (id: string) => get<Recipients>(`/conversations/${enc(id)}/recipients`),
  markRead: (id: string, seq: number) => call<void>('PUT', `/conversations/${enc(id)}/read`, { seq }),
  drafts: async () => (await get<Page<Draft>>('/drafts')).data,
  saveDraft: (id: string, kind: Draft['kind'], body: DraftInputBody) => call<Draft>('PUT', `/conversations/${enc(id)}/drafts/${kind}`, body),
  deleteDraft: (id: string, kind: Draft['kind'], basedOn: string) => call<void>('DELETE', `/conversations/${enc(id)}/drafts/${kind}${params({ based_on: basedOn })}`),
  counts: () => get<Counts>('/counts'),
  note: (id: string, text: string) => call<Message>('POST', `/conversations/${enc(id)}/notes`, { text }),
  assign: (id: string, assignee: string | null) => call<ChangedConversation>('POST', `/conversations/${enc(id)}/assign`, { assignee }),
  move: (id: string, body: MoveInputBody) =>
    call<ChangedConversation>('POST', `/conversations/${enc(id)}/move`, body),
  previewMove: (id: string, inbox: string, signal?: AbortSignal) => get<MovePreview>(`/conversations/${enc(id)}/move${params({ inbox })}`, signal),
  accept: (id: string) => call<Conversation>('POST', `/conversations/${enc(id)}/accept`),
  giveBack: (id: string, why: string) => call<Conversation>('POST', `/conversations/${enc(id)}/return`, { reason: why }),
  setPriority: (id: string, priority: Conversation['priority']) => call<ChangedConversation>('POST', `/conversations/${enc(id)}/priority`, { priority }),
  notices: (cursor?: string | null) => get<PageNotice>('/notices' + params({ limit: 50, cursor })),
  ackNotice: (id: string) => call<void>('POST', `/notices/${enc(id)}/ack`),
  ackNotices: () => call<void>('POST', '/notices/ack'),
  status: (id: string, status: Conversation['status'], more: { until?: string; cancel_tasks?: true } = {}) =>
    call<ChangedConversation>('POST', `/conversations/${enc(id)}/status`, { status, ...more }),
  merge: (id: string, into: string) => call<Conversation>('POST', `/conversations/${enc(id)}/merge`, { into }),
  undo: async (undo: string) => (await call<UndoOutputBody>('POST', '/undo', { undo })).results ?? [],
  unmerge: (id: string) => call<Conversation>('POST', `/conversations/${enc(id)}/unmerge`),
  inboxes: async () => (await get<Page<Inbox>>('/inboxes')).data,
  agents: async (all = false) => (await get<Page<Agent>>('/agents' + params({ all: all || '' }))).data,
  changeAgent: (id: string, body: AgentChanges) => call<Agent>('PATCH', `/agents/${enc(id)}`, body),
  policyNames: () => get<PolicyNames>('/policy/names'),
  setAvailability: (id: string, body: AvailabilityInputBody) => call<Agent>('PUT', `/agents/${enc(id)}/availability`, body),
  account: (id: string) => get<Account>(`/accounts/${enc(id)}`),
  changeAccount: (id: string, body: AccountChanges) => call<Account>('PATCH', `/accounts/${enc(id)}`, body),
  contact: (id: string) => get<Contact>(`/contacts/${enc(id)}`),
  feed: (after: string, limit: number) => get<EventPage>('/events' + params({ after, limit })),
  quarantine: (cursor?: string | null) => get<PageRaw>('/raws' + params({ state: 'quarantined', limit: 200, cursor })),
  replay: (id: string) => call<unknown>('POST', `/raws/${enc(id)}/replay`),
  replayAll: () => call<Replayed>('POST', '/raws/replay'),
  rawBytes: (id: string) => `${BASE}/raws/${enc(id)}/bytes`,
  channels: async () => (await get<Page<Channel>>('/channels')).data,
  reconcile: (name: string) => call<Reconciled>('POST', `/channels/${enc(name)}/reconcile`),
};

/** Served by the demo only, and not part of the API: the agents to act as. */
export interface Demo { agents: { name: string; email: string; tiers?: number[] }[] }

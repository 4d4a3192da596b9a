// The console's state as signals. Views read signals and call functions of this
// folder; nothing else talks to the server.
import { batch, computed, effect, signal } from '@preact/signals';
import { actAs, api, clockOffset, onSessionLost, Problem } from '../api';
import { say } from '../text/say';
import type { Agent, Conversation, Counts, Event as DeskEvent, Channel, Inbox, Task } from '../wire';
import { loadAlerts } from './alerts';
import { Feed, type Link } from './feed';
import { clearList, hold, loadList, patchList, rows } from './list';
import { atRest } from './pace';
import { hear, Presence, type Doing } from './presence';
import { fromHash, toHash, type Place, type View } from './search';
import { loadDrafts } from './sync';
import { loadTasks, nextConversation } from './tasklist';
import { forgetThreads, prefetch, refreshThread, threadOf } from './thread';
import type { Names } from './timeline';
import { forgetUndo, reason, tell } from './toast';

export { reason, tell } from './toast';

export const phase = signal<'starting' | 'login' | 'ready' | 'unreachable' | 'changed'>('starting');
/** Why the sign-in page is shown; empty: no special reason. */
export const loginReason = signal('');
/** Whose session the browser has now, when it is not this page's agent's any more. */
export const successor = signal('');
/** Before signing in. */
const nobody: Agent = {
  id: '', name: '', email: '', tiers: [], admin: false, disabled: false, inboxes: [], inboxes_only: false, mask_addresses: false, skills: [], capacity: 0, leads: [], timezone: '', hours: {}, display_name: '', signature: '', open: 0,
  availability: { state: 'offline', reason: 'disconnected', chosen: 'available', until: null, seen_at: null },
};
export const me = signal<Agent>(nobody);
export const inboxes = signal<Inbox[]>([]);
export const agents = signal<Agent[]>([]);
/** Numbers end at 1000, which means 1000 or more. */
export const counts = signal<Counts>({ mine: 0, unassigned: 0, open: 0, pending: 0, snoozed: 0, resolved: 0, breaching: 0, gaps: 0, notices: 0, tasks: 0, swarming: 0 });
export const quarantined = signal<number | null>(null);
export const channels = signal<Channel[]>([]);
export const link = signal<Link>('connecting');
export const place = signal<Place>(firstPlace());
export const now = signal(Date.now());
/** What this agent does in the open conversation, shown to other agents. */
export const doing = signal<Doing>('viewing');

export const names = computed<Names>(() => {
  const byAgent = new Map(agents.value.map((agent) => [agent.id, agent.name]));
  const byInbox = new Map(inboxes.value.flatMap((inbox) => [[inbox.key, inbox.name], [inbox.id, inbox.name]] as [string, string][]));
  return { agent: (id) => byAgent.get(id) ?? null, inbox: (key) => byInbox.get(key) ?? null, me: me.value.id };
});

export interface TierGroup { tier: number; name: string; open: number; inboxes: Inbox[] }

export const tiers = computed<TierGroup[]>(() => {
  const groups = new Map<number, TierGroup>();
  for (const inbox of inboxes.value) {
    const group = groups.get(inbox.tier) ?? { tier: inbox.tier, name: inbox.tier_name, open: 0, inboxes: [] };
    group.open += inbox.open;
    group.inboxes.push(inbox);
    groups.set(inbox.tier, group);
  }
  return [...groups.values()].sort((a, b) => a.tier - b.tier);
});

let feed: Feed | null = null;
let presence: Presence | null = null;
effect(() => {
  const { open } = place.value;
  const what = doing.value; // read first, so that the effect depends on it
  presence?.set(open, what);
});

/** Publishes that the agent is typing a reply; chat visitors see it. */
export function typed(conversation: string): void {
  presence?.typed(conversation);
}

/** A link to a conversation is a path; after that, the place is in the URL fragment. */
function firstPlace(): Place {
  const link = /^\/c\/([^/]+)/.exec(location.pathname);
  if (!link) return fromHash(location.hash);
  const first: Place = { view: { kind: 'all' }, open: decodeURIComponent(link[1]!) };
  history.replaceState(null, '', '/' + toHash(first));
  return first;
}

/** Replaces a conversation number in the URL by the ID. */
async function resolveOpen(): Promise<void> {
  const { open, view } = place.value;
  if (!open || open.startsWith('cv_')) return;
  const found = await api.conversation(open).catch(() => null);
  if (!found || place.value.open !== open) return;
  place.value = { view, open: found.id };
  history.replaceState(null, '', toHash(place.value));
  void refreshThread(found.id);
}

export async function start(): Promise<void> {
  try {
    const { agent } = await api.session();
    await enter(agent);
  } catch (error) {
    phase.value = error instanceof Problem && (error.status === 401 || error.status === 403) ? 'login' : 'unreachable';
  }
}

export async function signIn(email: string, password: string): Promise<void> {
  const { agent } = await api.signIn(email, password);
  await enter(agent);
}

// Other tabs of this browser share the session: they tell each other who signs in.
const tabs = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('switchboard.session');
if (tabs) tabs.onmessage = (message) => { if (message.data !== me.value.id) checkSession(); };
document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') checkSession(); });

/** Asks the server whose session this is; the answer is handled in onSessionLost. */
function checkSession(): void {
  if (phase.value === 'ready') void api.session().catch(() => undefined);
}

onSessionLost((status) => {
  if (phase.value !== 'ready') return;
  if (status === 401) {
    loginReason.value = say('login.ended');
    leave();
    return;
  }
  close();
  void api.session().then(({ agent }) => (successor.value = agent.name), () => undefined).then(() => (phase.value = 'changed'));
});

export async function changePassword(current: string, next: string): Promise<void> {
  const ended = await api.changePassword(current, next);
  tell(say('password.done', { sessions: Math.max(0, ended.sessions - 1), keys: ended.keys }));
}

export async function signOut(): Promise<void> {
  actAs(''); // this browser's session ends, whoever it belongs to
  await api.signOut().catch(() => undefined);
  leave();
  tabs?.postMessage('');
}

/** Stops everything that acts in the agent's name. */
function close(): void {
  actAs('');
  presence?.stop();
  presence = null;
  feed?.stop();
  feed = null;
}

function leave(): void {
  close();
  batch(() => {
    clearList();
    forgetThreads();
    forgetUndo();
    phase.value = 'login';
  });
}

async function enter(agent: Agent): Promise<void> {
  presence?.stop();
  feed?.stop();
  actAs(agent.id);
  batch(() => {
    loginReason.value = '';
    if (me.value.id !== agent.id) forgetUndo();
    me.value = agent;
    clearList();
    forgetThreads();
    phase.value = 'ready';
  });
  void loadDrafts(agent.id);
  tabs?.postMessage(agent.id);
  const live = new Feed({ event: onEvent, signal: hear, link: onLink, reset: reload, signedOut: leave });
  feed = live;
  presence = new Presence((frame) => live.send(frame));
  const directory = Promise.all([
    api.inboxes().then((list) => (inboxes.value = list)),
    api.agents().then((list) => (agents.value = list)),
  ]).catch((error: unknown) => tell(say('done.failed', { reason: reason(error) }), { bad: true }));
  void loadList(place.value.view);
  void refreshCounts();
  void loadAlerts();
  if (place.value.open) {
    void refreshThread(place.value.open).then(resolveOpen).then(() => {
      const open = place.value.open && threadOf(place.value.open).value.conversation;
      if (open) markRead(open);
    });
  }
  live.start();
  await directory;
}

/** Switches to another agent of the demo. */
export async function switchTo(email: string): Promise<void> {
  await api.demoAs(email);
  actAs('');
  const { agent } = await api.session();
  await enter(agent);
}

function reload(): void {
  void refreshAgents();
  void loadAlerts();
  void loadList(place.value.view, { quiet: true });
  void refreshCounts();
  if (place.value.open) void refreshThread(place.value.open);
}

// Events arrive in bursts (one message causes three); a conversation is loaded once per burst.
const changed = new Set<string>();
let tasksChanged = false;
let burst: ReturnType<typeof setTimeout> | undefined;
const BURST_MS = 40;
const MANY = 30; // beyond that, the list is loaded again instead of each conversation

function onEvent(event: DeskEvent): void {
  if (!event.conversation_id) {
    if (event.kind === 'channel.changed') void refreshWatch();
    if (event.kind === 'notice.created') void loadAlerts();
    if (event.kind.startsWith('agent.')) void refreshAgents();
    if (event.kind === 'account.changed') refreshAccount(event.subject.id);
    return;
  }
  changed.add(event.conversation_id);
  if (event.kind.startsWith('task.') || event.kind === 'conversation.merged' || event.kind === 'conversation.unmerged') tasksChanged = true;
  burst ??= setTimeout(settle, BURST_MS);
}

/** Shows what is known about a customer now. */
function refreshAccount(account: string): void {
  const { open, view } = place.value;
  if (open && threadOf(open).value.conversation?.account.id === account) void refreshThread(open);
  void loadList(view, { quiet: true });
}

async function settle(): Promise<void> {
  const ids = [...changed];
  changed.clear();
  burst = undefined;
  if (place.value.open && ids.includes(place.value.open)) void refreshThread(place.value.open);
  scheduleCounts();
  if (tasksChanged) void loadTasks(place.value.view);
  tasksChanged = false;
  if (ids.length > MANY) return loadList(place.value.view, { quiet: true });
  const found = await Promise.all(
    ids.map((id) =>
      api.conversation(id).catch((error: unknown) => (error instanceof Problem && error.status === 404 ? null : undefined)),
    ),
  );
  batch(() => {
    found.forEach((conversation, i) => {
      if (conversation === undefined) return;
      patchList(place.value.view, ids[i]!, conversation, me.value.id);
      if (conversation) markRead(conversation);
    });
  });
}

/** The loaded conversations with messages that this agent has not seen. */
export const unread = computed(() => rows.value.filter((row) => row.unread).length);

/** Marks the conversation as read if it is open in front of the agent. */
function markRead(conversation: Conversation): void {
  if (!conversation.unread || conversation.id !== place.value.open || document.visibilityState !== 'visible') return;
  showChange({ ...conversation, unread: false });
  void api.markRead(conversation.id, conversation.last_seq).catch(() => undefined);
}

/** Makes a conversation unread again and returns to the list. */
export async function markUnread(conversation: Conversation): Promise<void> {
  if (place.value.open === conversation.id) openConversation(null);
  showChange({ ...conversation, unread: conversation.status === 'open' });
  await api.markRead(conversation.id, 0).catch((error: unknown) => tell(say('done.failed', { reason: reason(error) }), { bad: true }));
}

document.addEventListener('visibilitychange', () => {
  const open = place.value.open && threadOf(place.value.open).value.conversation;
  if (open) markRead(open);
});

function onLink(state: Link): void {
  link.value = state;
  if (state === 'live') presence?.set(place.value.open, doing.value);
}

let countsTimer: ReturnType<typeof setTimeout> | undefined;

function scheduleCounts(): void {
  countsTimer ??= setTimeout(() => {
    countsTimer = undefined;
    void refreshCounts();
  }, 250);
}

/** Loads who works here, and who is available now. */
export async function refreshAgents(): Promise<void> {
  const found = await api.agents().catch(() => null);
  if (!found) return;
  batch(() => {
    agents.value = found;
    me.value = found.find((one) => one.id === me.value.id) ?? me.value;
  });
}

/** Loads what has no events: channel status and the quarantine. */
export async function refreshWatch(): Promise<void> {
  await Promise.allSettled([
    api.channels().then((list) => (channels.value = list)),
    me.value.admin ? api.quarantine().then((page) => (quarantined.value = page.data.length)) : Promise.resolve((quarantined.value = null)),
  ]);
}

export async function refreshCounts(): Promise<void> {
  await Promise.allSettled([
    refreshWatch(),
    api.inboxes().then((list) => (inboxes.value = list)),
    api.counts().then((found) => (counts.value = found)),
  ]);
}

/** Shows a changed conversation everywhere, without waiting for its event. */
export function showChange(conversation: Conversation): void {
  patchList(place.value.view, conversation.id, conversation, me.value.id);
  const thread = threadOf(conversation.id);
  thread.value = { ...thread.value, conversation };
}

export function go(view: View, open: string | null = null): void {
  navigate({ view, open });
}

export function openConversation(id: string | null): void {
  navigate({ view: place.value.view, open: id });
}

/** Opens the conversation of a task, at the task. */
export function openTask({ id, conversation }: Task): void {
  navigate({ view: place.value.view, open: conversation.id, task: id });
}

/** Opens the next conversation while moving through the list. Those that are passed quickly are neither loaded nor kept in the history. */
export function passTo(id: string, step: 1 | -1, task = ''): void {
  const next: Place = { view: place.value.view, open: id, ...(task && { task }) };
  show(next);
  atRest(() => {
    if (place.value !== next) return;
    history.replaceState(null, '', toHash(next));
    load(id, step);
  });
}

function navigate(next: Place): void {
  const hash = toHash(next);
  if (hash !== location.hash) history.pushState(null, '', hash);
  arrive(next);
}

function arrive(next: Place): void {
  const before = place.value;
  show(next);
  if (toHash({ view: before.view, open: null }) !== toHash({ view: next.view, open: null })) void loadList(next.view);
  if (next.open) load(next.open, 1);
}

/** Shows what the list has of a conversation; messages follow. */
function show(next: Place): void {
  batch(() => {
    place.value = next;
    if (next.open) hold(next.open);
  });
  if (!next.open) return;
  const thread = threadOf(next.open);
  if (!thread.value.conversation) thread.value = { ...thread.value, conversation: rows.value.find((row) => row.id === next.open) ?? null };
}

/** Loads the open conversation, and then the one that probably follows. */
function load(id: string, step: 1 | -1): void {
  void refreshThread(id).then(resolveOpen).then(() => {
    const arrived = threadOf(id).value.conversation;
    if (arrived) markRead(arrived);
    const after = nextConversation(place.value.open, step);
    if (after && place.value.open === id) prefetch(after.id);
  });
}

addEventListener('popstate', () => arrive(fromHash(location.hash)));
setInterval(() => {
  now.value = Date.now() + clockOffset;
  if (phase.value === 'ready' && document.visibilityState === 'visible') void refreshWatch();
}, 15_000);
setInterval(() => { // what becomes due changes the views of deadlines without an event
  if (phase.value !== 'ready' || document.visibilityState !== 'visible') return;
  void refreshCounts();
  void refreshAgents();
  if (place.value.view.kind === 'breaching') void loadList(place.value.view, { quiet: true });
}, 60_000);

// Actions of the agent, with their notices.
import { api, Problem } from '../api';
import { count, say } from '../text/say';
import { moment } from '../text/time';
import type { BulkResult, ChangedConversation, Conversation, MoveInputBody } from '../wire';
import { me, now, openConversation, place, reason, refreshCounts, showChange, tell } from './desk';
import { dialog } from './dialog';
import { refusal } from './handoff';
import { loadList, rows, selected } from './list';
import { belongs } from './search';
import { nextConversation, tasks } from './tasklist';
import { refreshThread, threadOf } from './thread';
import { onlyHelps } from './work';

/** Tells why the agent may not do something; false: they may. */
export function denied(conversation: Conversation, what: string): boolean {
  const no = what === 'reply' && onlyHelps(conversation, me.value.id) ? say('composer.helping', { name: conversation.assignee!.name }) : refusal(conversation, what);
  if (no) tell(no, { bad: true });
  return no !== '';
}

/** The conversation that shortcuts and buttons act on: the open one, or the selected row. */
export function current(): Conversation | null {
  const picked = selected.value;
  const id = place.value.open ?? tasks.value.find((one) => one.id === picked)?.conversation.id ?? picked;
  if (!id) return null;
  return threadOf(id).value.conversation ?? rows.value.find((row) => row.id === id) ?? null;
}

async function change<T extends Conversation>(work: () => Promise<T>): Promise<T | null> {
  try {
    const conversation = await work();
    showChange(conversation);
    void refreshThread(conversation.id);
    void refreshCounts();
    return conversation;
  } catch (error) {
    tell(say('done.failed', { reason: reason(error) }), { bad: true });
    if (error instanceof Problem && error.status === 409 && place.value.open) void refreshThread(place.value.open);
    return null;
  }
}

export async function assign(conversation: Conversation, assignee: string | null): Promise<void> {
  const done = await change(() => api.assign(conversation.id, assignee));
  if (!done) return;
  const { number } = done;
  const name = done.assignee?.id === me.value.id ? say('thread.you').toLowerCase() : done.assignee?.name ?? '';
  told(name ? say('done.assigned', { number, name }) : say('done.unassigned', { number }), done.undo);
}

/** Tells what was done; null: it cannot be undone. */
export function told(what: string, ...tokens: (string | null)[]): void {
  const kept = tokens.filter((one) => one !== null);
  tell(what, kept.length > 0 ? { undo: () => void takeBack(what, kept), lasting: true } : {});
}

/** Beyond that the list is loaded again as a whole. */
const FEW = 20;

/** The last undo. Each waits for the one before, so that what was done last is undone first. */
let undoing: Promise<void> = Promise.resolve();

function takeBack(what: string, tokens: readonly string[]): Promise<void> {
  return undoing = undoing.then(() => takeBackNow(what, tokens)).catch(() => undefined);
}

/** Undoes an operation, which may consist of several requests; says why if it cannot be undone any more. */
async function takeBackNow(what: string, tokens: readonly string[]): Promise<void> {
  const results: BulkResult[] = [];
  const left: string[] = [];
  let failure: unknown = null;
  for (const token of tokens.toReversed()) {
    try {
      results.push(...await api.undo(token));
    } catch (error) {
      failure ??= error;
      if (error instanceof Problem && (error.status === 0 || error.status >= 500)) left.unshift(token);
    }
  }
  const kept = results.filter((one) => !one.ok);
  const again = left.length > 0 ? { undo: () => void takeBack(what, left), lasting: true } : {};
  if (failure || kept.length > 0) {
    const why = failure ? reason(failure) : [...new Set(kept.map((one) => one.error))].slice(0, 3).join('; ');
    const n = results.length - kept.length;
    tell(n > 0 ? count('undo.partly', n, { what, reason: why }) : say('undo.failed', { what, reason: why }), { bad: true, ...again });
  } else {
    tell(say('undo.done', { what }));
  }
  void refreshCounts();
  if (results.length > FEW) return void loadList(place.value.view, { quiet: true });
  await Promise.all(results.map(async ({ id }) => {
    const conversation = await api.conversation(id).catch(() => null);
    if (conversation) showChange(conversation);
    if (id === place.value.open) void refreshThread(id);
  }));
}

/** Sets the status, and cancels the open tasks with it if asked to. In a view of open conversations, opens the next row. */
export async function setStatus(conversation: Conversation, status: Conversation['status'], { until, cancelTasks }: { until?: number; cancelTasks?: boolean } = {}): Promise<void> {
  const leaves = place.value.open === conversation.id && belongs(place.value.view, { ...conversation, status }, me.value.id) === false;
  const next = leaves ? (nextConversation(conversation.id, 1) ?? nextConversation(conversation.id, -1))?.id ?? null : null;
  const done = await change(() => api.status(conversation.id, status, { ...(until && { until: new Date(until).toISOString() }), ...(cancelTasks && { cancel_tasks: true }) }));
  if (!done) return;
  if (leaves && place.value.open === conversation.id) openConversation(next);
  const values = { number: done.number, time: until ? moment(new Date(until).toISOString(), now.value) : '' };
  const text = status === 'snoozed' ? say('done.snoozed', values) : status === 'resolved' ? say('done.resolved', values) : say('done.reopened', values);
  told(text, done.undo);
}

/** Resolves a conversation. With open tasks, asks first what happens to them. */
export function resolve(conversation: Conversation): void {
  if (conversation.open_tasks > 0) dialog.value = 'resolve';
  else void setStatus(conversation, 'resolved');
}

export async function move(conversation: Conversation, body: MoveInputBody): Promise<void> {
  shown(await api.move(conversation.id, body), 'done.moved');
}

/** Takes over a conversation that was handed over. */
export async function accept(conversation: Conversation): Promise<void> {
  const done = await change(() => api.accept(conversation.id));
  if (done) tell(say('done.accepted', { number: done.number }));
}

/** Returns a handed over conversation to where it came from. */
export async function giveBack(conversation: Conversation, why: string): Promise<void> {
  shown(await api.giveBack(conversation.id, why), 'done.returned');
}

export async function setPriority(conversation: Conversation, priority: Conversation['priority']): Promise<void> {
  const done = await change(() => api.setPriority(conversation.id, priority));
  if (done?.undo) told(say('done.priority', { number: done.number, priority: say(`priority.${done.priority}`).toLowerCase() }), done.undo);
}

/** Shows where a conversation is now. */
function shown(done: Conversation & Partial<Pick<ChangedConversation, 'undo'>>, sentence: 'done.moved' | 'done.returned'): void {
  showChange(done);
  void refreshThread(done.id);
  void refreshCounts();
  told(say(sentence, { number: done.number, name: done.inbox.name }), done.undo ?? null);
}

/** Merges a conversation into another one, and opens that. */
export async function merge(conversation: Conversation, into: string): Promise<void> {
  const done = await api.merge(conversation.id, into);
  merged(conversation.id, done.id);
  openConversation(done.id);
  tell(say('done.merged', { number: conversation.number, into: done.number }), { undo: () => void unmerge(conversation.id), lasting: true });
}

/** Undoes the merge of a conversation, and opens it. */
export async function unmerge(id: string): Promise<void> {
  const into = threadOf(id).value.conversation?.merged_into?.id ?? place.value.open;
  const done = await change(() => api.unmerge(id));
  if (!done) return;
  merged(id, into);
  openConversation(done.id);
  tell(say('done.unmerged', { number: done.number }));
}

/** Loads both conversations of a merge again. */
function merged(absorbed: string, surviving: string | null): void {
  void refreshThread(absorbed);
  if (surviving) void refreshThread(surviving);
  void refreshCounts();
}

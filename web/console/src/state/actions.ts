// Actions of the agent, with their notices.
import { api, Problem } from '../api';
import { say } from '../text/say';
import { moment } from '../text/time';
import type { Conversation, MoveInputBody } from '../wire';
import { me, now, openConversation, place, reason, refreshCounts, showChange, tell } from './desk';
import { dialog } from './dialog';
import { refusal } from './handoff';
import { rows, selected } from './list';
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

async function change(work: () => Promise<Conversation>): Promise<Conversation | null> {
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
  const before = conversation.assignee?.id ?? null;
  const done = await change(() => api.assign(conversation.id, assignee));
  if (!done) return;
  const text = done.assignee
    ? say('done.assigned', { name: done.assignee.id === me.value.id ? say('thread.you').toLowerCase() : done.assignee.name })
    : say('done.unassigned');
  const undone = before !== (done.assignee?.id ?? null);
  tell(text, undone ? { undo: () => void change(() => api.assign(conversation.id, before)) } : {});
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
  const undo = status === 'open' ? {} : { undo: () => void change(() => api.status(conversation.id, 'open')) };
  tell(text, undo);
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
  const before = conversation.priority;
  const done = await change(() => api.setPriority(conversation.id, priority));
  if (!done || before === done.priority) return;
  tell(say('done.priority', { number: done.number, priority: say(`priority.${done.priority}`).toLowerCase() }), { undo: () => void change(() => api.setPriority(conversation.id, before)) });
}

/** Shows where a conversation is now. */
function shown(done: Conversation, sentence: 'done.moved' | 'done.returned'): void {
  showChange(done);
  void refreshThread(done.id);
  void refreshCounts();
  tell(say(sentence, { number: done.number, name: done.inbox.name }));
}

/** Merges a conversation into another one, and opens that. */
export async function merge(conversation: Conversation, into: string): Promise<void> {
  const done = await api.merge(conversation.id, into);
  merged(conversation.id, done.id);
  openConversation(done.id);
  tell(say('done.merged', { number: conversation.number, into: done.number }), { undo: () => void unmerge(conversation.id) });
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

// Open conversations: one signal each, loaded and refreshed from the server.
import { signal, type Signal } from '@preact/signals';
import { api, Problem } from '../api';
import type { Account, Contact, Conversation, Event as DeskEvent, Message, Stint, Task } from '../wire';

export interface Thread {
  conversation: Conversation | null;
  messages: Message[];
  events: DeskEvent[];
  stints: Stint[];
  /** All that it ever had, as they were opened. */
  tasks: Task[];
  account: Account | null;
  contact: Contact | null;
  loaded: boolean;
  error: unknown;
}

const EMPTY: Thread = { conversation: null, messages: [], events: [], stints: [], tasks: [], account: null, contact: null, loaded: false, error: null };
const KEEP = 40;

/** The newest message on the screen, in the conversation whose end is visible. */
export const shown = signal<{ conversation: string; seq: number }>({ conversation: '', seq: 0 });

const threads = new Map<string, Signal<Thread>>();
const running = new Map<string, Promise<void>>();
const again = new Set<string>();

export function threadOf(id: string): Signal<Thread> {
  let thread = threads.get(id);
  if (!thread) {
    thread = signal(EMPTY);
    threads.set(id, thread);
    for (const old of threads.keys()) {
      if (threads.size <= KEEP) break;
      threads.delete(old);
    }
  }
  return thread;
}

export function forgetThreads(): void {
  threads.clear();
}

/** Loads a conversation again. Calls during a load cause exactly one more. */
export function refreshThread(id: string): Promise<void> {
  const current = running.get(id);
  if (current) {
    again.add(id);
    return current;
  }
  const job = read(id).finally(() => {
    running.delete(id);
    if (again.delete(id)) void refreshThread(id);
  });
  running.set(id, job);
  return job;
}

async function read(id: string): Promise<void> {
  const thread = threadOf(id);
  try {
    const [conversation, messages, events, stints] = await Promise.all([
      api.conversation(id), api.messages(id), api.events(id), api.stints(id).catch(() => []),
    ]);
    // Most conversations have none.
    const tasks = conversation.open_tasks > 0 || events.some((event) => event.kind === 'task.opened') ? await api.tasksOf(id).catch(() => thread.value.tasks) : [];
    thread.value = { ...thread.value, conversation, messages, events, stints, tasks, loaded: true, error: null };
    const [account, contact] = await Promise.all([
      api.account(conversation.account.id).catch(() => null), api.contact(conversation.contact.id).catch(() => null),
    ]);
    thread.value = { ...thread.value, account, contact };
  } catch (error) {
    // Keep what was loaded before, unless the conversation is gone.
    if (!thread.value.loaded || (error instanceof Problem && error.status === 404)) {
      thread.value = { ...EMPTY, error };
    }
  }
}

/** Loads the head of an open conversation again, without its messages. */
export async function refreshHead(id: string): Promise<void> {
  const thread = threads.get(id);
  if (!thread?.value.loaded) return;
  const conversation = await api.conversation(id).catch(() => null);
  if (conversation) thread.value = { ...thread.value, conversation };
}

/** Loads a conversation ahead, so that it opens at once. */
export function prefetch(id: string): void {
  if (!threadOf(id).value.loaded) void refreshThread(id);
}

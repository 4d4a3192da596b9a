// Tasks: what this agent does with them, and those that the shown view lists.
import { batch, signal } from '@preact/signals';
import { api } from '../api';
import { say, type Sentence } from '../text/say';
import type { ChangeTaskInputBody, Conversation, Task } from '../wire';
import { refreshCounts, showChange } from './desk';
import { dialog } from './dialog';
import { refreshThread, threadOf } from './thread';
import { reason, tell } from './toast';

/** The task that a dialog is about. */
export const finishing = signal<Task | null>(null);

/** Asks for the result of a task. */
export function askResult(task: Task): void {
  batch(() => {
    finishing.value = task;
    dialog.value = 'finish';
  });
}

function settle(conversation: string): void {
  void refreshThread(conversation);
  void refreshCounts();
}

/** Changes a task and shows it at once; its event follows. The error is the caller's. */
export async function changeTask(task: Task, change: ChangeTaskInputBody, done?: Sentence): Promise<void> {
  const now = await api.changeTask(task.id, change);
  const thread = threadOf(task.conversation.id);
  thread.value = { ...thread.value, tasks: thread.value.tasks.map((one) => (one.id === now.id ? now : one)) };
  settle(task.conversation.id);
  if (done) tell(say(done, { title: now.title }));
}

/** Changes a task, and tells what went wrong. */
export async function tryTask(task: Task, change: ChangeTaskInputBody, done?: Sentence): Promise<void> {
  await changeTask(task, change, done).catch((error: unknown) => {
    tell(say('done.failed', { reason: reason(error) }), { bad: true });
    settle(task.conversation.id); // somebody may have been faster
  });
}

/** Ends the help of an agent. */
export async function endHelp(conversation: Conversation, agent: { id: string; name: string }, me: string): Promise<void> {
  try {
    await api.endHelp(conversation.id, agent.id);
    showChange({ ...conversation, swarm: conversation.swarm.filter((one) => one.agent.id !== agent.id) });
    tell(agent.id === me ? say('done.left', { number: conversation.number }) : say('done.helpEnded', { name: agent.name }));
  } catch (error) {
    tell(say('done.failed', { reason: reason(error) }), { bad: true });
  }
  settle(conversation.id);
}

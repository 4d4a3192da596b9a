// Who can do the parts of the work, and what is wrong with a form. Pure.
import type { Problem } from '../api';
import type { Agent, Conversation, Inbox, Task } from '../wire';

/** Whether nothing is left to do. */
export const ended = ({ state }: Pick<Task, 'state'>) => state === 'done' || state === 'cancelled';

/** Those who work in an inbox, and the others. */
export function byInbox(agents: readonly Agent[], inbox: Pick<Inbox, 'key' | 'tier'> | undefined): [Agent[], Agent[]] {
  const works = (agent: Agent) => inbox !== undefined && agent.tiers.includes(inbox.tier) && (agent.inboxes.length === 0 || agent.inboxes.includes(inbox.key));
  return [agents.filter(works), agents.filter((agent) => !works(agent))];
}

/** What comes next for this agent with a task; null: it is somebody else's, or has ended. */
export function nextStep(task: Pick<Task, 'state' | 'assignee'>, me: string): 'take' | 'start' | 'finish' | null {
  if (ended(task)) return null;
  if (task.assignee === null) return 'take';
  if (task.assignee.id !== me) return null;
  return task.state === 'open' ? 'start' : 'finish';
}

/** Whether the agent was only asked to help: then the assignee answers. */
export function onlyHelps({ assignee, swarm }: Pick<Conversation, 'assignee' | 'swarm'>, me: string): boolean {
  return assignee !== null && assignee.id !== me && swarm.some((one) => one.agent.id === me);
}

/** The errors of a refused form by its fields ("" is everything else), without the names that the API has for them. */
export function refusedFields(problem: Problem, fields: readonly string[]): Record<string, string> {
  const out: Record<string, string> = {};
  for (const { location = '', message = '' } of problem.errors) {
    const name = /^body\.([a-z_]+)/.exec(location)?.[1] ?? '';
    const text = message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;
    const field = fields.includes(name) ? name : '';
    out[field] = out[field] ? `${out[field]} ${sentence(text)}` : sentence(text);
  }
  if (problem.errors.length === 0) out[''] = sentence(problem.detail || problem.title);
  return out;
}

/** With a capital letter and a full stop. */
export const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1).replace(/([^.?!])$/, '$1.');

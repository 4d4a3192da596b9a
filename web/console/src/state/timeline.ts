// The timeline of messages and events of a conversation. Pure.
import type { Conversation, Event as DeskEvent, Message } from '../wire';
import type { Metric } from '../text/due';
import { say, sayIf } from '../text/say';
import { exact } from '../text/time';

type Priority = Conversation['priority'];

/** Events that the timeline shows as their message, or in its delivery line. */
const SHOWN_BY_MESSAGE = new Set(['message.received', 'message.sent', 'note.added', 'delivery.changed', 'third-party.sent', 'third-party.received']);

export type Item =
  | { kind: 'message'; key: string; message: Message }
  /** Consecutive chat lines of one person. */
  | { kind: 'chat'; key: string; messages: Message[] }
  | { kind: 'events'; key: string; events: DeskEvent[] };

/** Merges by number: a message has the seq of its event. Consecutive events become one item. */
export function timeline(messages: readonly Message[], events: readonly DeskEvent[]): Item[] {
  const steps = events.filter((event) => !SHOWN_BY_MESSAGE.has(event.kind) || isLate(event));
  const out: Item[] = [];
  let next = 0;
  const flush = (until: number) => {
    const run: DeskEvent[] = [];
    while (next < steps.length && steps[next]!.seq < until) run.push(steps[next++]!);
    if (run.length > 0) out.push({ kind: 'events', key: `e${run[0]!.seq}`, events: run });
  };
  for (const message of messages) {
    flush(message.seq);
    const last = out.at(-1);
    const before = last?.kind === 'message' ? last.message : last?.kind === 'chat' ? last.messages.at(-1)! : null;
    if (before && continues(before, message)) {
      const messages = last!.kind === 'chat' ? [...last!.messages, message] : [before, message];
      out[out.length - 1] = { kind: 'chat', key: last!.key, messages };
      continue;
    }
    out.push({ kind: 'message', key: message.id, message });
  }
  flush(Infinity);
  return out;
}

/** Whether people are told that a message has been delayed for long. */
const isLate = (event: DeskEvent) => event.kind === 'delivery.changed' && event.data.late === true;

const CHAT_PAUSE_MS = 5 * 60_000;

/** Whether a chat line continues the one before it. */
function continues(before: Message, message: Message): boolean {
  return message.channel === 'chat' && before.channel === 'chat' && message.direction === before.direction &&
    message.author?.id === before.author?.id && message.from[0]?.email === before.from[0]?.email &&
    Date.parse(message.received_at) - Date.parse(before.received_at) < CHAT_PAUSE_MS;
}

/** Looks up the names of what an event's data refers to. */
export interface Names {
  agent(id: string): string | null;
  inbox(key: string): string | null;
  me: string;
}

export function actorName(actor: string, names: Names): string {
  if (actor === names.me) return say('thread.you');
  if (actor === 'customer' || actor === 'third-party' || actor === 'system' || actor === 'policy') return say(`actor.${actor}`);
  return names.agent(actor) ?? say('actor.unknown');
}

/** An event as a sentence. Kinds without a sentence are shown as they are. */
export function describe(event: DeskEvent, names: Names): string {
  const actor = actorName(event.actor, names);
  const inbox = (key: string) => names.inbox(key) ?? key;
  switch (event.kind) {
    case 'conversation.opened':
      return say(event.data.started_by ? 'event.started' : 'event.opened', { actor, inbox: inbox(event.data.inbox) });
    case 'conversation.assigned': {
      const { to, name } = event.data;
      if (!to) return say('event.unassigned', { actor });
      if (to === event.actor) return say('event.took', { actor });
      return say('event.assigned', { actor, name: names.agent(to) ?? (name || say('actor.unknown')) });
    }
    case 'conversation.moved':
      return say('event.moved', { actor, from: inbox(event.data.from), to: inbox(event.data.to) });
    case 'conversation.status': {
      const { to } = event.data;
      return say('event.status', { actor, to: sayIf(`status.${to}`, to).toLowerCase() });
    }
    case 'conversation.merged': {
      const { absorbed_number, surviving_number, reason } = event.data;
      const number = absorbedHere(event) ? surviving_number : absorbed_number;
      const text = number ? say(absorbedHere(event) ? 'event.mergedInto' : 'event.mergedFrom', { actor, number }) : say('event.merged', { actor });
      return reason ? say('event.because', { text, reason }) : text;
    }
    case 'conversation.unmerged': {
      const { absorbed_number, surviving_number } = event.data;
      return absorbedHere(event) ? say('event.unmergedFrom', { actor, number: surviving_number }) : say('event.unmerged', { actor, number: absorbed_number });
    }
    case 'message.duplicate':
      return say('event.duplicate');
    case 'message.scheduled':
      return say('event.scheduled', { actor, time: exact(event.data.send_at) });
    case 'message.cancelled':
      return event.data.reason ? say('event.withheld', { reason: event.data.reason }) : say('event.takenBack', { actor });
    case 'root-cause.linked':
      return say('event.caused', { actor, title: event.data.title });
    case 'root-cause.unlinked':
      return say('event.uncaused', { actor, title: event.data.title });
    case 'macro.applied':
      return say('event.macro', { actor, name: event.data.name });
    case 'address.lifted':
      return say('event.lifted', { actor, address: event.data.address });
    case 'delivery.changed': {
      const { recipient, code, enhanced_code, detail } = event.data;
      const answer = [code, enhanced_code, detail].filter(Boolean).join(' ');
      return answer ? say('event.late', { recipient, reason: answer }) : say('event.lateNoReason', { recipient });
    }
    case 'delivery.operated': {
      const { action, recipient, to = '', reason } = event.data;
      const text = say(`operated.${action}`, { actor, recipient, to });
      return reason ? say('event.because', { text, reason }) : text;
    }
  }
  return promised(event, actor, inbox) ?? shared(event, actor, names) ?? event.kind;
}

/** Events of deadlines, escalations and handovers as sentences. */
function promised(event: DeskEvent, actor: string, inbox: (key: string) => string): string | null {
  switch (event.kind) {
    case 'conversation.priority':
      return say('event.priority', { actor, to: say(`priority.${event.data.to as Priority}`).toLowerCase() });
    case 'conversation.tags': {
      const { added, removed } = event.data;
      return [added?.length && say('event.tagged', { actor, tags: added.join(', ') }), removed?.length && say('event.untagged', { actor, tags: removed.join(', ') })].filter(Boolean).join('; ');
    }
    case 'conversation.edited': {
      const { subject, contact } = event.data;
      return [subject && say('event.subject', { actor, to: subject.to }), contact && say('event.contact', { actor, to: contact.to_name || contact.reply_to })].filter(Boolean).join('; ');
    }
    case 'conversation.segment':
      return event.data.to ? say('event.segment', { to: event.data.to }) : say('event.noSegment');
    case 'sla.changed': {
      const { to, clocks } = event.data;
      return to ? say(clocks === 'retarget' || clocks === 'restart' ? `event.sla.${clocks}` : 'event.sla', { to }) : say('event.noSla');
    }
    case 'sla.warned':
      return say('event.warned', { metric: capital(say(`metric.${event.data.metric as Metric}`)), percent: event.data.percent, policy: event.data.policy });
    case 'sla.breached':
      return say('event.breached', { metric: capital(say(`metric.${event.data.metric as Metric}`)), policy: event.data.policy });
    case 'escalation.fired':
      return say('event.fired', { rule: event.data.rule, did: event.data.did.map((step) => deed(step, inbox)).join(', ') || say('deed.nothing') });
    case 'policy.rule-failed':
      return say('event.ruleFailed', { rule: event.data.rule, reason: event.data.reason });
    case 'handoff.accepted':
      return say(event.data.late ? 'event.acceptedLate' : 'event.accepted', { actor });
    case 'handoff.returned':
      return say('event.returned', { actor, reason: event.data.reason });
    case 'gap.found':
      return say('event.gap', { gap: say(`gap.${event.data.gap as 'owner'}`).toLowerCase() });
    case 'page.repeated':
      return say('event.pagedAgain', { to: event.data.to, rule: event.data.rule });
    case 'page.acknowledged':
      return say('event.pageSeen', { actor });
    case 'survey.answered': {
      const { survey, score, scale, comment, changed } = event.data;
      const text = say(changed ? 'event.surveyChanged' : 'event.surveyAnswered', { actor, what: say(`survey.${survey}`), score, scale });
      return comment ? say('event.surveyComment', { text, comment }) : text;
    }
    case 'automatic.withheld':
      return say('event.notAnswered', { what: say(`automatic.${event.data.automatic}`), reason: event.data.reason });
  }
  return null;
}

/** Events of tasks and of those who were asked to help as sentences. */
function shared(event: DeskEvent, actor: string, names: Names): string | null {
  switch (event.kind) {
    case 'task.opened': {
      const { title, assignee_id, name } = event.data;
      const inbox = names.inbox(event.data.inbox) ?? event.data.inbox;
      return assignee_id ? say('event.taskOpenedFor', { actor, title, inbox, name: names.agent(assignee_id) ?? (name || say('actor.unknown')) }) : say('event.taskOpened', { actor, title, inbox });
    }
    case 'task.changed': {
      const { from, to, title, assignee_id, from_assignee_id, name } = event.data;
      const ended = (state: string) => state === 'done' || state === 'cancelled';
      if (to !== from && to === 'done') return say('event.taskDone', { actor, title });
      if (to !== from && to === 'cancelled') return say('event.taskCancelled', { actor, title });
      if (ended(from) && !ended(to)) return say('event.taskReopened', { actor, title });
      if (to !== from && to === 'in_progress') return say('event.taskBegun', { actor, title });
      if (assignee_id === from_assignee_id) return say('event.taskChanged', { actor, title });
      return assignee_id ? say('event.taskAssigned', { actor, title, name: names.agent(assignee_id) ?? (name || say('actor.unknown')) }) : say('event.taskUnassigned', { actor, title });
    }
    case 'task.overdue':
      return say('event.taskOverdue', { title: event.data.title, inbox: names.inbox(event.data.inbox) ?? event.data.inbox });
    case 'swarm.invited':
      return say('event.swarmed', { actor, names: event.data.agents.map((agent) => names.agent(agent.id) ?? agent.name).join(', ') });
    case 'swarm.left':
      if (event.data.agent_id === event.actor) return say('event.swarmLeftSelf', { actor });
      return say('event.swarmLeft', { actor, name: names.agent(event.data.agent_id) ?? event.data.name });
  }
  return null;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** What a rule did, which the event has in short: "notify inbox-lead", "moved to billing", "move skipped: ...". */
function deed(step: string, inbox: (key: string) => string): string {
  const skipped = step.indexOf(' skipped: ');
  if (skipped >= 0) return say('deed.skipped', { what: step.slice(0, skipped), reason: step.slice(skipped + ' skipped: '.length) });
  const found = /^(notify|priority|moved to|tags|page) (.+)$/.exec(step);
  if (!found) return step;
  const [, what, value] = found as unknown as [string, string, string];
  switch (what) {
    case 'notify': return say('deed.notify', { to: sayIf(`told.${value}`, value) });
    case 'page': return say('deed.page', { to: sayIf(`told.${value}`, value) });
    case 'priority': return say('deed.priority', { to: sayIf(`priority.${value}`, value).toLowerCase() });
    case 'tags': return say('deed.tags', { tags: value });
    default: return say('deed.moved', { to: inbox(value) });
  }
}

type Merge = Extract<DeskEvent, { kind: 'conversation.merged' | 'conversation.unmerged' }>;

/** Whether an event of a merge is in the history of the absorbed conversation. */
function absorbedHere(event: Merge): boolean {
  return event.data.absorbed === event.conversation_id;
}

/** The conversations that are merged into this one, by the event that says so. */
export function merges(events: readonly DeskEvent[]): Map<DeskEvent, string> {
  const found = new Map<string, DeskEvent>();
  for (const event of events) {
    if (event.kind === 'conversation.merged' && !absorbedHere(event)) found.set(event.data.absorbed, event);
    if (event.kind === 'conversation.unmerged') found.delete(event.data.absorbed);
  }
  return new Map([...found].map(([absorbed, event]) => [event, absorbed]));
}

export interface Handover { message: string; note: string; from: string; to: string; by: string; at: string; seq: number }

/** The last move with a handover note; null when there is none. */
export function handover(events: readonly DeskEvent[], messages: readonly Message[], names: Names): Handover | null {
  for (const event of events.toReversed()) {
    if (event.kind !== 'conversation.moved') continue;
    const { from, to, message_id } = event.data;
    const note = event.data.note || messages.find((message) => message.id === message_id)?.text || '';
    if (!note) continue;
    return {
      message: message_id, note, from: names.inbox(from) ?? from, to: names.inbox(to) ?? to,
      by: actorName(event.actor, names), at: event.at, seq: event.seq,
    };
  }
  return null;
}

/** How many messages are newer than the last one the author has seen. The author's own count too: they may come from another window. */
export function newerThan(messages: readonly Message[], seen: number): number {
  return messages.filter((message) => message.seq > seen && !byProgram(message)).length;
}

/** Whether the desk sent it by itself: no news for somebody who writes. */
const byProgram = (message: Message) => message.direction === 'outbound' && message.auto_submitted !== 'none';

/** The number of the newest message; 0 when there is none. */
export function newest(messages: readonly Message[]): number {
  return messages.reduce((top, message) => Math.max(top, message.seq), 0);
}

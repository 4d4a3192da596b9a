// One timeline of messages and events. Pure.
import type { DeskEvent, Message } from '../wire';
import { say, sayIf } from '../text/say';

/** Events that stand in the timeline as their message, or in its delivery line. */
const SHOWN_BY_MESSAGE = new Set(['message.received', 'message.sent', 'note.added', 'delivery.changed']);

export type Item =
  | { kind: 'message'; key: string; message: Message }
  | { kind: 'events'; key: string; events: DeskEvent[] };

/** Merges by number: a message's seq is its event's, so there is one order. Runs of events become one item. */
export function timeline(messages: readonly Message[], events: readonly DeskEvent[]): Item[] {
  const steps = events.filter((event) => !SHOWN_BY_MESSAGE.has(event.kind));
  const out: Item[] = [];
  let next = 0;
  const flush = (until: number) => {
    const run: DeskEvent[] = [];
    while (next < steps.length && steps[next]!.seq < until) run.push(steps[next++]!);
    if (run.length > 0) out.push({ kind: 'events', key: `e${run[0]!.seq}`, events: run });
  };
  for (const message of messages) {
    flush(message.seq);
    out.push({ kind: 'message', key: message.id, message });
  }
  flush(Infinity);
  return out;
}

/** Looks up what an event's data refers to by id or key. */
export interface Names {
  agent(id: string): string | null;
  inbox(keyOrId: string): string | null;
  me: string;
}

type Data = Record<string, unknown>;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The name in a reference that may be a key, an id, or an object with a name. */
function nameOf(value: unknown, look: (key: string) => string | null): string {
  if (value && typeof value === 'object') {
    const ref = value as Data;
    return text(ref['name']) || nameOf(ref['inbox'] ?? ref['key'] ?? ref['id'] ?? '', look);
  }
  const key = text(value);
  return key ? (look(key) ?? key) : '';
}

export function actorName(actor: string, names: Names): string {
  if (actor === names.me) return say('thread.you');
  if (actor === 'customer' || actor === 'system' || actor === 'policy') return say(`actor.${actor}`);
  return names.agent(actor) ?? say('actor.unknown');
}

/** An event as a sentence. What the catalogue does not know is shown by its kind. */
export function describe(event: DeskEvent, names: Names): string {
  const data: Data = event.data ?? {};
  const actor = actorName(event.actor, names);
  switch (event.kind) {
    case 'conversation.opened': {
      const inbox = nameOf(data['inbox'] ?? data['inbox_id'], names.inbox);
      return inbox ? say('event.opened', { inbox }) : say('event.openedBare');
    }
    case 'conversation.assigned': {
      const to = data['to'] ?? data['assignee'] ?? data['assignee_id'];
      const id = text(to) || text((to as Data | null)?.['id']);
      if (!to || to === '') return say('event.unassigned', { actor });
      if (id && id === event.actor) return say('event.took', { actor });
      return say('event.assigned', { actor, name: nameOf(to, names.agent) });
    }
    case 'conversation.moved': {
      const from = nameOf(data['from'] ?? data['from_inbox'], names.inbox);
      const to = nameOf(data['to'] ?? data['to_inbox'] ?? data['inbox'], names.inbox);
      return from ? say('event.moved', { actor, from, to }) : say('event.movedTo', { actor, to });
    }
    case 'conversation.status': {
      const to = text(data['to'] ?? data['status']);
      return say('event.status', { actor, to: sayIf(`status.${to}`, to).toLowerCase() });
    }
    case 'message.duplicate':
      return say('event.duplicate');
  }
  return say('event.other', { kind: event.kind });
}

export interface Handover { note: string; from: string; to: string; by: string; at: string; seq: number }

/** The newest move that came with a note; null when there is none. */
export function handover(events: readonly DeskEvent[], messages: readonly Message[], names: Names): Handover | null {
  for (const event of events.toReversed()) {
    if (event.kind !== 'conversation.moved') continue;
    const data: Data = event.data ?? {};
    const noteId = text(data['note_id'] ?? data['message_id']);
    const note = text(data['note']) || messages.find((message) => message.id === noteId)?.text || '';
    if (!note) continue;
    return {
      note,
      from: nameOf(data['from'] ?? data['from_inbox'], names.inbox),
      to: nameOf(data['to'] ?? data['to_inbox'] ?? data['inbox'], names.inbox),
      by: actorName(event.actor, names),
      at: event.at,
      seq: event.seq,
    };
  }
  return null;
}

/** How many messages came after the one that a writer had seen; the writer's own count too, because they may be from another window. */
export function newerThan(messages: readonly Message[], seen: number): number {
  return messages.filter((message) => message.seq > seen).length;
}

/** The number of the newest message, 0 when there is none. */
export function newest(messages: readonly Message[]): number {
  return messages.reduce((top, message) => Math.max(top, message.seq), 0);
}

// What a handover says, and what is wrong with one. Pure.
import type { Problem } from '../api';
import type { Conversation, Event as DeskEvent, Handoff } from '../wire';
import { say, sayIf } from '../text/say';

/** The usual evidence, in the order in which it is read; other names follow. */
const KNOWN = ['problem', 'reproduced', 'tried', 'impact', 'customer_told', 'next_step'];

/** The label of a piece of evidence. The names are those of the policy: an unknown one is made readable. */
export function evidenceLabel(name: string): string {
  const words = name.replace(/[_-]+/g, ' ').trim();
  return sayIf(`evidence.${name}`, words.charAt(0).toUpperCase() + words.slice(1));
}

/** The evidence of a handover, in reading order. */
export function evidenceOf(evidence: Handoff['evidence']): [string, string][] {
  const place = (name: string) => (KNOWN.indexOf(name) + 1) || KNOWN.length + 1;
  return Object.entries(evidence).sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1));
}

/** What a handover says, each thing once: labels of the note ("Tried: ...") are evidence, too, and so is a colon in a sentence. */
export function saidBy({ note, evidence }: Pick<Handoff, 'note' | 'evidence'>): Pick<Handoff, 'note' | 'evidence'> {
  const all = Object.entries(evidence);
  const lines = all.flatMap(([, text]) => text.split('\n'));
  const rest = lines.reduce((left, line) => left.replace(line, ''), note);
  const labelsOnly = rest.split('\n').every((line) => /^\s*(?:[^:]{1,40}:)?\s*$/.test(line));
  if (labelsOnly && all.every(([name]) => KNOWN.includes(name))) return { note: '', evidence };
  return { note, evidence: Object.fromEntries(all.filter(([, text]) => !text.split('\n').every((line) => note.includes(line)))) };
}

export interface Refusals {
  /** By the name of the evidence, or "note". */
  fields: Record<string, string>;
  /** What is not about a field of the form. */
  rest: string;
}

/** The errors of a refused move by field. */
export function refusalsOf(problem: Problem): Refusals {
  const fields: Record<string, string> = {};
  const rest: string[] = [];
  for (const { location = '', message = '' } of problem.errors) {
    const name = /^body\.(?:handover\.)?(.+)$/.exec(location)?.[1];
    const text = message.replace(/^note: /, '');
    if (name && (location.startsWith('body.handover.') || name === 'note')) fields[name] = text;
    else rest.push(text);
  }
  return { fields, rest: rest.join(' ') || (Object.keys(fields).length > 0 ? '' : problem.detail || problem.title) };
}

/** Whether the agent may do something with a conversation. Rows of lists do not say: the server decides. */
export function can(conversation: Pick<Conversation, 'allowed'>, what: string): boolean {
  return conversation.allowed.length === 0 || conversation.allowed.includes(what);
}

/** Instants of one step may be rounded differently. */
const SAME_MS = 5;

/** Why the agent may not do something; empty: they may. */
export function refusal(conversation: Pick<Conversation, 'allowed'>, what: string): string {
  return can(conversation, what) ? '' : say('allowed.no', { what: sayIf(`allowed.${what}`, what) });
}

/** The event of a handover's move with the message of its note, which the card shows, and who returned it. */
export function traceOf(handoff: Handoff, events: readonly DeskEvent[]): { seq: number; message: string; returnedBy: string } {
  const moved = events.findLast((event) => event.kind === 'conversation.moved' && event.data.to === handoff.to.key && Math.abs(Date.parse(event.at) - Date.parse(handoff.at)) <= SAME_MS);
  const returned = handoff.returned_at ? events.findLast((event) => event.kind === 'handoff.returned') : undefined;
  return { seq: moved?.seq ?? 0, message: moved?.kind === 'conversation.moved' ? moved.data.message_id : '', returnedBy: returned?.actor ?? '' };
}

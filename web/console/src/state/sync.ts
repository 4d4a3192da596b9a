// Drafts on the server, so that they survive another browser. The browser's copy is
// written first; this file sends it a moment later, and merges both at the start.
import { signal } from '@preact/signals';
import { api, Problem } from '../api';
import { Drafts, type Draft, type Kind } from './draft';

export const drafts = new Drafts(localStorage);
/** The conversations with a draft. */
export const drafted = signal<ReadonlySet<string>>(new Set());

const PAUSE_MS = 1000;
const RETRY_MS = 15_000;

const timers = new Map<string, ReturnType<typeof setTimeout>>();
/** The request in progress for each draft: they must arrive in order. */
const running = new Map<string, Promise<unknown>>();

const nameOf = (conversation: string, kind: Kind) => `${conversation}.${kind}`;

function mark(conversation: string): void {
  const has = drafts.read(conversation, 'reply') !== null || drafts.read(conversation, 'note') !== null;
  if (has === drafted.value.has(conversation)) return;
  const next = new Set(drafted.value);
  if (has) next.add(conversation);
  else next.delete(conversation);
  drafted.value = next;
}

/** Keeps a draft here at once and on the server a second after the last change. */
export function keep(conversation: string, kind: Kind, text: string, seen: number, more: Pick<Draft, 'to' | 'cc'>): void {
  if (text.trim() === '') return void drop(conversation, kind);
  drafts.write(conversation, kind, text, seen, more);
  mark(conversation);
  later(conversation, kind, PAUSE_MS);
}

/** Removes a draft here and on the server. */
export async function drop(conversation: string, kind: Kind): Promise<void> {
  const name = nameOf(conversation, kind);
  clearTimeout(timers.get(name));
  timers.delete(name);
  const known = drafts.read(conversation, kind) !== null;
  drafts.remove(conversation, kind);
  mark(conversation);
  if (known) await queue(name, () => api.deleteDraft(conversation, kind));
}

function later(conversation: string, kind: Kind, ms: number): void {
  const name = nameOf(conversation, kind);
  clearTimeout(timers.get(name));
  timers.set(name, setTimeout(() => {
    timers.delete(name);
    void queue(name, () => push(conversation, kind));
  }, ms));
}

function queue(name: string, work: () => Promise<unknown>): Promise<unknown> {
  const job = (running.get(name) ?? Promise.resolve()).then(work).catch(() => undefined);
  running.set(name, job);
  return job;
}

async function push(conversation: string, kind: Kind): Promise<void> {
  const draft = drafts.read(conversation, kind);
  if (!draft || draft.saved) return;
  const { text, seen, to, cc } = draft;
  try {
    await api.saveDraft(conversation, kind, { text, seen, ...(to && { to }), ...(cc && { cc }) });
  } catch (error) {
    // The text is safe in this browser. Without a connection, try again.
    if (!(error instanceof Problem) || error.status === 0 || error.status >= 500) later(conversation, kind, RETRY_MS);
    return;
  }
  const now = drafts.read(conversation, kind);
  if (now?.at === draft.at) drafts.put(conversation, kind, { ...now, saved: true });
}

/** Merges the drafts of this browser with those on the server; the newer text wins. */
export async function loadDrafts(agent: string): Promise<void> {
  drafts.agent = agent;
  drafts.sweep();
  drafted.value = drafts.conversations();
  const stored = await api.drafts().catch(() => null);
  if (!stored || drafts.agent !== agent) return;
  const there = new Set<string>();
  for (const { conversation_id: id, kind, text, seen, to, cc, updated_at } of stored) {
    there.add(nameOf(id, kind));
    const here = drafts.read(id, kind);
    const at = Date.parse(updated_at);
    if (here && !here.saved && here.at > at) continue;
    drafts.put(id, kind, { text, seen, at, saved: true, ...(to && { to }), ...(cc && { cc }) });
  }
  for (const { conversation, kind, draft } of drafts.all()) {
    if (!draft.saved) later(conversation, kind, PAUSE_MS);
    else if (!there.has(nameOf(conversation, kind))) drafts.remove(conversation, kind);
  }
  drafted.value = drafts.conversations();
}

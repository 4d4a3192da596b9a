// Drafts on the server, so that they survive another browser. The browser's copy is
// written first; this file sends it a moment later, and merges both at the start. Each
// request names the version that it continues, so that the server can refuse a text
// that another device has changed meanwhile: its author then decides (useTheirs and keepMine in writing.ts).
import { signal } from '@preact/signals';
import { api, Problem } from '../api';
import type { Draft as Stored } from '../wire';
import type { Draft, Kept } from './draft';
import { draftOf, drafts, type File, filesOf, idsOf, listOf, recallFiles, setFiles, takeFiles } from './kept';

export { drafts };
/** The conversations with a draft. */
export const drafted = signal<ReadonlySet<string>>(new Set());

/** The drafts that were changed on another device, by name; null: sent or discarded there. */
export const conflicts = signal<ReadonlyMap<string, Stored | null>>(new Map());

const PAUSE_MS = 1000;
const RETRY_MS = 15_000;

const timers = new Map<string, ReturnType<typeof setTimeout>>();
/** The request in progress for each draft: they must arrive in order. */
const running = new Map<string, Promise<unknown>>();

/** What requests without an answer had: the server may have it. */
const unanswered = new Map<string, string>();
/** The versions that were stored after their draft had been dropped here. */
const late = new Map<string, string>();

export const nameOf = (conversation: string, kind: Kept) => `${conversation}.${kind}`;

/** What a draft on the server consists of, except for its recipients. */
const content = (text: string, files: readonly string[]) => JSON.stringify([text, ...files]);
const contentOf = ({ text, attachments }: Stored) => content(text, attachments.map(({ id }) => id));

/** The files of a draft that are uploaded. */
function attached(conversation: string, kind: Kept): string[] {
  if (kind === 'note') return [];
  recallFiles(listOf(conversation, kind));
  return idsOf(listOf(conversation, kind));
}

export function mark(conversation: string): void {
  const has = (['reply', 'note', 'forward'] as const).some((kind) => drafts.read(conversation, kind) !== null);
  if (has === drafted.value.has(conversation)) return;
  const next = new Set(drafted.value);
  if (has) next.add(conversation);
  else next.delete(conversation);
  drafted.value = next;
}

/** Keeps a draft here at once and on the server a second after the last change. */
export function keep(conversation: string, kind: Kept, text: string, seen: number, more: Pick<Draft, 'to' | 'cc' | 'bcc'>): void {
  if (text.trim() === '') return void drop(conversation, kind);
  drafts.write(conversation, kind, text, seen, more);
  mark(conversation);
  if (!conflicts.value.has(nameOf(conversation, kind))) later(conversation, kind, PAUSE_MS);
}

/** Notes that a list of files has changed, so that the server gets it with its draft. */
export function touch(list: string): void {
  const { conversation, kind } = draftOf(list);
  const draft = drafts.read(conversation, kind);
  if (!draft) return; // files alone are only kept here
  const { saved: _, ...rest } = draft;
  drafts.put(conversation, kind, { ...rest, at: Date.now() });
  if (!conflicts.value.has(nameOf(conversation, kind))) later(conversation, kind, PAUSE_MS);
}

/** Removes a draft here, and on the server unless it was changed on another device. */
export async function drop(conversation: string, kind: Kept): Promise<void> {
  const name = nameOf(conversation, kind);
  clearTimeout(timers.get(name));
  timers.delete(name);
  const known = drafts.read(conversation, kind);
  drafts.remove(conversation, kind);
  mark(conversation);
  setConflict(name, undefined);
  if (known) await queue(name, () => remove(conversation, kind, known.version));
}

async function remove(conversation: string, kind: Kept, version: string | undefined): Promise<void> {
  const name = nameOf(conversation, kind);
  try {
    await api.deleteDraft(conversation, kind, late.get(name) ?? version ?? 'none');
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 409) throw error;
    const theirs = await stored(conversation, kind);
    if (theirs && contentOf(theirs) === unanswered.get(name)) await api.deleteDraft(conversation, kind, theirs.updated_at);
  } finally {
    late.delete(name);
    unanswered.delete(name);
  }
}

export function setConflict(name: string, theirs: Stored | null | undefined): void {
  if (theirs === undefined && !conflicts.value.has(name)) return;
  const next = new Map(conflicts.value);
  if (theirs === undefined) next.delete(name);
  else next.set(name, theirs);
  conflicts.value = next;
}

/** The draft as the server has it; null: it has none. */
async function stored(conversation: string, kind: Kept): Promise<Stored | null> {
  return (await api.drafts()).find((one) => one.conversation_id === conversation && one.kind === kind) ?? null;
}

function later(conversation: string, kind: Kept, ms: number): void {
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

/** Sends a draft now, in the order of the requests. */
export function flush(conversation: string, kind: Kept): void {
  later(conversation, kind, 0);
}

async function push(conversation: string, kind: Kept): Promise<void> {
  const draft = drafts.read(conversation, kind);
  const name = nameOf(conversation, kind);
  if (!draft || draft.saved || conflicts.value.has(name)) return;
  const { text, seen, to, cc, bcc, version } = draft;
  const attachments = attached(conversation, kind);
  let newest: string;
  try {
    newest = (await api.saveDraft(conversation, kind, { text, seen, attachments, based_on: version ?? 'none', ...(to && { to }), ...(cc && { cc }), ...(bcc && { bcc }) })).updated_at;
  } catch (error) {
    const status = error instanceof Problem ? error.status : 0;
    if (status === 409) return settle(conversation, kind);
    // The text is safe in this browser. Without an answer, try again.
    if (status !== 0 && status < 500) return;
    unanswered.set(name, content(text, attachments));
    later(conversation, kind, RETRY_MS);
    return;
  }
  continueFrom(conversation, kind, newest, draft.at);
}

/** Notes the version that the server has; `at` names the text that it consists of. */
function continueFrom(conversation: string, kind: Kept, version: string, at?: number): void {
  const name = nameOf(conversation, kind);
  unanswered.delete(name);
  const now = drafts.read(conversation, kind);
  if (!now) late.set(name, version);
  else drafts.put(conversation, kind, { ...now, version, ...(now.at === at && { saved: true }) });
}

/** After a refusal: goes on from what an unanswered request of this page stored, and otherwise lets the author decide. */
async function settle(conversation: string, kind: Kept): Promise<void> {
  const name = nameOf(conversation, kind);
  const theirs = await stored(conversation, kind).catch(() => undefined);
  if (theirs === undefined) return later(conversation, kind, RETRY_MS);
  if (theirs && contentOf(theirs) === unanswered.get(name)) {
    continueFrom(conversation, kind, theirs.updated_at);
    return push(conversation, kind);
  }
  if (drafts.read(conversation, kind)) setConflict(name, theirs);
}

/** Merges the drafts of this browser with those on the server. A text that only this browser has is never overwritten. */
export async function loadDrafts(agent: string): Promise<void> {
  drafts.agent = agent;
  drafts.sweep();
  drafted.value = drafts.conversations();
  const list = await api.drafts().catch(() => null);
  if (!list || drafts.agent !== agent) return;
  const there = new Set<string>();
  for (const theirs of list) {
    const { conversation_id: id, kind } = theirs;
    there.add(nameOf(id, kind));
    const here = drafts.read(id, kind);
    const files = kind === 'note' ? [] : filesHere(id, kind);
    if (!here) take(theirs, files);
    else if (here.saved || contentOf(theirs) === content(here.text, attached(id, kind))) take(theirs);
    else if (here.version !== theirs.updated_at) setConflict(nameOf(id, kind), theirs);
  }
  for (const { conversation, kind, draft } of drafts.all()) {
    if (!draft.saved) later(conversation, kind, PAUSE_MS);
    else if (!there.has(nameOf(conversation, kind))) forget(conversation, kind);
  }
  drafted.value = drafts.conversations();
}

function filesHere(conversation: string, kind: Kept): readonly File[] {
  recallFiles(listOf(conversation, kind));
  return filesOf(listOf(conversation, kind));
}

/** Removes a draft and its files here. */
export function forget(conversation: string, kind: Kept): void {
  drafts.remove(conversation, kind);
  if (kind !== 'note') setFiles(listOf(conversation, kind), []);
}

/** Keeps a draft as the server has it. `more` are files that it does not have yet. */
export function take({ conversation_id: id, kind, text, seen, to, cc, bcc, attachments, updated_at }: Stored, more: readonly File[] = []): void {
  drafts.put(id, kind, { text, seen, at: Date.parse(updated_at), version: updated_at, saved: true, ...(to && { to }), ...(cc && { cc }), ...(bcc && { bcc }) });
  if (kind === 'note') return;
  takeFiles(listOf(id, kind), attachments, more);
  if (idsOf(listOf(id, kind)).length > attachments.length) touch(listOf(id, kind));
}

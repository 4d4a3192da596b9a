// The composer's state, and the guard against replying before reading new messages.
import { effect, signal } from '@preact/signals';
import { api, Problem } from '../api';
import { say } from '../text/say';
import { variablesOf } from '../text/variables';
import type { Address, Conversation, Draft, Message, Recipients } from '../wire';
import { blanks, macroOf, setMacro } from './applied';
import { redirected } from './asked';
import { doing, reason, refreshCounts, tell, typed } from './desk';
import type { Kind } from './draft';
import { dropFiles, filesOf, mentionsFile, recallFiles } from './files';
import { setFiles } from './kept';
import { offerUndo } from './sending';
import { conflicts, drafts, drop, flush, forget, keep, mark, nameOf, setConflict, take } from './sync';
import { refreshThread, shown, threadOf } from './thread';
import { newest } from './timeline';

export interface Writing {
  conversation: string;
  kind: Kind;
  text: string;
  /** Number of the newest message the author has seen. */
  seen: number;
  /** The recipients of a reply by mail; null until they are known. */
  to: string[] | null;
  cc: string[] | null;
  /** Who gets a copy that nobody else sees. */
  bcc: string[];
  /** The author changed the recipients. */
  chosen: boolean;
  /** The recipients before the author chose the unverified address that a message asks for. */
  before: { to: string[]; cc: string[]; chosen: boolean } | null;
  /** How many people could not be added. */
  omitted: number;
  /** What the inbox adds to a reply by mail, and the addresses it can be sent from; null until it is known. */
  adds: Pick<Recipients, 'from' | 'signature' | 'quotes' | 'unreachable'> | null;
  /** The chosen sender address; empty: the usual one. */
  from: string;
  /** When it is sent; 0: at once. */
  at: number;
  sending: boolean;
  /** The author was warned about newer messages and may send anyway. */
  warned: boolean;
  /** The author was told that the attachment is missing and may send without one. */
  reminded: boolean;
  failure: string;
}

export const writing = signal<Writing | null>(null);

effect(() => {
  doing.value = writing.value?.kind === 'reply' && writing.value.text !== '' ? 'replying' : 'viewing';
});

function update(change: Partial<Writing>): void {
  if (writing.value) writing.value = { ...writing.value, ...change };
}

/** Opens the composer for one kind; the current text stays as a draft. */
export function write(conversation: Conversation, kind: Kind): void {
  const current = writing.value;
  if (current?.conversation === conversation.id && current.kind === kind) return;
  const draft = drafts.read(conversation.id, kind);
  const top = newest(threadOf(conversation.id).value.messages);
  recallFiles(conversation.id);
  writing.value = {
    conversation: conversation.id, kind, text: draft?.text ?? '', seen: draft ? Math.min(draft.seen, top) : top,
    to: draft?.to ?? null, cc: draft?.cc ?? null, bcc: draft?.bcc ?? [], chosen: draft?.to !== undefined, before: null, omitted: 0, adds: null, from: '', at: 0,
    sending: false, warned: false, reminded: false, failure: '',
  };
}

/** An address as the API accepts it. */
export function addressed({ name, email }: Address): string {
  return name ? `"${name.replace(/["\\]/g, '')}" <${email}>` : email;
}

/** Loads who a reply to everyone goes to, unless the author has chosen. */
export async function loadRecipients(conversation: Conversation): Promise<void> {
  if (conversation.reply.channel === 'chat') return;
  const found = await api.recipients(conversation.id).catch(() => null);
  const current = writing.value;
  if (!found || current?.conversation !== conversation.id || current.kind !== 'reply') return;
  update({ adds: found });
  if (current.chosen || current.sending) return;
  update({ to: found.to.map(addressed), cc: found.cc.map(addressed), omitted: found.omitted });
}

export function sendFrom(from: string): void {
  update({ from, failure: '' });
}

export function chooseBlind(bcc: string[]): void {
  address({ bcc });
}

export function choose(to: string[], cc: string[]): void {
  address({ to, cc, chosen: true });
}

function address(change: Partial<Pick<Writing, 'to' | 'cc' | 'bcc' | 'chosen' | 'before'>>): void {
  const current = writing.value;
  if (!current || current.sending) return;
  const next = { ...current, ...change, failure: '' };
  writing.value = next;
  if (next.text.trim() !== '') keep(next.conversation, next.kind, next.text, next.seen, choiceOf(next));
}

/** What a draft keeps of the recipients: only the author's own choice. */
function choiceOf({ chosen, to, cc, bcc }: Writing): { to?: string[]; cc?: string[]; bcc?: string[] } {
  return { ...(chosen && { to: to ?? [], cc: cc ?? [] }), ...(bcc.length > 0 && { bcc }) };
}

/** Replies to the unverified address that a message asks for, in place of the usual one. */
export function replyToAsked(conversation: Conversation, asked: string): void {
  const { to, cc, chosen } = writing.value ?? {};
  if (!to || !cc) return;
  address({ ...redirected({ to, cc }, conversation.reply.to, asked), chosen: true, before: { to, cc, chosen: chosen === true } });
}

/** Takes that back; after a reload, when the earlier recipients are no longer known, the reply goes to everyone again. */
export function undoAsked(conversation: Conversation): void {
  const before = writing.value?.before;
  address({ ...(before ?? { chosen: false }), before: null });
  if (!before?.chosen) void loadRecipients(conversation);
}

export function type(text: string): void {
  const current = writing.value;
  if (!current) return;
  // Everything on the page when typing starts counts as seen.
  const seen = current.text === '' ? newest(threadOf(current.conversation).value.messages) : current.seen;
  writing.value = { ...current, text, seen };
  keep(current.conversation, current.kind, text, seen, choiceOf(current));
  if (current.kind === 'reply' && text !== '') typed(current.conversation);
}

/** Puts something on a line of its own where the cursor is. */
export function insert(what: string): void {
  const area = document.querySelector<HTMLTextAreaElement>('.editor-reply textarea, .editor-third textarea');
  if (!area) return;
  const [before, after] = [area.value.slice(0, area.selectionStart), area.value.slice(area.selectionEnd)];
  area.focus();
  // As if it were typed, so that the browser can undo it.
  document.execCommand('insertText', false, `${before === '' || before.endsWith('\n') ? '' : '\n'}${what}${after.startsWith('\n') ? '' : '\n'}`);
}

/** Replaces the text by the one of another device, which may be none; it can be undone. */
export function useTheirs(): void {
  const mine = writing.value;
  const theirs = mine && conflicts.value.get(nameOf(mine.conversation, mine.kind));
  if (!mine || theirs === undefined) return;
  const { conversation, kind } = mine;
  const files = filesOf(conversation);
  setConflict(nameOf(conversation, kind), undefined);
  if (theirs) take(theirs);
  else forget(conversation, kind);
  mark(conversation);
  writing.value = {
    ...mine, text: theirs?.text ?? '', seen: Math.min(theirs?.seen ?? mine.seen, mine.seen),
    to: theirs?.to ?? null, cc: theirs?.cc ?? null, bcc: theirs?.bcc ?? [], chosen: Boolean(theirs?.to), before: null, warned: false, failure: '',
  };
  tell(say(theirs ? 'done.draftReplaced' : 'done.discarded'), {
    undo: () => {
      if (drafts.read(conversation, kind)?.text !== theirs?.text) return; // written on meanwhile
      if (kind === 'reply') setFiles(conversation, files);
      keep(conversation, kind, mine.text, mine.seen, choiceOf(mine));
      writing.value = { ...mine, sending: false };
    },
  });
}

/** Saves this text in place of the one of another device. */
export function keepMine(): void {
  const mine = writing.value;
  const theirs = mine && conflicts.value.get(nameOf(mine.conversation, mine.kind));
  const draft = mine && drafts.read(mine.conversation, mine.kind);
  if (!mine || !draft || theirs === undefined) return;
  const { version: _, ...text } = draft;
  drafts.put(mine.conversation, mine.kind, { ...text, saved: false, ...(theirs && { version: theirs.updated_at }) });
  setConflict(nameOf(mine.conversation, mine.kind), undefined);
  flush(mine.conversation, mine.kind);
}

/** Goes on with a draft as the server has it, in the conversation that is open. */
export function continueWith({ conversation_id: conversation, seen, to, cc, bcc }: Draft, text: string): void {
  const next: Writing = { conversation, kind: 'reply', text, seen, to: to ?? null, cc: cc ?? null, bcc: bcc ?? [], chosen: Boolean(to), before: null, omitted: 0, adds: null, from: '', at: 0, sending: false, warned: false, reminded: true, failure: '' };
  writing.value = next;
  keep(conversation, 'reply', text, seen, choiceOf(next));
}

/** Closes the composer and keeps the draft. */
export function stopWriting(): void {
  writing.value = null;
}

/** Discards the draft; it can be undone. */
export function discard(): void {
  const current = writing.value;
  if (!current) return;
  void drop(current.conversation, current.kind);
  const files = current.kind === 'reply' ? dropAdded(current.conversation) : () => undefined;
  writing.value = null;
  if (current.text.trim() === '') return;
  tell(say('done.discarded'), {
    undo: () => {
      const { conversation, kind, text, seen } = current;
      if (drafts.read(conversation, kind)) return; // something newer was begun
      keep(conversation, kind, text, seen, choiceOf(current));
      files();
      writing.value = { ...current, sending: false };
    },
  });
}

/** The newest message that counts as seen. In a chat that is what is on the screen: a visitor who keeps typing must not block the answer. */
export function seenSeq(conversation: Conversation, seen: number): number {
  const screen = shown.value;
  return conversation.reply.channel === 'chat' && screen.conversation === conversation.id ? Math.max(seen, screen.seq) : seen;
}

/** Sends a reply later. If something holds it back, the time stays. */
export function schedule(conversation: Conversation, messages: readonly Message[], at: number): Promise<void> {
  update({ at, failure: '' });
  return at > 0 ? send(conversation, messages) : Promise.resolve();
}

/** Sends the reply or adds the note. A reply that misses newer messages is held back once, with a warning. */
export async function send(conversation: Conversation, messages: readonly Message[]): Promise<void> {
  const current = writing.value;
  if (!current || current.sending || current.text.trim() === '') return;
  const top = newest(messages);
  const seen = seenSeq(conversation, current.seen);
  if (current.kind === 'reply' && top > seen && !current.warned) {
    update({ warned: true });
    return;
  }
  const attachments = current.kind === 'reply' ? filesOf(conversation.id).map((file) => file.id) : [];
  if (attachments.includes('')) return;
  if (current.kind === 'reply' && attachments.length === 0 && !current.reminded && conversation.reply.channel !== 'chat' && mentionsFile(current.text)) {
    update({ reminded: true });
    return;
  }
  if (current.kind === 'reply' && variablesOf(current.text).length > 0) {
    blanks.value++; // they are asked for
    return;
  }
  update({ sending: true, failure: '' });
  let sent: Message | null = null;
  let files = () => {};
  try {
    if (current.kind === 'note') {
      const note = await api.note(conversation.id, current.text);
      keepSeen(conversation.id, note.seq, top);
      tell(say('done.noted'));
    } else {
      const { to, cc, bcc, from } = current;
      const macro = macroOf(conversation.id);
      const sendAt = current.at > 0 && { send_at: new Date(current.at).toISOString() };
      sent = await api.reply(conversation.id, { text: current.text, expected_seq: current.warned ? top : seen, ...(to && { to }), ...(cc && { cc }), ...(bcc.length > 0 && { bcc }), ...(from && { from }), ...(attachments.length > 0 && { attachments }), ...sendAt, ...(macro && { macro: macro.id, macro_without: [...macro.without] }) });
      files = dropAdded(conversation.id);
    }
    await drop(conversation.id, current.kind);
    if (writing.value?.conversation === conversation.id && writing.value.kind === current.kind) writing.value = null;
    void refreshCounts();
    if (sent) offerUndo(conversation.id, sent, files);
    // The next key is a shortcut in the conversation that was answered.
    requestAnimationFrame(() => document.querySelector<HTMLElement>('.log')?.focus({ preventScroll: true }));
  } catch (error) {
    await explain(error, conversation.id);
  }
  await refreshThread(conversation.id);
}

/** Forgets the files and the macro of a reply; they come back with the returned function. */
function dropAdded(conversation: string): () => void {
  const files = dropFiles(conversation);
  const macro = setMacro(conversation, null);
  return () => { files(); setMacro(conversation, macro); };
}

/** The author's own note does not count as new for their reply draft. */
function keepSeen(conversation: string, seq: number, before: number): void {
  const reply = drafts.read(conversation, 'reply');
  if (reply && reply.seen >= before) drafts.put(conversation, 'reply', { ...reply, seen: seq });
}

async function explain(error: unknown, conversation: string): Promise<void> {
  if (error instanceof Problem && error.newer > 0) {
    await refreshThread(conversation);
    return update({ sending: false, warned: true });
  }
  // What the server refused is marked at the recipients, with what to do about it.
  const refused = error instanceof Problem ? error.unreachable : [];
  const adds = writing.value?.adds;
  if (adds && refused.length > 0) return update({ sending: false, failure: '', adds: { ...adds, unreachable: [...adds.unreachable.filter((one) => !refused.some(({ address }) => address === one.address)), ...refused] } });
  update({ sending: false, failure: reason(error) });
}

// The composer's state, and the guard against replying before reading new messages.
import { effect, signal } from '@preact/signals';
import { api, Problem } from '../api';
import { say } from '../text/say';
import type { Conversation, Message } from '../wire';
import { doing, drafted, drafts, reason, refreshCounts, tell, typed } from './desk';
import type { Kind } from './draft';
import { refreshThread, threadOf } from './thread';
import { newest } from './timeline';

export interface Writing {
  conversation: string;
  kind: Kind;
  text: string;
  /** Number of the newest message the author has seen. */
  seen: number;
  sending: boolean;
  /** The author was warned about newer messages and may send anyway. */
  warned: boolean;
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
  writing.value = {
    conversation: conversation.id, kind, text: draft?.text ?? '', seen: draft ? Math.min(draft.seen, top) : top,
    sending: false, warned: false, failure: '',
  };
}

export function type(text: string): void {
  const current = writing.value;
  if (!current) return;
  // Everything on the page when typing starts counts as seen.
  const seen = current.text === '' ? newest(threadOf(current.conversation).value.messages) : current.seen;
  writing.value = { ...current, text, seen };
  drafts.write(current.conversation, current.kind, text, seen);
  if (current.kind === 'reply' && text !== '') typed(current.conversation);
  drafted.value = drafts.conversations();
}

/** Closes the composer and keeps the draft. */
export function stopWriting(): void {
  writing.value = null;
}

export function discard(): void {
  const current = writing.value;
  if (!current) return;
  forget(current.conversation, current.kind);
  writing.value = null;
}

function forget(conversation: string, kind: Kind): void {
  drafts.remove(conversation, kind);
  drafted.value = drafts.conversations();
}

/** Sends the reply or adds the note. A reply that misses newer messages is held back once, with a warning. */
export async function send(conversation: Conversation, messages: readonly Message[]): Promise<void> {
  const current = writing.value;
  if (!current || current.sending || current.text.trim() === '') return;
  const top = newest(messages);
  if (current.kind === 'reply' && top > current.seen && !current.warned) {
    update({ warned: true });
    return;
  }
  update({ sending: true, failure: '' });
  try {
    if (current.kind === 'note') {
      const note = await api.note(conversation.id, current.text);
      keepSeen(conversation.id, note.seq, top);
      tell(say('done.noted'));
    } else {
      await api.reply(conversation.id, { text: current.text, expected_seq: current.warned ? top : current.seen });
    }
    forget(conversation.id, current.kind);
    if (writing.value?.conversation === conversation.id && writing.value.kind === current.kind) writing.value = null;
    void refreshCounts();
  } catch (error) {
    await explain(error, conversation.id);
  }
  await refreshThread(conversation.id);
}

/** The author's own note does not count as new for their reply draft. */
function keepSeen(conversation: string, seq: number, before: number): void {
  const reply = drafts.read(conversation, 'reply');
  if (reply && reply.seen >= before) drafts.write(conversation, 'reply', reply.text, seq);
}

async function explain(error: unknown, conversation: string): Promise<void> {
  if (error instanceof Problem && error.status === 409) {
    await refreshThread(conversation);
    update({ sending: false, warned: true });
    return;
  }
  update({ sending: false, failure: reason(error) });
}

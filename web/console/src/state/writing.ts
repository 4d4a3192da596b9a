// What is being written, and the guard against answering what one has not read.
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
  /** The newest message's number that the writer has seen. */
  seen: number;
  sending: boolean;
  /** The writer was told of newer messages and may send anyway. */
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

/** Opens the composer for one kind; what was being written stays as its draft. */
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
  // What is on the page when the first letter is typed has been seen.
  const seen = current.text === '' ? newest(threadOf(current.conversation).value.messages) : current.seen;
  writing.value = { ...current, text, seen };
  drafts.write(current.conversation, current.kind, text, seen);
  if (current.kind === 'reply' && text !== '') typed(current.conversation);
  drafted.value = drafts.conversations();
}

/** Closes the composer; the draft stays. */
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

/** Sends or adds what is written. A reply that would pass newer messages by is held back once. */
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

/** One's own note is not news to the reply one is writing. */
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

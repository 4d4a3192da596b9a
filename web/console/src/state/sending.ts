// Replies that can still be taken back.
import { api, clockOffset } from '../api';
import { say } from '../text/say';
import { moment } from '../text/time';
import type { Message } from '../wire';
import { me, now, refreshCounts } from './desk';
import { filesOf, listOf } from './kept';
import { drafts, mark, take } from './sync';
import { pass, wasAbout } from './passing';
import { refreshThread, threadOf } from './thread';
import { dismiss, reason, tell } from './toast';
import { continueWith, writing } from './writing';

/** Whether the message has not left, and will not before its time. */
export function waits(message: Message): boolean {
  return message.deliveries.length > 0 && message.deliveries.every(({ state }) => state === 'held' || state === 'scheduled');
}

/** Offers to take a reply back for as long as it is held; `added` brings back what a draft does not have. */
export function offerUndo(conversation: string, message: Message, added: () => void): void {
  const later = message.deliveries.find(({ state }) => state === 'scheduled')?.next_attempt_at;
  if (later) return void tell(say('done.scheduled', { time: moment(later, now.value) }), { undo: () => void takeBack(conversation, message, added) });
  const until = message.deliveries.find(({ state }) => state === 'held')?.next_attempt_at;
  if (!until) return;
  const left = Date.parse(until) - Date.now() - clockOffset;
  if (left <= 0) return;
  const toast = tell(say('done.sending'), { undo: () => void takeBack(conversation, message, added), until: Date.parse(until) });
  setTimeout(() => dismiss(toast), left);
}

/** Takes a reply back. Its author goes on writing it. */
export async function takeBack(conversation: string, message: Message, added?: () => void): Promise<void> {
  try {
    const draft = await api.cancelSend(message.id);
    const since = filesOf(listOf(conversation, draft.kind));
    if (message.third_party) {
      if (message.author?.id === me.value.id) {
        added?.();
        if (draft.text) take(draft, since);
        mark(conversation);
      }
      const { messages, events } = threadOf(conversation).value;
      pass(conversation, wasAbout(message, messages, events));
    } else if (message.author?.id === me.value.id) {
      const here = drafts.read(conversation, 'reply');
      const open = writing.value;
      const typed = open?.conversation === conversation && open.kind === 'reply' ? open.text : here?.text ?? '';
      added?.();
      take(draft, since);
      mark(conversation);
      continueWith(draft, draft.text.endsWith(typed) ? draft.text : `${draft.text}\n\n${typed}`);
    }
  } catch (error) {
    tell(reason(error), { bad: true });
  }
  void refreshCounts();
  await refreshThread(conversation);
}

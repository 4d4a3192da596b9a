// What is being sent to a third party; the form for it is loaded when it is opened.
import { signal } from '@preact/signals';
import type { Event as DeskEvent, Message } from '../wire';

export interface Passing {
  conversation: string;
  /** The messages to forward. */
  messages: string[];
  /** The third party's message that is answered; empty: none. */
  answers: string;
  /** The message that is passed on as it is; empty: none. */
  redirect: string;
}

/** Null: nobody writes to a third party. */
export const passing = signal<Passing | null>(null);

export function pass(conversation: string, what: Partial<Passing>): void {
  passing.value = { conversation, messages: [], answers: '', redirect: '', ...what };
}

/** Whether a message can be shown to a third party: no note, and nothing that has not left. */
export function forwardable({ direction, deliveries }: Message): boolean {
  return direction !== 'note' && !deliveries.some(({ state }) => state === 'held' || state === 'scheduled' || state === 'cancelled');
}

/** What is forwarded unless somebody chooses: the newest message from the customer, else the newest one. */
export function usual(messages: readonly Message[]): string[] {
  const possible = messages.filter((one) => forwardable(one) && !one.third_party);
  const newest = possible.findLast(({ direction }) => direction === 'inbound') ?? possible.at(-1);
  return newest ? [newest.id] : [];
}

/** What a mail to a third party was about, so that its author goes on with it. */
export function wasAbout(message: Message, messages: readonly Message[], events: readonly DeskEvent[]): Partial<Passing> {
  for (const event of events) {
    if (event.kind === 'third-party.sent' && event.data.message_id === message.id) {
      return {
        messages: event.data.forwarded ?? [], redirect: event.data.redirected ?? '',
        answers: messages.find((one) => one.third_party && message.in_reply_to.includes(one.message_id))?.id ?? '',
      };
    }
  }
  return {};
}

/** Whether the customer has seen a third party's message nevertheless. */
export const copied = ({ problems }: Message) => problems.some(({ code }) => code === 'customer-in-copy');

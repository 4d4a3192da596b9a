// Which agents view or answer a conversation, and who is typing. Signals are
// ephemeral: each one expires unless it is repeated.
import { signal } from '@preact/signals';
import { refreshHead } from './thread';
import type { ClientFrame, SignalFrame } from '../wire';

export type Doing = 'viewing' | 'replying';
export interface Colleague { name: string; doing: Doing; until: number }

const REPEAT_MS = 20_000;
const FORGET_MS = 45_000;
const TYPING_MS = 5_000;
const LEFT_MS = 3_000;
const TYPING_EVERY = 3_000;

/** By conversation ID, then by agent ID. */
export const colleagues = signal<ReadonlyMap<string, ReadonlyMap<string, Colleague>>>(new Map());
/** Conversations whose customer is typing, with the expiry. */
export const typing = signal<ReadonlyMap<string, number>>(new Map());

export function hear(sig: SignalFrame, now = Date.now()): void {
  if (!sig.topic.startsWith('cv_')) return;
  const agent = sig.from?.startsWith('ag_') ? sig.from : '';
  if (sig.kind === 'typing' && !agent) {
    typing.value = new Map([...typing.value, [sig.topic, now + TYPING_MS]]);
    setTimeout(sweep, TYPING_MS + 50);
  } else if (sig.kind === 'presence' && !agent) {
    // A visitor who opens another page leaves and comes back at once.
    setTimeout(() => void refreshHead(sig.topic), sig.data?.state === 'gone' ? LEFT_MS : 0);
  } else if (agent && (sig.kind === 'presence' || sig.kind === 'typing')) {
    const doing = sig.kind === 'typing' ? 'replying' : sig.data?.state;
    place(sig.topic, agent, doing === 'viewing' || doing === 'replying' ? { name: sig.data?.name ?? '', doing, until: now + FORGET_MS } : null);
    setTimeout(sweep, FORGET_MS + 50);
  }
}

function place(conversation: string, agent: string, colleague: Colleague | null): void {
  const here = new Map(colleagues.value.get(conversation));
  if (colleague) here.set(agent, colleague);
  else here.delete(agent);
  colleagues.value = new Map([...colleagues.value, [conversation, here]]);
}

function sweep(): void {
  const now = Date.now();
  typing.value = new Map([...typing.value].filter(([, until]) => until > now));
  colleagues.value = new Map(
    [...colleagues.value]
      .map(([id, here]) => [id, new Map([...here].filter(([, one]) => one.until > now))] as const)
      .filter(([, here]) => here.size > 0),
  );
}

/** Publishes what this agent does, at every change and again before it expires. */
export class Presence {
  private at: { conversation: string; doing: Doing } | null = null;
  private typedAt = 0;
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(private readonly send: (frame: ClientFrame) => void) {
    this.timer = setInterval(() => this.publish(), REPEAT_MS);
    addEventListener('pagehide', this.leave);
  }

  private readonly leave = () => this.set(null, 'viewing');

  set(conversation: string | null, doing: Doing): void {
    if (this.at?.conversation === conversation && this.at?.doing === doing) return;
    if (this.at && this.at.conversation !== conversation) this.send({ type: 'presence', conversation_id: this.at.conversation, state: 'gone' });
    this.at = conversation ? { conversation, doing } : null;
    this.publish();
  }

  typed(conversation: string): void {
    if (Date.now() - this.typedAt < TYPING_EVERY) return;
    this.typedAt = Date.now();
    this.send({ type: 'typing', conversation_id: conversation });
  }

  stop(): void {
    this.leave();
    removeEventListener('pagehide', this.leave);
    clearInterval(this.timer);
  }

  private publish(): void {
    if (this.at && document.visibilityState === 'visible') this.send({ type: 'presence', conversation_id: this.at.conversation, state: this.at.doing });
  }
}

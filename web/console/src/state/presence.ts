// Who else is at a conversation, and who types. Signals are ephemeral: each one is
// forgotten unless it is repeated.
import { signal } from '@preact/signals';
import type { Signal } from './feed';

export type Doing = 'viewing' | 'replying';
export interface Colleague { name: string; doing: Doing; until: number }

const REPEAT_MS = 20_000;
const FORGET_MS = 45_000;
const TYPING_MS = 5_000;
const TYPING_EVERY = 3_000;

/** By conversation, then by agent. */
export const colleagues = signal<ReadonlyMap<string, ReadonlyMap<string, Colleague>>>(new Map());
/** Conversations whose customer types now, with when that is forgotten. */
export const typing = signal<ReadonlyMap<string, number>>(new Map());

export function hear(sig: Signal, now = Date.now()): void {
  if (!sig.topic.startsWith('cv_')) return;
  const agent = sig.from?.startsWith('ag_') ? sig.from : '';
  const data = (sig.data ?? {}) as { state?: string; name?: string };
  if (sig.kind === 'typing' && !agent) {
    typing.value = new Map([...typing.value, [sig.topic, now + TYPING_MS]]);
    setTimeout(sweep, TYPING_MS + 50);
  } else if (agent && (sig.kind === 'presence' || sig.kind === 'typing')) {
    const doing = sig.kind === 'typing' ? 'replying' : data.state;
    place(sig.topic, agent, doing === 'viewing' || doing === 'replying' ? { name: data.name ?? '', doing, until: now + FORGET_MS } : null);
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

/** Tells what this agent does, at every change and again before it would be forgotten. */
export class Presence {
  private at: { conversation: string; doing: Doing } | null = null;
  private typedAt = 0;
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(private readonly say: (frame: object) => void) {
    this.timer = setInterval(() => this.tell(), REPEAT_MS);
    addEventListener('pagehide', this.leave);
  }

  private readonly leave = () => this.set(null, 'viewing');

  set(conversation: string | null, doing: Doing): void {
    if (this.at?.conversation === conversation && this.at?.doing === doing) return;
    if (this.at && this.at.conversation !== conversation) this.say({ type: 'presence', conversation_id: this.at.conversation, state: 'gone' });
    this.at = conversation ? { conversation, doing } : null;
    this.tell();
  }

  typed(conversation: string): void {
    if (Date.now() - this.typedAt < TYPING_EVERY) return;
    this.typedAt = Date.now();
    this.say({ type: 'typing', conversation_id: conversation });
  }

  stop(): void {
    this.leave();
    removeEventListener('pagehide', this.leave);
    clearInterval(this.timer);
  }

  private tell(): void {
    if (this.at && document.visibilityState === 'visible') this.say({ type: 'presence', conversation_id: this.at.conversation, state: this.at.doing });
  }
}

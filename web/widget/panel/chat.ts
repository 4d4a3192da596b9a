// The client of the chat protocol (doc/chat.md): a queue of unacknowledged
// messages, a session that is resumed by its secret, and a socket that reconnects.
// It has no user interface.
import { backoff } from '../../shared/backoff';

export interface Line {
  /** Number in the conversation `epoch`; 0 until the server has stored the line. */
  seq: number;
  epoch: string;
  id: string;
  from: 'visitor' | 'agent';
  name: string;
  text: string;
  at: string;
  state: 'sending' | 'sent' | 'refused';
}

export type Net = 'idle' | 'connecting' | 'live' | 'lost' | 'refused';

interface Kept {
  session: string;
  name: string;
  email: string;
  queue: { id: string; text: string; at: string }[];
  /** The visitor has seen everything up to `read` of the conversation `epoch`. */
  read: number;
  epoch: string;
}

export interface Watcher {
  changed(): void;
  /** A new line of an agent. */
  arrived(line: Line): void;
  began(): void;
}

interface Welcome { type: 'welcome'; session: string; resumed: boolean; seq: number; epoch?: string }
interface Incoming { type: 'message'; seq: number; epoch?: string; id?: string; from: 'visitor' | 'agent'; name?: string; text: string; at: string }
interface Refusal { type: 'error'; code: string; detail: string; id?: string }
type Frame = Welcome | Incoming | Refusal | { type: 'ack'; id: string } | { type: 'typing'; name?: string };

/** After so much silence the connection is considered dead. */
const ANSWER_WITHIN = 10_000;
const TYPING_LASTS = 5_000;
const TYPING_EVERY = 3_000;
const REFUSED = 1008;
const RESTARTING = 1012;
/** Stays below the server's limit of 16 KiB in any encoding. */
const MAX_LINE = 5_000;
/** Unacknowledged lines in flight; the server limits frames per second. */
const WINDOW = 8;

export interface Surroundings {
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  open(url: string): WebSocket;
  uuid(): string;
}

export class Chat {
  net: Net = 'idle';
  typing: string | null = null;
  trouble = '';
  private kept: Kept;
  private lines = new Map<string, Line>();
  /** Conversations in the order of their first message; each has its own numbers. */
  private epochs: string[] = [];
  private newest = 0;
  private underway = new Set<string>();
  private socket: WebSocket | null = null;
  private greeted = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private answerTimer: ReturnType<typeof setTimeout> | undefined;
  private typingTimer: ReturnType<typeof setTimeout> | undefined;
  private typedAt = 0;
  private readonly pause = backoff(600, 20_000);

  constructor(
    private readonly url: string,
    private readonly key: string,
    private readonly page: string,
    private readonly around: Surroundings,
    private readonly watcher: Watcher,
  ) {
    this.kept = this.load();
  }

  /** All lines in order; lines not stored yet come last. */
  all(): Line[] {
    const epoch = (line: Line) => (line.seq ? this.epochs.indexOf(line.epoch) : Infinity);
    return [...this.lines.values()].sort((a, b) => compare(epoch(a), epoch(b)) || a.seq - b.seq || compare(Date.parse(a.at), Date.parse(b.at)));
  }

  get person(): { name: string; email: string } {
    return { name: this.kept.name, email: this.kept.email };
  }

  get known(): boolean {
    return this.kept.session !== '' || this.kept.queue.length > 0;
  }

  get unread(): number {
    return [...this.lines.values()].filter((line) => line.from === 'agent' && this.isNews(line)).length;
  }

  private get epoch(): string {
    return this.epochs.at(-1) ?? '';
  }

  private isNews(line: Line): boolean {
    const seenIn = this.epochs.indexOf(this.kept.epoch);
    const at = this.epochs.indexOf(line.epoch);
    return at > seenIn || (at === seenIn && line.seq > this.kept.read);
  }

  /** Connects if there is a session; a new one starts with its first line. */
  resume(): void {
    for (const waiting of this.kept.queue) this.show({ ...waiting, seq: 0, epoch: '', from: 'visitor', name: this.kept.name, state: 'sending' });
    if (this.known) this.connect();
  }

  say(text: string): void {
    for (const part of split(text, MAX_LINE)) this.queue(part);
    if (this.socket && this.greeted) this.flush();
    else this.hurry();
  }

  private queue(text: string): void {
    const line = { id: this.around.uuid(), text, at: new Date().toISOString() };
    this.kept.queue.push(line);
    this.save();
    this.show({ ...line, seq: 0, epoch: '', from: 'visitor', name: this.kept.name, state: 'sending' });
    this.watcher.changed();
  }

  /** Sets the visitor's name and email; a connected session sends another hello. */
  introduce(name: string, email: string): void {
    if (name === this.kept.name && email === this.kept.email) return;
    this.kept.name = name;
    this.kept.email = email;
    this.save();
    if (this.greeted) this.send({ type: 'hello', session: this.kept.session, name, email, page: this.page });
  }

  /** Marks everything so far as seen. */
  seen(): void {
    if (this.epoch === this.kept.epoch && this.newest <= this.kept.read) return;
    this.kept.read = this.newest;
    this.kept.epoch = this.epoch;
    this.save();
    this.send({ type: 'received', seq: this.newest });
    this.watcher.changed();
  }

  nowTyping(): void {
    const now = Date.now();
    if (now - this.typedAt < TYPING_EVERY) return;
    this.typedAt = now;
    this.send({ type: 'typing' });
  }

  /** Forgets the visitor, for host pages whose user signs out. */
  reset(): void {
    clearTimeout(this.timer);
    clearTimeout(this.answerTimer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.around.storage.removeItem(this.place());
    this.kept = this.load();
    this.lines.clear();
    this.epochs = [];
    this.underway.clear();
    this.newest = 0;
    this.net = 'idle';
    this.trouble = '';
    this.watcher.changed();
  }

  /** Reconnects at once: the network or the tab is back. */
  hurry(): void {
    if (this.socket || !this.known) return;
    this.pause.reset();
    this.connect();
  }

  private connect(): void {
    clearTimeout(this.timer);
    this.net = this.net === 'idle' ? 'connecting' : this.net;
    const socket = this.around.open(`${this.url}?widget=${encodeURIComponent(this.key)}`);
    this.socket = socket;
    this.greeted = false;
    this.expectAnswer();
    socket.onopen = () => {
      const { session, name, email } = this.kept;
      this.send({ type: 'hello', session, after: this.newest, epoch: this.epoch, name, email, page: this.page });
    };
    socket.onmessage = (event: MessageEvent) => {
      if (this.socket === socket) this.take(JSON.parse(String(event.data)) as Frame);
    };
    socket.onclose = (event: CloseEvent) => {
      if (this.socket === socket) this.lost(event.code, event.reason);
    };
    this.watcher.changed();
  }

  private lost(code: number, reason: string): void {
    clearTimeout(this.answerTimer);
    this.socket = null;
    this.greeted = false;
    this.underway.clear();
    this.typing = null;
    this.net = code === REFUSED ? 'refused' : 'lost';
    if (code === REFUSED) this.trouble = reason;
    const wait = code === RESTARTING ? Math.random() * 5000 : code === REFUSED ? 30_000 + this.pause.next() : this.pause.next();
    this.timer = setTimeout(() => this.connect(), wait);
    this.watcher.changed();
  }

  private take(frame: Frame): void {
    switch (frame.type) {
      case 'welcome': return this.welcome(frame);
      case 'ack': return this.acknowledged(frame.id);
      case 'message': return this.incoming(frame);
      case 'typing':
        this.typing = frame.name || '';
        clearTimeout(this.typingTimer);
        this.typingTimer = setTimeout(() => { this.typing = null; this.watcher.changed(); }, TYPING_LASTS);
        return this.watcher.changed();
      case 'error': return this.refused(frame);
    }
  }

  private welcome(frame: Welcome): void {
    const fresh = this.kept.session === '';
    if (!frame.resumed && !fresh) this.newest = 0; // a new session; lines already shown stay on the page
    this.kept.session = frame.session;
    this.save();
    this.greeted = true;
    this.net = 'live';
    this.trouble = '';
    this.pause.reset();
    this.flush();
    if (fresh) this.watcher.began();
    this.watcher.changed();
  }

  /** Sends queued lines in order; the server ignores an id that it already has. */
  private flush(): void {
    for (const { id, text } of this.kept.queue) {
      if (this.underway.size >= WINDOW) break;
      if (this.underway.has(id)) continue;
      this.underway.add(id);
      this.send({ type: 'message', id, text });
    }
    if (this.kept.queue.length > 0) this.expectAnswer();
    else clearTimeout(this.answerTimer);
  }

  private expectAnswer(): void {
    clearTimeout(this.answerTimer);
    const socket = this.socket;
    this.answerTimer = setTimeout(() => {
      socket?.close();
      if (socket && this.socket === socket) this.lost(1006, ''); // closing a dead connection takes long
    }, ANSWER_WITHIN);
  }

  private acknowledged(id: string): void {
    this.settle(id, 'sent');
    this.trouble = '';
  }

  /** A line that is refused for good leaves the queue; after a temporary error it stays. */
  private refused(frame: Refusal): void {
    this.trouble = frame.detail || frame.code;
    if (frame.id && frame.code !== 'not-now') this.settle(frame.id, 'refused');
    else this.watcher.changed();
  }

  private settle(id: string, state: Line['state']): void {
    this.kept.queue = this.kept.queue.filter((line) => line.id !== id);
    this.underway.delete(id);
    this.save();
    const line = this.lines.get(id);
    if (line) this.show({ ...line, state });
    this.flush();
    this.watcher.changed();
  }

  private incoming(frame: Incoming): void {
    const epoch = frame.epoch ?? this.epoch;
    if (!this.epochs.includes(epoch)) {
      this.epochs.push(epoch);
      this.newest = 0;
    }
    this.newest = Math.max(this.newest, frame.seq);
    const id = frame.id || `${epoch}/${frame.seq}`;
    const before = this.lines.get(id);
    const line: Line = { seq: frame.seq, epoch, id, from: frame.from, name: frame.name ?? '', text: frame.text, at: frame.at, state: 'sent' };
    this.show(line);
    if (frame.from === 'visitor') return this.settle(id, 'sent');
    this.typing = null;
    if (!before && this.isNews(line)) this.watcher.arrived(line);
    this.watcher.changed();
  }

  private show(line: Line): void {
    this.lines.set(line.id, line);
  }

  private send(frame: unknown): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(frame));
  }

  private place(): string {
    return `switchboard.chat.${this.key}`;
  }

  private load(): Kept {
    const none: Kept = { session: '', name: '', email: '', queue: [], read: 0, epoch: '' };
    try {
      const text = this.around.storage.getItem(this.place());
      return text ? { ...none, ...(JSON.parse(text) as Partial<Kept>) } : none;
    } catch {
      return none;
    }
  }

  private save(): void {
    try {
      this.around.storage.setItem(this.place(), JSON.stringify(this.kept));
    } catch {
      // No storage: the conversation ends with the page.
    }
  }
}

const compare = (a: number, b: number) => (a === b ? 0 : a < b ? -1 : 1);

/** Splits a text into parts of at most `limit` characters, never inside a character. */
export function split(text: string, limit: number): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + limit, text.length);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last < 0xdc00) end--;
    parts.push(text.slice(at, end));
    at = end;
  }
  return parts;
}

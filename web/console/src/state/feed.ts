// The live feed: events over a WebSocket, resumed by cursor. While the socket is
// unavailable it polls the event list. It does not interpret events.
import { backoff } from '../../../shared/backoff';
import { api, Problem } from '../api';
import type { ClientFrame, Event as DeskEvent, ServerFrame, SignalFrame } from '../wire';

export type Link = 'connecting' | 'live' | 'lost';

export interface Listener {
  event(event: DeskEvent): void;
  signal(signal: SignalFrame): void;
  link(link: Link): void;
  /** Events may have been missed that the cursor cannot recover: load everything again. */
  reset(): void;
  /** The session has ended. */
  signedOut(): void;
}

/** Older events, relative to the page load, are already in the loaded data. */
const OLD_MS = 30_000;
const CATCH_UP = 200;
/** The close code of a socket whose session has ended. */
const SIGNED_OUT = 1008;
/** Beyond this, loading the lists again is cheaper than replaying. */
const CATCH_UP_PAGES = 10;

export class Feed {
  private cursor = '';
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly pause = backoff(400, 15_000);
  private readonly born = Date.now();
  private stopped = false;
  private opened = false;

  constructor(private readonly listener: Listener) {}

  start(): void {
    this.connect();
    addEventListener('online', this.hurry);
    addEventListener('offline', this.dropped);
    document.addEventListener('visibilitychange', this.hurry);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.socket?.close();
    removeEventListener('online', this.hurry);
    removeEventListener('offline', this.dropped);
    document.removeEventListener('visibilitychange', this.hurry);
  }

  private connect(): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    const address = new URL('/api/v1/events/socket', location.href);
    address.protocol = address.protocol.replace('http', 'ws');
    if (this.cursor) address.searchParams.set('after', this.cursor);
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.onopen = () => {
      this.pause.reset();
      this.opened = true;
      this.listener.link('live');
    };
    socket.onmessage = (frame) => this.receive(String(frame.data));
    socket.onclose = (event) => {
      if (this.socket === socket) this.lost(event.code === SIGNED_OUT);
    };
  }

  private receive(text: string): void {
    const frame = JSON.parse(text) as ServerFrame;
    if (frame.type === 'event') this.take(frame.event);
    else if (frame.type === 'signal') this.listener.signal(frame);
    else if (frame.type === 'ready' && !this.cursor) {
      // Events may have happened since the lists were loaded.
      this.cursor = frame.cursor;
      this.listener.reset();
    }
  }

  /** Sends a signal to the other agents' consoles; dropped without a connection. */
  send(frame: ClientFrame): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  private take(event: DeskEvent): void {
    this.cursor = event.cursor;
    if (Date.parse(event.at) > this.born - OLD_MS) this.listener.event(event);
  }

  private lost(atOnce = false): void {
    this.socket = null;
    if (this.stopped) return;
    this.listener.link(this.opened ? 'lost' : 'connecting');
    this.timer = setTimeout(() => void this.retry(), atOnce ? 0 : this.pause.next());
  }

  /** Catches up over HTTP first, which becomes polling where WebSockets are blocked. */
  private async retry(): Promise<void> {
    try {
      if (this.cursor) await this.catchUp();
      else await api.session();
    } catch (error) {
      if (error instanceof Problem && error.status === 401) {
        this.stop();
        this.listener.signedOut();
        return;
      }
      if (error instanceof Problem && (error.status === 400 || error.status === 422 || error.status === 410)) {
        this.cursor = ''; // the cursor is not valid any more; start over
        this.listener.reset();
      }
    }
    this.connect();
  }

  private async catchUp(): Promise<void> {
    for (let pages = 0; pages < CATCH_UP_PAGES; pages++) {
      const page = await api.feed(this.cursor, CATCH_UP);
      for (const event of page.data) this.take(event);
      this.cursor = page.next_cursor;
      if (page.data.length < CATCH_UP) return;
    }
    this.listener.reset();
  }

  private readonly hurry = () => {
    if (this.stopped || this.socket || document.visibilityState === 'hidden') return;
    this.pause.reset();
    clearTimeout(this.timer);
    void this.retry();
  };

  private readonly dropped = () => this.socket?.close();
}

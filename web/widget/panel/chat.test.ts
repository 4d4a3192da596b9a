import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Memory } from '../../test/memory';
import { Chat, split, type Line } from './chat';

/** A socket whose server is the test. */
class Wire {
  readyState = 0;
  sent: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  send(text: string): void { this.sent.push(JSON.parse(text) as Record<string, unknown>); }
  close(): void { this.cut(1000); }
  open(): void { this.readyState = 1; this.onopen?.(); }
  say(frame: unknown): void { this.onmessage?.({ data: JSON.stringify(frame) }); }
  cut(code = 1006, reason = ''): void { this.readyState = 3; this.onclose?.({ code, reason }); }
  frames(type: string): Record<string, unknown>[] { return this.sent.filter((frame) => frame['type'] === type); }
}

function setUp(storage = new Memory()) {
  const wires: Wire[] = [];
  const arrived: Line[] = [];
  let id = 0;
  const chat = new Chat('ws://desk/chat', 'wk_1', 'https://shop.example/', {
    storage,
    open: () => { const wire = new Wire(); wires.push(wire); return wire as unknown as WebSocket; },
    uuid: () => `id-${++id}`,
  }, { changed: () => undefined, arrived: (line) => void arrived.push(line), began: () => undefined });
  const last = () => wires.at(-1)!;
  const welcome = (change = {}) => { last().open(); last().say({ type: 'welcome', session: 's3cret', resumed: false, seq: 0, epoch: 'cv_1', ...change }); };
  return { chat, wires, arrived, storage, last, welcome };
}

const states = (chat: Chat) => chat.all().map((line) => `${line.text}:${line.state}`);
const incoming = (seq: number, change = {}) => ({ type: 'message', seq, epoch: 'cv_1', from: 'agent', name: 'Ana', text: `line ${seq}`, at: '2026-03-04T10:00:00Z', ...change });

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

test('no connection is opened before the first line', () => {
  const { chat, wires } = setUp();
  chat.resume();
  chat.hurry();
  expect(wires).toHaveLength(0);
});

test('a line is queued until it is acknowledged', () => {
  const { chat, last, welcome } = setUp();
  chat.introduce('Kim', 'kim@shop.example');
  chat.say('Hello');
  expect(states(chat)).toEqual(['Hello:sending']);
  welcome();
  expect(last().frames('hello')).toEqual([{ type: 'hello', session: '', after: 0, epoch: '', name: 'Kim', email: 'kim@shop.example', page: 'https://shop.example/' }]);
  expect(last().frames('message')).toEqual([{ type: 'message', id: 'id-1', text: 'Hello' }]);
  last().say({ type: 'ack', id: 'id-1' });
  expect(states(chat)).toEqual(['Hello:sent']);
  last().say(incoming(1, { from: 'visitor', id: 'id-1', text: 'Hello' }));
  expect(states(chat)).toEqual(['Hello:sent']); // the echo is not a second line
});

describe('after a lost connection', () => {
  test('unacknowledged lines are sent again with the same id, and reading resumes', () => {
    const { chat, wires, last, welcome } = setUp();
    chat.say('one');
    welcome();
    last().say({ type: 'ack', id: 'id-1' });
    last().say(incoming(1, { from: 'visitor', id: 'id-1', text: 'one' }));
    last().say(incoming(2));
    chat.say('two');
    last().cut();
    vi.advanceTimersByTime(1000);
    expect(wires).toHaveLength(2);
    welcome({ resumed: true, seq: 2 });
    expect(last().frames('hello')[0]).toMatchObject({ session: 's3cret', after: 2, epoch: 'cv_1' });
    expect(last().frames('message')).toEqual([{ type: 'message', id: 'id-2', text: 'two' }]);
  });
  test('a missing acknowledgement closes the connection', () => {
    const { chat, wires, welcome } = setUp();
    chat.say('one');
    welcome();
    vi.advanceTimersByTime(10_000);
    expect(wires[0]!.readyState).toBe(3);
    vi.advanceTimersByTime(1000);
    expect(wires).toHaveLength(2);
  });
  test('a connection without a welcome is closed', () => {
    const { chat, wires } = setUp();
    chat.say('one');
    wires[0]!.open();
    vi.advanceTimersByTime(10_000);
    expect(chat.net).toBe('lost');
    vi.advanceTimersByTime(1000);
    expect(wires).toHaveLength(2);
  });
  test('the delays grow', () => {
    const { chat, wires } = setUp();
    chat.say('one');
    for (let i = 0; i < 6; i++) {
      wires.at(-1)!.cut();
      vi.advanceTimersByTime(600 * 2 ** i);
    }
    expect(wires).toHaveLength(7);
    wires.at(-1)!.cut();
    vi.advanceTimersByTime(600);
    expect(wires).toHaveLength(7);
    chat.hurry(); // the network is back
    expect(wires).toHaveLength(8);
  });
  test('a server that refuses is contacted rarely', () => {
    const { chat, wires } = setUp();
    chat.say('one');
    wires[0]!.open();
    wires[0]!.cut(1008, 'unknown widget');
    expect(chat.net).toBe('refused');
    vi.advanceTimersByTime(29_000);
    expect(wires).toHaveLength(1);
  });
});

test('another page load restores the session and unsent lines', () => {
  const first = setUp();
  first.chat.say('one');
  first.welcome();
  first.last().say({ type: 'ack', id: 'id-1' });
  first.chat.say('two');
  const second = setUp(first.storage);
  second.chat.resume();
  expect(states(second.chat)).toEqual(['two:sending']);
  second.welcome({ resumed: true });
  expect(second.last().frames('hello')[0]).toMatchObject({ session: 's3cret', after: 0 });
  expect(second.last().frames('message')).toEqual([{ type: 'message', id: 'id-2', text: 'two' }]);
});

test('a refused line does not block the next', () => {
  const { chat, last, welcome } = setUp();
  chat.say('bad');
  chat.say('good');
  welcome();
  last().say({ type: 'error', code: 'too-long', detail: 'the text has 20000 octets', id: 'id-1' });
  last().say({ type: 'ack', id: 'id-2' });
  expect(states(chat)).toEqual(['bad:refused', 'good:sent']);
  last().say({ type: 'error', code: 'not-now', detail: 'the line could not be stored', id: 'id-3' });
  expect(chat.trouble).toBe('the line could not be stored');
});

test('no more lines are in flight than the server allows', () => {
  const { chat, last, welcome } = setUp();
  for (let i = 0; i < 20; i++) chat.say(`line ${i}`);
  welcome();
  expect(last().frames('message')).toHaveLength(8);
  last().say({ type: 'ack', id: 'id-1' });
  expect(last().frames('message').map((frame) => frame['id'])).toEqual(Array.from({ length: 9 }, (_, i) => `id-${i + 1}`));
});

test('lines of agents after the last seen one are unread', () => {
  const { chat, last, welcome, arrived } = setUp();
  chat.say('one');
  welcome();
  last().say(incoming(1, { from: 'visitor', id: 'id-1', text: 'one' }));
  last().say(incoming(2));
  last().say(incoming(3));
  expect(chat.unread).toBe(2);
  chat.seen();
  expect(last().frames('received')).toEqual([{ type: 'received', seq: 3 }]);
  expect(chat.unread).toBe(0);
  last().say(incoming(3)); // again
  expect(arrived.map((line) => line.seq)).toEqual([2, 3]);
  expect(chat.all()).toHaveLength(3);
});

test('a follow-up conversation has its own numbers and comes last', () => {
  const { chat, last, welcome } = setUp();
  chat.say('one');
  welcome();
  last().say(incoming(1, { from: 'visitor', id: 'id-1', text: 'one' }));
  last().say(incoming(8));
  chat.seen();
  last().say(incoming(2, { epoch: 'cv_2', text: 'again' }));
  expect(chat.all().map((line) => line.text)).toEqual(['one', 'line 8', 'again']);
  expect(chat.unread).toBe(1);
});

test('signing out removes everything', () => {
  const { chat, storage, welcome } = setUp();
  chat.say('secret');
  welcome();
  chat.reset();
  expect(storage.length).toBe(0);
  expect(chat.all()).toEqual([]);
  expect(chat.known).toBe(false);
});

test('a long text is split between characters', () => {
  expect(split('abcdef', 4)).toEqual(['abcd', 'ef']);
  expect(split('abc😀d', 4)).toEqual(['abc', '😀d']);
  expect(split('', 4)).toEqual([]);
});

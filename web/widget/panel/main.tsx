import { render } from 'preact';
import type { FromPanel, ToPanel } from '../bridge';
import { Chat } from './chat';
import { Panel, prefilled, shown, version } from './panel';
import './panel.css';

const params = new URLSearchParams(location.search);
const hostOrigin = params.get('origin') ?? '';
const embedded = window.parent !== window;

function tell(message: FromPanel): void {
  if (embedded && hostOrigin) window.parent.postMessage({ switchboard: message }, hostOrigin);
}

/** crypto.randomUUID exists on secure origins only. */
function uuid(): string {
  if (crypto.randomUUID) return crypto.randomUUID();
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6]! & 0x0f) | 0x40;
  b[8] = (b[8]! & 0x3f) | 0x80;
  const hex = Array.from(b, (octet) => octet.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Browsers may block storage in frames; then memory is used. */
function storage(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  try {
    localStorage.getItem('');
    return localStorage;
  } catch {
    const memory = new Map<string, string>();
    return { getItem: (key) => memory.get(key) ?? null, setItem: (key, value) => void memory.set(key, value), removeItem: (key) => void memory.delete(key) };
  }
}

const address = new URL('/chat', location.href);
address.protocol = address.protocol.replace('http', 'ws');

let unread = -1;
const chat = new Chat(address.href, params.get('key') ?? '', params.get('page') ?? '', { storage: storage(), open: (url) => new WebSocket(url), uuid }, {
  changed() {
    version.value++;
    if (shown.value && document.visibilityState === 'visible') chat.seen();
    if (chat.unread !== unread) tell({ type: 'unread', count: (unread = chat.unread) });
  },
  arrived: (line) => tell({ type: 'message', detail: { from: line.from, name: line.name, text: line.text, at: line.at } }),
  began: () => tell({ type: 'conversation', detail: null }),
});

function hear(event: MessageEvent): void {
  if (event.source !== window.parent || event.origin !== hostOrigin) return;
  const message = (event.data as { switchboard?: ToPanel } | null)?.switchboard;
  switch (message?.type) {
    case 'open':
      shown.value = true;
      chat.hurry();
      chat.seen();
      break;
    case 'close': shown.value = false; break;
    case 'reset': chat.reset(); break;
    case 'identify': case 'set': {
      const { name = '', email = '' } = (message.value ?? {}) as { name?: string; email?: string };
      chat.introduce(String(name), String(email));
      version.value++;
      break;
    }
    case 'prefill': prefilled.value = String(message.value ?? ''); break;
  }
}

addEventListener('message', hear);
addEventListener('online', () => chat.hurry());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState !== 'visible') return;
  chat.hurry();
  if (shown.value) chat.seen();
});

if (!embedded) shown.value = true; // opened as a standalone page
render(<Panel chat={chat} close={() => { shown.value = false; tell({ type: 'close' }); }} />, document.body);
chat.resume();
tell({ type: 'ready' });

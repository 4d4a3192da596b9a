// The script that the host page loads. It shows a launcher, creates the panel's
// frame on the first interaction, and passes commands to it. It adds one element
// to the page, and needs no inline styles or markup.
import type { FromPanel, ToPanel } from './bridge';

type Handler = (detail: unknown) => void;
type Command = [name: string, ...rest: unknown[]];
interface Queue { (...command: Command): void; q?: ArrayLike<unknown>[] }

const SVG = 'http://www.w3.org/2000/svg';
const KNOWN = 'switchboard.known';

const STYLE = `
:host{all:initial;position:fixed;z-index:2147483000;inset:auto 20px 20px auto;font:500 14px/1 system-ui,sans-serif;color-scheme:light dark}
:host([data-position=left]){inset:auto auto 20px 20px}
button{all:unset;box-sizing:border-box;position:relative;display:grid;place-items:center;width:56px;height:56px;border-radius:50%;cursor:pointer;
background:var(--switchboard-color,#0f6f64);color:#fff;box-shadow:0 6px 22px rgb(0 0 0/.26);transition:transform .15s}
button:hover{transform:scale(1.05)}
button:focus-visible{outline:3px solid #fff;box-shadow:0 0 0 6px #0f6f64}
svg{width:26px;height:26px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
span{position:absolute;top:-3px;right:-3px;min-width:20px;box-sizing:border-box;padding:4px 5px;border-radius:10px;background:#b3261e;font-size:12px;font-weight:700;text-align:center}
div{position:absolute;right:0;bottom:70px;width:min(380px,calc(100vw - 32px));height:min(620px,calc(100vh - 110px));border-radius:16px;overflow:hidden;
box-shadow:0 16px 50px rgb(0 0 0/.3);background:Canvas}
:host([data-position=left]) div{right:auto;left:0}
iframe{display:block;width:100%;height:100%;border:0;color-scheme:normal}
[hidden]{display:none}
@media(max-width:480px){div{position:fixed;inset:0;width:100%;height:100%;border-radius:0}:host([data-open]) button{display:none}}
@media(prefers-reduced-motion:reduce){button{transition:none}}
@media print{:host{display:none}}`;

function boot(script: HTMLScriptElement): void {
  const key = script.dataset['key'] ?? '';
  const origin = new URL(script.src).origin;
  const host = document.createElement('switchboard-widget');
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  if (script.dataset['position'] === 'left') host.dataset['position'] = 'left';
  if (script.dataset['color']) host.style.setProperty('--switchboard-color', script.dataset['color']);

  const labels = { open: script.dataset['label'] || 'Open chat', close: 'Close chat' };
  const launcher = document.createElement('button');
  launcher.type = 'button';
  const icon = document.createElementNS(SVG, 'svg');
  icon.setAttribute('viewBox', '0 0 24 24');
  icon.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  icon.append(path);
  const badge = document.createElement('span');
  badge.hidden = true;
  launcher.append(icon, badge);
  const box = document.createElement('div');
  box.hidden = true;
  root.append(box, launcher);

  let frame: HTMLIFrameElement | null = null;
  let ready = false;
  let open = false;
  let unread = 0;
  let waiting: ToPanel[] = [];
  const handlers = new Map<string, Set<Handler>>();

  function emit(name: string, detail: unknown = null): void {
    handlers.get(name)?.forEach((handler) => handler(detail));
    window.dispatchEvent(new CustomEvent(`switchboard:${name}`, { detail }));
  }

  function draw(): void {
    path.setAttribute('d', open ? 'M6 9l6 6 6-6' : 'M4 5h16v11H11l-5 4v-4H4z');
    launcher.setAttribute('aria-expanded', String(open));
    launcher.setAttribute('aria-label', open ? labels.close : unread > 0 ? `${labels.open}, ${unread} unread` : labels.open);
    badge.hidden = open || unread === 0;
    badge.textContent = unread > 9 ? '9+' : String(unread);
    box.hidden = !open;
    host.toggleAttribute('data-open', open);
  }

  function create(): void {
    if (frame) return;
    frame = document.createElement('iframe');
    frame.title = 'Chat';
    frame.allow = 'clipboard-write';
    frame.src = `${origin}/v1/widget/panel.html?key=${encodeURIComponent(key)}&origin=${encodeURIComponent(location.origin)}&page=${encodeURIComponent(location.href.split('#')[0] ?? '')}`;
    box.append(frame);
  }

  function post(message: ToPanel): void {
    if (!ready) waiting.push(message);
    else frame?.contentWindow?.postMessage({ switchboard: message }, origin);
  }

  function show(): void {
    if (open) return;
    create();
    open = true;
    draw();
    post({ type: 'open' });
    frame!.focus();
    emit('open');
  }

  function hide(focus = true): void {
    if (!open) return;
    open = false;
    draw();
    post({ type: 'close' });
    if (focus) launcher.focus();
    emit('close');
  }

  function hear(event: MessageEvent): void {
    if (event.origin !== origin || event.source !== frame?.contentWindow) return;
    const message = (event.data as { switchboard?: FromPanel } | null)?.switchboard;
    if (!message) return;
    if (message.type === 'ready') {
      ready = true;
      const kept = waiting;
      waiting = [];
      kept.forEach(post);
      emit('ready');
    } else if (message.type === 'close') hide();
    else if (message.type === 'unread') {
      unread = message.count;
      draw();
      emit('unread', message.count);
    } else {
      if (message.type === 'conversation') remember();
      emit(message.type, message.detail);
    }
  }

  function remember(): void {
    try {
      localStorage.setItem(KNOWN, key);
    } catch {
      // no storage: the panel opens at the next click
    }
  }

  function run(name: string, ...rest: unknown[]): void {
    const [first, second] = rest;
    switch (name) {
      case 'show': return show();
      case 'hide': return hide(false);
      case 'toggle': return open ? hide() : show();
      case 'showLauncher': launcher.hidden = false; return;
      case 'hideLauncher': launcher.hidden = true; return;
      case 'identify': case 'set': case 'prefill':
        create();
        return post({ type: name, value: first });
      case 'reset':
        try { localStorage.removeItem(KNOWN); } catch { /* no storage */ }
        create();
        return post({ type: 'reset' });
      case 'on': case 'off': {
        const set = handlers.get(String(first)) ?? new Set<Handler>();
        handlers.set(String(first), set);
        set[name === 'on' ? 'add' : 'delete'](second as Handler);
        return;
      }
      case 'destroy':
        removeEventListener('message', hear);
        host.remove();
        return;
      default:
        console.warn(`switchboard: no command "${name}"`);
    }
  }

  launcher.addEventListener('click', () => (open ? hide() : show()));
  for (const interest of ['pointerenter', 'focus']) launcher.addEventListener(interest, create, { once: true });
  root.addEventListener('keydown', (event) => { if ((event as KeyboardEvent).key === 'Escape') hide(); });
  addEventListener('message', hear);
  draw();
  document.body.append(host);

  const page = window as unknown as { switchboard?: Queue };
  const queued = page.switchboard?.q ?? [];
  page.switchboard = (...command: Command) => run(...command);
  for (const command of queued) run(...(Array.from(command) as Command));

  // Load the panel at once for visitors with a conversation, so that they see new replies.
  try {
    if (localStorage.getItem(KNOWN) === key) create();
  } catch {
    // no storage: the panel loads at the first click
  }
}

const script = document.currentScript as HTMLScriptElement | null;
if (script) {
  const start = () => boot(script);
  const begin = () => (document.body ? start() : addEventListener('DOMContentLoaded', start));
  if (script.dataset['load'] === 'manual') {
    // Consent first: the page calls switchboard('load').
    const page = window as unknown as { switchboard?: Queue };
    const kept: ArrayLike<unknown>[] = Array.from(page.switchboard?.q ?? []);
    const gate: Queue = (...command: Command) => {
      if (command[0] !== 'load') { kept.push(command); return; }
      begin();
    };
    gate.q = kept;
    page.switchboard = gate;
    if (kept.some((command) => command[0] === 'load')) {
      gate.q = kept.filter((command) => command[0] !== 'load');
      begin();
    }
  } else begin();
}

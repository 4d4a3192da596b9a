import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { signal } from '@preact/signals';
import type { Chat, Line } from './chat';
import strings from './strings.json';
import { suggestions, wrote, type Suggestion } from './suggest';

/** Incremented with every change of the chat; components that read it are rendered again. */
export const version = signal(0);
export const shown = signal(false);
export const prefilled = signal('');
const online = signal(navigator.onLine);
addEventListener('online', () => (online.value = true));
addEventListener('offline', () => (online.value = false));

const fill = (text: string, values: Record<string, string>) => text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');

export function Panel({ chat, close }: { chat: Chat; close: () => void }) {
  void version.value;
  const lines = chat.all();
  return (
    <div class="panel" onKeyDown={(event) => { if (event.key === 'Escape') close(); }}>
      <header>
        <div><h1>{strings.title}</h1></div>
        <button class="icon" onClick={close} aria-label={strings.close}>
          <svg viewBox="0 0 20 20" aria-hidden="true"><path d="M5 7.5 10 12.5l5-5" /></svg>
        </button>
      </header>
      <Trouble chat={chat} />
      <Log chat={chat} lines={lines} />
      <Composer chat={chat} first={lines.length === 0} />
    </div>
  );
}

function Trouble({ chat }: { chat: Chat }) {
  void version.value; // subscribes the component to changes
  const text = !online.value && chat.known ? strings.offline
    : chat.net === 'refused' ? strings.refused
    : chat.net === 'lost' ? strings.lost
    : chat.trouble ? fill(strings.trouble, { detail: chat.trouble }) : '';
  return <p class={text ? 'trouble' : 'trouble none'} role="status">{text}</p>;
}

function Log({ chat, lines }: { chat: Chat; lines: Line[] }) {
  const box = useRef<HTMLDivElement>(null);
  const typing = chat.typing;
  useLayoutEffect(() => { box.current!.scrollTop = box.current!.scrollHeight; }, [lines.length, typing !== null, shown.value]);
  return (
    <div class="log" ref={box} role="log" aria-label={strings.log} aria-relevant="additions" tabIndex={0}>
      <div class="welcome"><p class="hello">{strings.hello}</p><p>{strings.lead}</p></div>
      {lines.map((line, i) => <Bubble key={line.id} line={line} before={lines[i - 1]} last={i === lines.length - 1} />)}
      {typing !== null && <p class="typing"><Named text={strings.typing} name={typing || strings.agent} /></p>}
    </div>
  );
}

/** A sentence with the name of a person, who may write from right to left. */
function Named({ text, name }: { text: string; name: string }) {
  const [before, after] = text.split('{name}');
  return <>{before}<bdi>{name}</bdi>{after}</>;
}

function Bubble({ line, before, last }: { line: Line; before: Line | undefined; last: boolean }) {
  const first = before?.from !== line.from || before.name !== line.name;
  const time = new Date(line.at).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
  const mine = line.from === 'visitor';
  return (
    <div class={`line ${line.from}${line.state === 'sending' ? ' sending' : ''}`} data-state={line.state}>
      {first && <p class={mine ? 'sr' : 'who'} dir="auto">{mine ? strings.you : line.name || strings.agent}</p>}
      <p class="text" dir="auto" title={time}>{line.text}</p>
      {mine && (last || line.state !== 'sent') && <p class="state">{line.state === 'sending' ? strings.sending : line.state === 'refused' ? strings.notTaken : `${strings.sent} · ${time}`}</p>}
    </div>
  );
}

function Composer({ chat, first }: { chat: Chat; first: boolean }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState('');
  const [name, setName] = useState(chat.person.name);
  const [email, setEmail] = useState(chat.person.email);

  useEffect(() => { if (prefilled.value) { setText(prefilled.value); prefilled.value = ''; } }, [prefilled.value]);
  useEffect(() => { if (shown.value) field.current?.focus(); }, [shown.value]);
  useLayoutEffect(() => {
    const area = field.current!;
    area.style.height = 'auto';
    area.style.height = `${Math.min(area.scrollHeight + 2, 140)}px`;
  }, [text]);

  const [articles, setArticles] = useState<readonly Suggestion[]>([]);
  useEffect(() => suggestions(text, setArticles), [text]);

  const send = () => {
    const words = text.trim();
    if (!words) return;
    wrote();
    if (first && (name.trim() || email.trim())) chat.introduce(name.trim(), email.trim());
    chat.say(words);
    setText('');
    field.current?.focus();
  };

  return (
    <form onSubmit={(event) => { event.preventDefault(); send(); }}>
      {first && (
        <div class="person">
          <label><span>{strings.name} <i>{strings.optional}</i></span><input dir="auto" value={name} autocomplete="name" onInput={(event) => setName(event.currentTarget.value)} /></label>
          <label><span>{strings.email} <i>{strings.optional}</i></span><input type="email" value={email} autocomplete="email" title={strings.emailWhy} onInput={(event) => setEmail(event.currentTarget.value)} /></label>
          <p>{strings.emailWhy}</p>
        </div>
      )}
      {articles.length > 0 && (
        <section class="articles" aria-label={strings.articles}>
          <p>{strings.articles}</p>
          <ul>{articles.map((one) => <li key={one.url}><a href={one.url} target="_blank" rel="noopener" dir="auto">{one.title}<span class="sr"> {strings.newTab}</span></a></li>)}</ul>
        </section>
      )}
      <p class="sr" role="status">{articles.length > 0 ? fill(strings.found, { n: String(articles.length) }) : ''}</p>
      <div class="write">
        <textarea ref={field} dir="auto" rows={1} value={text} placeholder={strings.placeholder} aria-label={strings.message}
          onInput={(event) => { setText(event.currentTarget.value); chat.nowTyping(); }}
          onKeyDown={(event) => { if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); event.currentTarget.form!.requestSubmit(); } }} />
        <button class="send" disabled={text.trim() === ''} aria-label={strings.send}>
          <svg viewBox="0 0 20 20" aria-hidden="true"><path d="M10 16V4.5M5 9.5l5-5 5 5" /></svg>
        </button>
      </div>
    </form>
  );
}

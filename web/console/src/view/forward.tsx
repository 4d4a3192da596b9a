// Mail to third parties: loaded when an agent writes one.
import '../text/pages';
import '../style/forward.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { call, Problem } from '../api';
import { emailOf } from '../state/asked';
import { now, reason, refreshCounts, tell } from '../state/desk';
import { forwardable, passing, type Passing } from '../state/passing';
import { offerUndo } from '../state/sending';
import { drafts, drop, keep } from '../state/sync';
import { refreshThread } from '../state/thread';
import { newest } from '../state/timeline';
import { addressed, stopWriting } from '../state/writing';
import { count, say } from '../text/say';
import { moment } from '../text/time';
import type { Conversation, ForwardInputBody, Message, ResendInputBody } from '../wire';
import { Icon } from './icon';
import { Field } from './recipients';
import { keyLabel } from './shortcuts';

interface Props { conversation: Conversation; messages: Message[] }

/** Whom an answer to a third party goes to. */
function authors(message: Message | undefined): string[] {
  return ((message?.direction === 'inbound' ? message.from : message?.to) ?? []).map(addressed);
}

export function Forwarding({ conversation, messages }: Props) {
  const what = passing.value!;
  const answered = messages.find(({ id }) => id === what.answers);
  const original = messages.find(({ id }) => id === what.redirect);
  const kept = original ? null : drafts.read(conversation.id, 'forward');
  const [to, setTo] = useState(kept?.to ?? authors(answered));
  const [cc, setCc] = useState(kept?.cc ?? []);
  const [text, setText] = useState(kept?.text ?? '');
  const [chosen, setChosen] = useState(what.messages);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState('');
  const form = useRef<HTMLFormElement>(null);
  const seen = newest(messages);

  useEffect(() => {
    stopWriting();
    (form.current?.querySelector<HTMLElement>(to.length > 0 ? 'textarea' : '.recipient-field input') ?? form.current?.querySelector<HTMLElement>('input'))?.focus();
  }, []);
  const write = (next: { text?: string; to?: string[]; cc?: string[] }) => {
    setFailure('');
    if (next.text !== undefined) setText(next.text);
    if (next.to) setTo(next.to);
    if (next.cc) setCc(next.cc);
    if (!original) keep(conversation.id, 'forward', next.text ?? text, seen, { to: next.to ?? to, cc: next.cc ?? cc });
  };
  const close = () => { passing.value = null; };
  const empty = !original && chosen.length === 0 && (what.answers === '' || text.trim() === '');
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy) return;
    if (to.length === 0) return setFailure(say('forward.to.missing'));
    if (empty) return setFailure(say(what.answers ? 'forward.text.missing' : 'forward.none'));
    setBusy(true);
    try {
      await deliver(conversation.id, what, to, cc, text, chosen);
    } catch (error) {
      setBusy(false);
      setFailure(error instanceof Problem && error.errors.length > 0 ? error.errors.map(({ message }) => message ?? '').join(' ') : reason(error));
    }
  };
  const first = to[0] ? emailOf(to[0]) : '';
  return (
    <form ref={form} noValidate class="composer editor editor-third" onSubmit={(event) => void submit(event)}
      onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.current?.requestSubmit(); } }}>
      <div class="editor-head">
        <Icon name="forward" size={16} />
        <span class="editor-to"><b>{say(original ? 'forward.redirect' : answered ? 'forward.answer' : 'forward.title')}</b>{' '}<span class="muted">{say(original ? 'forward.redirect.effect' : 'forward.effect')}</span></span>
        <button type="button" class="tool" title={`${say('composer.close')} (Esc)`} onClick={close}><Icon name="down" size={16} /><span class="sr">{say('composer.close')}</span></button>
      </div>
      <div class="recipients">
        <Field label={say('composer.to')} list={to} change={(list) => write({ to: list })} />
        <Field label={say('composer.cc')} list={cc} change={(list) => write({ cc: list })} />
      </div>
      {failure && <p class="failed" role="alert">{failure}</p>}
      {original ? <p class="forward-one" dir="auto"><Line message={original} /></p> : (
        <>
          <textarea dir="auto" rows={3} value={text} readOnly={busy} aria-label={say('forward.text')} placeholder={say('forward.placeholder')} onInput={(event) => write({ text: event.currentTarget.value })} />
          <Choice messages={messages} chosen={chosen} choose={(list) => { setChosen(list); setFailure(''); }} />
        </>
      )}
      <div class="editor-foot">
        <button class="button button-primary" disabled={busy}>{busy ? say('composer.sending') : first ? say(original ? 'forward.pass' : answered ? 'composer.send' : 'forward.send', { to: first }) : say(original ? 'forward.redirect' : 'forward.go')}<kbd>{keyLabel('send')}</kbd></button>
        {text !== '' && !original && <button type="button" class="button button-quiet" onClick={() => { void drop(conversation.id, 'forward'); close(); }}>{say('composer.discard')}</button>}
      </div>
    </form>
  );
}

async function deliver(conversation: string, what: Passing, to: string[], cc: string[], text: string, messages: string[]): Promise<void> {
  let sent: Message;
  if (what.redirect) {
    const body: ResendInputBody = { to, ...(cc.length > 0 && { cc }) };
    sent = await call<Message>('POST', `/messages/${what.redirect}/redirect`, body);
  } else {
    const body: ForwardInputBody = { to, text, messages, ...(cc.length > 0 && { cc }), ...(what.answers && { answers: what.answers }) };
    sent = await call<Message>('POST', `/conversations/${conversation}/forward`, body);
    await drop(conversation, 'forward');
  }
  if (passing.value?.conversation === conversation) passing.value = null;
  void refreshCounts();
  if (sent.deliveries.some(({ state }) => state === 'held')) offerUndo(conversation, sent, () => undefined);
  else tell(say('forward.sent'));
  await refreshThread(conversation);
  requestAnimationFrame(() => document.querySelector<HTMLElement>('.log')?.focus({ preventScroll: true }));
}

function Line({ message }: { message: Message }) {
  const who = message.author?.name || message.from[0]?.name || message.from[0]?.email || '';
  return <><b>{who}</b> <span class="muted">{moment(message.received_at, now.value)}</span> {message.third_party && <span class="chip chip-third">{say('thread.third')}</span>} <span class="forward-preview">{message.preview}</span></>;
}

/** The messages that can be forwarded, those of third parties only if somebody wants it. */
function Choice({ messages, chosen, choose }: { messages: Message[]; chosen: string[]; choose: (list: string[]) => void }) {
  const possible = messages.filter(forwardable);
  const usual = possible.filter((one) => !one.third_party).map(({ id }) => id);
  const all = usual.length > 0 && usual.every((id) => chosen.includes(id));
  return (
    <details class="forward-choice" open={possible.length <= 3}>
      <summary>{count('forward.chosen', chosen.length)}</summary>
      {usual.length > 1 && <button type="button" class="quiet" aria-pressed={all} onClick={() => choose(all ? [] : usual)}>{say(all ? 'forward.clear' : 'forward.all')}</button>}
      <ul>
        {possible.map((one) => (
          <li key={one.id}><label dir="auto"><input type="checkbox" checked={chosen.includes(one.id)} onChange={(event) => choose(event.currentTarget.checked ? [...chosen, one.id] : chosen.filter((id) => id !== one.id))} /><span><Line message={one} /></span></label></li>
        ))}
      </ul>
    </details>
  );
}

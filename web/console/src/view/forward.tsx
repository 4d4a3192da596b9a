// Mail to third parties: loaded when an agent writes one.
import '../text/pages';
import '../style/forward.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, call, Problem } from '../api';
import { emailOf } from '../state/asked';
import { now, reason, refreshCounts, tell } from '../state/desk';
import { dropFiles, filesOf, LIMIT, recallFiles } from '../state/files';
import { type Chosen, recall, remember, resumed } from '../state/forwarding';
import { listOf } from '../state/kept';
import { forwardable, passing, usual } from '../state/passing';
import { offerUndo } from '../state/sending';
import { drafts, drop, keep } from '../state/sync';
import { refreshThread } from '../state/thread';
import { newest } from '../state/timeline';
import { addressed, stopWriting } from '../state/writing';
import { count, say } from '../text/say';
import { moment } from '../text/time';
import type { Conversation, ForwardInputBody, Message, ResendInputBody } from '../wire';
import { add, AttachButton, Attachments } from './attachments';
import { Icon } from './icon';
import { Field } from './recipients';
import { timeOf, WhenFields, wrongTime } from './sendlater';
import { keyLabel } from './shortcuts';

interface Props { conversation: Conversation; messages: Message[] }

/** Whom an answer to a third party goes to. */
function authors(message: Message | undefined): string[] {
  return ((message?.direction === 'inbound' ? message.from : message?.to) ?? []).map(addressed);
}

/** The addresses that mail of a conversation can be sent from, the usual one first. */
function useSenders(conversation: string): string[] {
  const [found, setFound] = useState<string[]>([]);
  useEffect(() => { api.recipients(conversation).then(({ from }) => setFound(from), () => undefined); }, [conversation]);
  return found;
}

export function Forwarding({ conversation, messages }: Props) {
  const id = conversation.id;
  const what = passing.value!;
  const list = listOf(id, 'forward');
  const original = messages.find((one) => one.id === what.redirect);
  const [begun] = useState(() => (original ? null : recall(id)));
  const [{ answers, messages: first }] = useState(() => resumed(begun, what, usual(messages), messages.map((one) => one.id)));
  const answered = messages.find((one) => one.id === answers);
  const kept = original ? null : drafts.read(id, 'forward');
  const [values, setValues] = useState<Chosen>({
    to: kept?.to ?? (begun?.answers === answers ? begun.to : authors(answered)), cc: kept?.cc ?? (begun?.answers === answers ? begun.cc : []), from: begun?.from ?? '', messages: first, answers,
  });
  const [text, setText] = useState(kept?.text ?? '');
  const [when, setWhen] = useState<string | null>(null); // null: at once
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState('');
  const form = useRef<HTMLFormElement>(null);
  const senders = useSenders(id);
  const { to, cc, from, messages: chosen } = values;
  const files = original ? [] : filesOf(list);
  const uploading = files.some((file) => !file.id);
  const tooMuch = files.reduce((sum, file) => sum + file.size, 0) > LIMIT;

  useEffect(() => {
    stopWriting();
    recallFiles(list);
    (form.current?.querySelector<HTMLElement>(to.length > 0 ? 'textarea' : '.recipient-field input') ?? form.current?.querySelector<HTMLElement>('input'))?.focus();
  }, []);
  const write = (next: Partial<Chosen>, written = text) => {
    setFailure('');
    setText(written);
    const all = { ...values, ...next };
    setValues(all);
    if (original) return;
    remember(id, all);
    keep(id, 'forward', written, newest(messages), { to: all.to, cc: all.cc });
  };
  const close = () => { passing.value = null; };
  const discard = () => {
    void drop(id, 'forward');
    dropFiles(list);
    remember(id, null);
    close();
  };
  const take = (event: Event, data: DataTransfer | null) => {
    const dropped = [...(data?.files ?? [])];
    if (dropped.length === 0 || original) return;
    event.preventDefault();
    void add(list, dropped, true);
  };
  const empty = !original && chosen.length === 0 && (answers === '' || text.trim() === '');
  const at = when === null ? null : timeOf(when);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy || uploading || tooMuch) return;
    if (to.length === 0) return setFailure(say('forward.to.missing'));
    if (empty) return setFailure(say(answers ? 'forward.text.missing' : 'forward.none'));
    if (when !== null && at === null) return setFailure(wrongTime(when) || say('snooze.bad'));
    setBusy(true);
    try {
      await deliver(id, what.redirect, values, text, at);
    } catch (error) {
      setBusy(false);
      setFailure(error instanceof Problem && error.errors.length > 0 ? error.errors.map(({ message }) => message ?? '').join(' ') : reason(error));
    }
  };
  const recipient = to[0] ? emailOf(to[0]) : '';
  const label = () => {
    if (busy) return say('composer.sending');
    if (files.some((file) => !file.id && !file.failure)) return say('composer.uploading');
    if (!recipient) return say(original ? 'forward.redirect' : 'forward.go');
    if (at !== null) return say('composer.sendAt', { to: recipient, time: moment(new Date(at).toISOString(), now.value) });
    return say(original ? 'forward.pass' : answered ? 'composer.send' : 'forward.send', { to: recipient });
  };
  return (
    <form ref={form} noValidate class="composer editor editor-third" onSubmit={(event) => void submit(event)}
      onDragOver={(event) => { if (!original) event.preventDefault(); }} onDrop={(event) => take(event, event.dataTransfer)}
      onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.current?.requestSubmit(); } }}>
      <div class="editor-head">
        <Icon name="forward" size={16} />
        <span class="editor-to"><b>{say(original ? 'forward.redirect' : answered ? 'forward.answer' : 'forward.title')}</b>{' '}<span class="muted">{say(original ? 'forward.redirect.effect' : 'forward.effect')}</span></span>
        <button type="button" class="tool" title={`${say('composer.close')} (Esc)`} onClick={close}><Icon name="down" size={16} /><span class="sr">{say('composer.close')}</span></button>
      </div>
      <div class="recipients">
        <Field label={say('composer.to')} list={to} change={(next) => write({ to: next })} />
        <Field label={say('composer.cc')} list={cc} change={(next) => write({ cc: next })} />
        {senders.length > 1 && (
          <label class="recipient-field">
            <span class="recipient-label">{say('composer.sender')}</span>
            <select disabled={busy} value={senders.includes(from) ? from : senders[0]} onChange={(event) => write({ from: event.currentTarget.value })}>
              {senders.map((one) => <option key={one} value={one}>{one}</option>)}
            </select>
          </label>
        )}
      </div>
      {failure && <p class="failed" role="alert">{failure}</p>}
      {original ? <p class="forward-one" dir="auto"><Line message={original} /></p> : (
        <>
          <textarea dir="auto" rows={3} value={text} readOnly={busy} aria-label={say('forward.text')} placeholder={say('forward.placeholder')}
            onInput={(event) => write({}, event.currentTarget.value)} onPaste={(event) => take(event, event.clipboardData)} />
          <Choice messages={messages} chosen={chosen} choose={(next) => write({ messages: next })} />
          <Attachments conversation={list} />
          {when !== null && <WhenFields text={when} change={(next) => { setWhen(next); setFailure(''); }} zone="" autofocus />}
        </>
      )}
      <div class="editor-foot">
        <button class="button button-primary" disabled={busy || uploading || tooMuch}>{label()}<kbd>{keyLabel('send')}</kbd></button>
        {!original && <button type="button" class="button button-quiet" disabled={busy} onClick={() => setWhen(when === null ? '' : null)}><Icon name="clock" size={15} />{say(when === null ? 'composer.later' : 'composer.atOnce')}</button>}
        {!original && <AttachButton conversation={list} disabled={busy} />}
        {!original && (text !== '' || files.length > 0 || recall(id) !== null) && <button type="button" class="button button-quiet" disabled={busy} onClick={discard}>{say('composer.discard')}</button>}
      </div>
    </form>
  );
}

async function deliver(conversation: string, redirect: string, values: Chosen, text: string, at: number | null): Promise<void> {
  const { to, cc, from, messages, answers } = values;
  const list = listOf(conversation, 'forward');
  const shared = { to, ...(cc.length > 0 && { cc }), ...(from && { from }) };
  let sent: Message;
  let back = () => {};
  if (redirect) {
    sent = await call<Message>('POST', `/messages/${redirect}/redirect`, shared satisfies ResendInputBody);
  } else {
    const attachments = filesOf(list).map(({ id }) => id);
    const body: ForwardInputBody = { ...shared, text, messages, ...(answers && { answers }), ...(attachments.length > 0 && { attachments }), ...(at !== null && { send_at: new Date(at).toISOString() }) };
    sent = await call<Message>('POST', `/conversations/${conversation}/forward`, body);
    const files = dropFiles(list);
    remember(conversation, null);
    back = () => { files(); remember(conversation, values); };
    await drop(conversation, 'forward');
  }
  if (passing.value?.conversation === conversation) passing.value = null;
  void refreshCounts();
  if (sent.deliveries.some(({ state }) => state === 'held' || state === 'scheduled')) offerUndo(conversation, sent, back);
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
      <summary>{chosen.length > 0 ? count('forward.chosen', chosen.length) : say('forward.nothing')}</summary>
      {usual.length > 1 && <button type="button" class="quiet" aria-pressed={all} onClick={() => choose(all ? [] : usual)}>{say(all ? 'forward.clear' : 'forward.all')}</button>}
      <ul>
        {possible.map((one) => (
          <li key={one.id}><label dir="auto"><input type="checkbox" checked={chosen.includes(one.id)} onChange={(event) => choose(event.currentTarget.checked ? [...chosen, one.id] : chosen.filter((id) => id !== one.id))} /><span><Line message={one} /></span></label></li>
        ))}
      </ul>
    </details>
  );
}

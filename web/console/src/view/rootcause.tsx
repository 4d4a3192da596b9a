// One root cause: who is affected, and what they are told.
import { useEffect, useRef, useState } from 'preact/hooks';
import { nameOf } from '../text/person';
import { now, reason, tell } from '../state/desk';
import { type Draft, rootCauses, shown } from '../state/rootcauses';
import { second } from '../state/tick';
import { count, say, sayIf } from '../text/say';
import { moment } from '../text/time';
import type { Affected, RootCause, RootCauseUpdate, UpdateAnswer } from '../wire';
import { Text } from './fields';
import { ChannelIcon, Icon } from './icon';
import { Form } from './rootcauses';

/** How often it is read again while an update is on its way, in milliseconds. */
const AGAIN_MS = 1500;

export function Detail({ id }: { id: string }) {
  const [cause, setCause] = useState<RootCause | null>(null);
  const [failure, setFailure] = useState('');
  const [editing, setEditing] = useState(false);
  const [number, setNumber] = useState('');
  const heading = useRef<HTMLHeadingElement>(null);
  const read = cause !== null;
  useEffect(() => heading.current?.focus(), [read]); // the button that led here is gone
  const load = () => rootCauses.one(id).then((read) => { setCause(read); setFailure(''); }, (error: unknown) => setFailure(reason(error)));
  useEffect(() => void load(), [id]);
  const waiting = cause?.updates.some((one) => one.waiting > 0) ?? false;
  useEffect(() => {
    if (!waiting) return;
    const timer = setInterval(() => void load(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [waiting]);
  const change = async (task: Promise<unknown>, text: string) => {
    try {
      await task;
      tell(text);
    } catch (error) {
      tell(say('done.failed', { reason: reason(error) }), { bad: true });
    }
    await load();
  };
  const back = <p class="cause-back"><button class="button" onClick={() => (shown.value = null)}><Icon name="back" size={16} />{say('rootcauses.back')}</button></p>;
  if (!cause) {
    return failure ? <>{back}<div class="empty" role="alert"><p>{say('rootcauses.unloaded', { reason: failure })}</p><button class="button" onClick={() => void load()}>{say('net.retry')}</button></div></>
      : <>{back}<div class="skeleton" aria-hidden="true"><div class="bones"><i /><i class="short" /></div></div></>;
  }
  const { title, status } = cause;
  const next = status === 'open' ? 'fixed' : 'open';
  return (
    <>
      {back}
      <header class="page-head">
        <h1 dir="auto" tabIndex={-1} ref={heading}>{title}</h1>
        <p class="channel-head"><span class={`chip cause-${status}`}>{say(`rootcauses.status.${status}`)}</span>
          <span class="muted">{say('rootcauses.created', { name: cause.created_by.name, time: moment(cause.created_at, now.value) })}</span>
          {cause.url && <a href={cause.url} target="_blank" rel="noopener noreferrer">{say('rootcauses.tracker')}</a>}</p>
        {!editing && cause.note && <p class="cause-note" dir="auto">{cause.note}</p>}
        {editing ? <Form cause={cause} done={(saved) => { setEditing(false); if (saved) setCause(saved); }} /> : <p class="cause-tools">
          <button class="button" onClick={() => setEditing(true)}>{say('rootcauses.edit')}</button>
          <button class="button" onClick={() => void change(rootCauses.change(id, { status: next }), say('rootcauses.saved', { title }))}>{say(next === 'fixed' ? 'rootcauses.fix' : 'rootcauses.reopen')}</button>
        </p>}
      </header>
      <section aria-label={say('rootcauses.affected')}>
        <h2>{say('rootcauses.affected')}</h2>
        {cause.affected.length > 0 ? <p class="muted">{say('rootcauses.affected.sum', { conversations: count('rootcauses.count', cause.affected.length), contacts: count('rootcauses.contacts', cause.contacts), accounts: count('rootcauses.accounts', cause.accounts) })}</p>
          : <p class="muted">{say('rootcauses.affected.none')}</p>}
        {cause.affected.length > 0 && <ul class="raws" aria-label={say('rootcauses.affected')}>{cause.affected.map((one) => <Customer key={one.conversation.id} one={one} unlink={() => void change(rootCauses.unlink(id, one.conversation.id), say('rootcauses.unlinked', { title }))} />)}</ul>}
        {cause.hidden > 0 && <p class="muted">{count('rootcauses.hidden', cause.hidden)}</p>}
        <form class="cause-tools" onSubmit={(event) => { event.preventDefault(); if (number.trim()) void change(rootCauses.link(id, number.trim()), say('rootcauses.linked', { title })).then(() => setNumber('')); }}>
          <input class="field" inputMode="numeric" aria-label={say('rootcauses.number')} placeholder={say('rootcauses.number')} value={number} onInput={(event) => setNumber(event.currentTarget.value)} />
          <button class="button">{say('rootcauses.link')}</button>
        </form>
      </section>
      {cause.affected.length > 0 && <Writer id={id} sent={() => void load()} />}
      <section aria-label={say('rootcauses.updates')}>
        <h2>{say('rootcauses.updates')}</h2>
        {cause.updates.length === 0 ? <p class="muted">{say('rootcauses.updates.none')}</p>
          : <ul class="raws" aria-label={say('rootcauses.updates')}>{cause.updates.map((one) => <Update key={one.id} one={one} undo={() => void change(rootCauses.cancel(id, one.id), say('rootcauses.updates.undone'))} />)}</ul>}
      </section>
    </>
  );
}

function Customer({ one, unlink }: { one: Affected; unlink: () => void }) {
  const { conversation, contact, account, merged_into } = one;
  return (
    <li class="raw cause-row">
      <ChannelIcon channel={one.channel} label={sayIf(`channel.${one.channel}`, one.channel)} size={15} />
      <div class="raw-body">
        <p><b dir="auto">{nameOf(contact)}</b> <span class="muted">· <bdi>{account.name}</bdi></span></p>
        <p class="muted"><a href={`#/c/${conversation.id}`}>#{conversation.number} <bdi>{conversation.subject}</bdi></a> · {say(`status.${conversation.status}`)}{merged_into && ` · ${say('rootcauses.merged', { number: merged_into.number })}`}</p>
      </div>
      <div class="raw-tools"><button class="quiet" aria-label={say('rootcauses.unlinkOf', { number: conversation.number })} onClick={unlink}>{say('rootcauses.unlink')}</button></div>
    </li>
  );
}

/** Writes an update, which is sent only after it was looked at. */
function Writer({ id, sent }: { id: string; sent: () => void }) {
  const [text, setText] = useState('');
  const [resolve, setResolve] = useState(false);
  const [preview, setPreview] = useState<UpdateAnswer | null>(null);
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const key = useRef('');
  const draft: Draft = { text, ...(resolve && { then: 'resolve' }) };
  const edit = (change: () => void) => { change(); setPreview(null); setWrong(''); };
  const run = async (task: () => Promise<void>) => {
    if (busy) return;
    setBusy(true);
    await task().catch((error: unknown) => setWrong(reason(error)));
    setBusy(false);
  };
  const look = () => run(async () => {
    setPreview(await rootCauses.preview(id, draft));
    key.current = crypto.randomUUID();
  });
  const send = () => run(async () => {
    await rootCauses.send(id, draft, key.current);
    tell(say('rootcauses.update.written'));
    edit(() => setText(''));
    sent();
  });
  const not = preview ? preview.preview.length - preview.recipients : 0;
  return (
    <form aria-label={say('rootcauses.update')} onSubmit={(event) => { event.preventDefault(); if (text.trim()) void look(); }}>
      <h2>{say('rootcauses.update')}</h2>
      <div class="cause-form">
        <Text name="update" label={say('rootcauses.update.text')} hint={say('rootcauses.update.hint')} value={text} rows={6} change={(typed) => edit(() => setText(typed))} />
        <label class="target cause-then"><input type="checkbox" checked={resolve} onChange={(event) => { const on = event.currentTarget.checked; edit(() => setResolve(on)); }} /><span>{say('rootcauses.update.resolve')}</span></label>
        <p class="wrong" role="alert">{wrong}</p>
      </div>
      {preview && (
        <div class="cause-preview" role="group" aria-label={say('rootcauses.update.preview')}>
          <p role="status">{preview.recipients > 0 ? count('rootcauses.update.gets', preview.recipients) : say('rootcauses.update.nobody')}{not > 0 && `, ${count('rootcauses.update.not', not)}`}.{preview.left_out > 0 && ` ${count('rootcauses.hidden', preview.left_out)}`}</p>
          {preview.preview.map((one) => (
            <details key={one.conversation.id} open={one.reason !== '' || preview.recipients === 1}>
              <summary><b dir="auto">{nameOf(one.contact)}</b> <span class="muted">#{one.conversation.number}</span></summary>
              {one.reason ? <p class="cause-refused">{one.reason}</p> : <blockquote dir="auto">{one.text}</blockquote>}
            </details>
          ))}
        </div>
      )}
      <p class="cause-tools">
        <button class={preview ? 'button' : 'button button-primary'} disabled={busy || !text.trim()}>{say('rootcauses.update.preview')}</button>
        {preview && preview.recipients > 0 && <button type="button" class="button button-primary" disabled={busy} onClick={() => void send()}>{count('rootcauses.update.send', preview.recipients)}</button>}
      </p>
    </form>
  );
}

function Update({ one, undo }: { one: RootCauseUpdate; undo: () => void }) {
  const left = Math.ceil((Date.parse(one.send_at) - second.value) / 1000);
  return (
    <li class="raw">
      <Icon name="up" />
      <div class="raw-body">
        <p class="channel-head"><span class="muted">{say('rootcauses.updates.by', { name: one.author.name, time: moment(one.created_at, now.value) })}</span>
          {(['waiting', 'sent', 'skipped', 'cancelled'] as const).map((state) => one[state] > 0 && <span key={state} class="chip">{say(`rootcauses.updates.${state}`, { n: one[state] })}</span>)}</p>
        <p class="cause-text" dir="auto">{one.text}</p>
        {one.left_out > 0 && <p class="muted">{say('rootcauses.updates.leftOut', { n: one.left_out })}</p>}
        {one.not_sent.map((not) => <p key={not.conversation.id} class="cause-refused"><a href={`#/c/${not.conversation.id}`}>#{not.conversation.number}</a>: {not.reason}</p>)}
      </div>
      {one.waiting > 0 && <div class="raw-tools"><button class="button" onClick={undo}>{say('rootcauses.updates.undo')}{left > 0 && <span aria-hidden="true"> {left}</span>}</button></div>}
    </li>
  );
}

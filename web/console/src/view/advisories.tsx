// Advisories: notices to many customers. A page of its own, loaded when it is opened.
import '../text/advisories';
import '../style/advisories.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, Problem } from '../api';
import { inboxes, now, reason, tell } from '../state/desk';
import { advisories } from '../state/advisories';
import { nameOf } from '../text/person';
import { count, say } from '../text/say';
import { moment } from '../text/time';
import type { AccountName, Advisory, AdvisoryRecipient } from '../wire';
import { Text, Ticks } from './fields';
import { Icon } from './icon';

/** How often it is read again while it is sent, in milliseconds. */
const AGAIN_MS = 1500;

const all = (a: Advisory) => a.waiting + a.sent + a.cancelled;

/** The page: the list, or one advisory. */
export function Page() {
  const [open, setOpen] = useState<string | null>(null);
  const [editing, setEditing] = useState<Advisory | 'new' | null>(null);
  return (
    <main class="page advisories" aria-label={say('view.advisories')}>
      {editing ? <Form advisory={editing === 'new' ? null : editing} done={(saved) => { setEditing(null); if (saved) setOpen(saved.id); }} />
        : open ? <Detail key={open} id={open} back={() => setOpen(null)} edit={setEditing} /> : <List add={() => setEditing('new')} open={setOpen} />}
    </main>
  );
}

function List({ add, open }: { add: () => void; open: (id: string) => void }) {
  const [list, setList] = useState<readonly Advisory[] | null>(null);
  const [more, setMore] = useState(false);
  const [failure, setFailure] = useState('');
  const load = () => advisories.list().then((page) => { setList(page.data); setMore(page.next_cursor !== null); setFailure(''); }, (error: unknown) => setFailure(reason(error)));
  useEffect(() => void load(), []);
  return (
    <>
      <header class="page-head">
        <h1>{say('view.advisories')}</h1>
        <p class="muted">{say('advisories.explain')}</p>
        <p class="advisory-tools"><button class="button button-primary" onClick={add}><Icon name="plus" size={16} />{say('advisories.add')}</button></p>
      </header>
      {failure && <div class="empty" role="alert"><p>{say('advisories.unloaded', { reason: failure })}</p><button class="button" onClick={() => void load()}>{say('net.retry')}</button></div>}
      {!list && !failure && <div class="skeleton" aria-hidden="true">{[1, 2, 3].map((i) => <div class="bones" key={i}><i /><i class="short" /></div>)}</div>}
      {list?.length === 0 && !failure && <div class="empty"><Icon name="horn" size={30} /><p>{say('advisories.none')}</p><p class="muted">{say('advisories.none.hint')}</p></div>}
      {list && list.length > 0 && <ul class="raws" aria-label={say('view.advisories')}>{list.map((one) => (
        <li class="raw" key={one.id}><div class="raw-body">
          <p class="channel-head"><button class="advisory-title" dir="auto" aria-label={say('advisories.open', { subject: one.subject })} onClick={() => open(one.id)}>{one.subject}</button>
            <span class={`chip advisory-${one.state}`}>{say(`advisories.state.${one.state}`)}</span></p>
          <p class="muted">{say('advisories.by', { name: one.author.name, time: moment(one.created_at, now.value) })}{one.started_at && ` · ${say('advisories.progress', { sent: one.sent, all: all(one) })}`}</p>
        </div></li>
      ))}</ul>}
      {more && <p class="muted">{say('advisories.more')}</p>}
    </>
  );
}

function Detail({ id, back, edit }: { id: string; back: () => void; edit: (a: Advisory) => void }) {
  const [one, setOne] = useState<Advisory | null>(null);
  const [failure, setFailure] = useState('');
  const [refused, setRefused] = useState('');
  const title = useRef<HTMLHeadingElement>(null);
  const load = () => advisories.one(id).then((read) => { setOne(read); setFailure(''); }, (error: unknown) => setFailure(reason(error)));
  useEffect(() => void load(), [id]);
  const read = one !== null;
  useEffect(() => title.current?.focus(), [read]); // the button that led here is gone
  const sending = one?.state === 'sending';
  useEffect(() => {
    if (!sending) return;
    const timer = setInterval(() => void load(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [sending]);
  const move = async (action: 'send' | 'pause' | 'cancel', sure: string) => {
    if (sure && !confirm(sure)) return;
    try {
      setOne(await advisories.move(id, action));
      setRefused('');
    } catch (error) {
      setRefused(reason(error)); // it stays: this is to be read, and something has to be changed
      void load();
    }
  };
  const top = <p class="advisory-back"><button class="button" onClick={back}><Icon name="back" size={16} />{say('advisories.back')}</button></p>;
  if (!one) {
    return failure ? <>{top}<div class="empty" role="alert"><p>{say('advisories.unloaded', { reason: failure })}</p><button class="button" onClick={() => void load()}>{say('net.retry')}</button></div></>
      : <>{top}<div class="skeleton" aria-hidden="true"><div class="bones"><i /><i class="short" /></div></div></>;
  }
  const { subject, state, waiting, skipped } = one;
  const names = [...one.segments, ...one.accounts.map((account) => account.name)];
  return (
    <>
      {top}
      <header class="page-head">
        <h1 dir="auto" tabIndex={-1} ref={title}>{subject}</h1>
        <p class="channel-head"><span class={`chip advisory-${state}`}>{say(`advisories.state.${state}`)}</span><span class="muted">{say('advisories.by', { name: one.author.name, time: moment(one.created_at, now.value) })}</span></p>
        <p class="muted" dir="auto">{names.length > 0 ? say('advisories.to', { names: names.join(', ') }) : say('advisories.nobody')}</p>
        <p class="advisory-text" dir="auto">{one.text}</p>
        {state === 'draft' ? <p role="status">{count('advisories.gets', waiting)}{skipped > 0 && `, ${count('advisories.not', skipped)}`}.</p>
          : one.started_at && <><p role="status">{say('advisories.progress', { sent: one.sent, all: all(one) })}{skipped > 0 && `, ${say('advisories.leftOut', { n: skipped })}`}.</p>{state !== 'done' && <progress aria-label={say('advisories.progress', { sent: one.sent, all: all(one) })} value={one.sent} max={Math.max(1, all(one))} />}</>}
        {refused && <p class="advisory-alert" role="alert">{say('advisories.refused', { reason: refused })}</p>}
        <p class="advisory-tools">
          {state === 'draft' && waiting > 0 && <button class="button button-primary" onClick={() => void move('send', count('advisories.send.sure', waiting, { subject }))}>{count('advisories.send', waiting)}</button>}
          {state === 'draft' && <button class="button" onClick={() => edit(one)}>{say('advisories.edit')}</button>}
          {state === 'paused' && <button class="button button-primary" onClick={() => void move('send', '')}>{say('advisories.continue')}</button>}
          {state === 'sending' && <button class="button" onClick={() => void move('pause', '')}>{say('advisories.pause')}</button>}
          {(state === 'draft' || state === 'sending' || state === 'paused') && <button class="button button-quiet" onClick={() => void move('cancel', say('advisories.cancel.sure', { subject }))}>{say('advisories.cancel')}</button>}
        </p>
      </header>
      <Recipients advisory={one} />
    </>
  );
}

/** Who gets an advisory, and who does not. */
function Recipients({ advisory }: { advisory: Advisory }) {
  const { id, state, sent, skipped, waiting } = advisory;
  const [shown, setShown] = useState('');
  const [list, setList] = useState<readonly AdvisoryRecipient[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [failure, setFailure] = useState('');
  const load = (cursor: string) => advisories.recipients(id, shown, cursor).then((page) => { setList((before) => (cursor ? [...before, ...page.data] : page.data)); setNext(page.next_cursor); setFailure(''); }, (error: unknown) => setFailure(reason(error)));
  useEffect(() => void load(''), [shown, state, sent, skipped, waiting]);
  return (
    <section aria-label={say('advisories.recipients')}>
      <h2>{say('advisories.recipients')}</h2>
      <p class="advisory-tools"><select class="field" aria-label={say('advisories.filter')} value={shown} onChange={(event) => setShown(event.currentTarget.value)}>
        {(['all', 'waiting', 'sent', 'skipped'] as const).map((one) => <option key={one} value={one === 'all' ? '' : one}>{say(`advisories.filter.${one}`)}</option>)}
      </select></p>
      <p class="wrong" role="alert">{failure}</p>
      {list.length === 0 && !failure ? <p class="muted">{say('advisories.recipients.none')}</p> : <ul class="raws" aria-label={say('advisories.recipients')}>{list.map((one) => (
        <li class="raw advisory-row" key={one.contact.id}><div class="raw-body">
          <p><b dir="auto">{nameOf(one.contact)}</b> <span class="muted">{one.contact.address !== nameOf(one.contact) && one.contact.address && `${one.contact.address} · `}<bdi>{one.account.name}</bdi></span></p>
          {one.reason && <p class="advisory-refused">{one.reason}</p>}
        </div>{one.conversation_id && <div class="raw-tools">{one.at && <span class="muted">{say('advisories.sentAt', { time: moment(one.at, now.value) })}</span>}<a class="quiet" href={`#/c/${one.conversation_id}`}>{say('advisories.conversation')}<span class="sr">: {nameOf(one.contact)}</span></a></div>}</li>
      ))}</ul>}
      {next && <p class="advisory-tools"><button class="button" onClick={() => void load(next)}>{say('advisories.recipients.more')}</button></p>}
    </section>
  );
}

interface Values { subject: string; text: string; inbox: string; segments: readonly string[]; accounts: readonly AccountName[] }

/** Writes a draft, or changes one. */
function Form({ advisory, done }: { advisory: Advisory | null; done: (saved: Advisory | null) => void }) {
  const [values, setValues] = useState<Values>(advisory ?? { subject: '', text: '', inbox: inboxes.value[0]?.key ?? '', segments: [], accounts: [] });
  const [segments, setSegments] = useState<readonly string[]>([]);
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector('input')?.focus(), []);
  useEffect(() => { if (Object.keys(wrong).length > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(); }, [wrong]);
  const set = (change: Partial<Values>) => { setValues({ ...values, ...change }); setWrong({}); };
  useEffect(() => void api.policyNames().then((names) => setSegments(names.segments), () => undefined), []);
  const save = async () => {
    if (busy) return;
    if (!values.subject.trim()) return setWrong({ subject: say('advisories.subject.missing') });
    setBusy(true);
    const body = { subject: values.subject, text: values.text, inbox: values.inbox, segments: [...values.segments], accounts: values.accounts.map((one) => one.id) };
    try {
      const saved = await (advisory ? advisories.change(advisory.id, body) : advisories.create(body));
      tell(say('advisories.saved', { subject: saved.subject }));
      done(saved);
    } catch (error) {
      setBusy(false);
      const fields = error instanceof Problem ? error.errors : [];
      setWrong(fields.length > 0 ? Object.fromEntries(fields.map(({ location = '', message = '' }) => [location.replace(/^body\./, '').replace(/\[.*/, ''), message])) : { '': reason(error) });
    }
  };
  const title = say(advisory ? 'advisories.edit' : 'advisories.add');
  return (
    <form ref={form} class="advisory-form" noValidate aria-label={title} onSubmit={(event) => { event.preventDefault(); void save(); }}>
      <header class="page-head"><h1>{title}</h1></header>
      <Text name="subject" label={say('advisories.subject')} wrong={wrong.subject} value={values.subject} change={(subject) => set({ subject })} />
      <Text name="text" label={say('advisories.text')} hint={say('advisories.text.hint')} wrong={wrong.text} value={values.text} rows={8} change={(text) => set({ text })} />
      <label class="labelled"><span>{say('advisories.inbox')}</span><select class="field" value={values.inbox} onChange={(event) => set({ inbox: event.currentTarget.value })}>{inboxes.value.map((one) => <option key={one.key} value={one.key}>{one.name}</option>)}</select></label>
      <Ticks name="segments" label={say('advisories.segments')} wrong={wrong.segments} options={segments.map((one) => ({ value: one, label: one }))} chosen={values.segments} change={(chosen) => set({ segments: chosen })} />
      <Accounts chosen={values.accounts} wrong={wrong.accounts} change={(accounts) => set({ accounts })} />
      <p class="wrong" role="alert">{wrong[''] ?? wrong.inbox}</p>
      <p class="advisory-tools"><button class="button button-primary" disabled={busy}>{say('advisories.save')}</button><button type="button" class="button button-quiet" onClick={() => done(null)}>{say('dialog.cancel')}</button></p>
    </form>
  );
}

/** A choice of accounts by a part of their names. */
function Accounts({ chosen, wrong, change }: { chosen: readonly AccountName[]; wrong: string | undefined; change: (chosen: readonly AccountName[]) => void }) {
  const [query, setQuery] = useState('');
  const [found, setFound] = useState<readonly AccountName[]>([]);
  const words = query.trim();
  useEffect(() => {
    if (!words) return setFound([]);
    let gone = false;
    const timer = setTimeout(() => void advisories.accounts(words).then((list) => { if (!gone) setFound(list); }, () => undefined), 120);
    return () => { gone = true; clearTimeout(timer); };
  }, [words]);
  const rest = found.filter((one) => !chosen.some((other) => other.id === one.id));
  return (
    <fieldset class="labelled"><legend>{say('advisories.accounts')}</legend>
      {chosen.length > 0 && <p class="advisory-chosen">{chosen.map((one) => <button type="button" class="button" dir="auto" key={one.id} aria-label={say('advisories.accounts.drop', { name: one.name })} onClick={() => change(chosen.filter((other) => other.id !== one.id))}>{one.name}<Icon name="close" size={14} /></button>)}</p>}
      <input class="field" dir="auto" aria-label={say('advisories.accounts.find')} placeholder={say('advisories.accounts.find')} value={query} onInput={(event) => setQuery(event.currentTarget.value)} onKeyDown={(event) => { if (event.key === 'Enter') event.preventDefault(); }} />
      {rest.length > 0 && <p class="advisory-found">{rest.map((one) => <button type="button" class="button" dir="auto" key={one.id} onClick={() => { change([...chosen, { id: one.id, name: one.name }]); setQuery(''); }}>{one.name}</button>)}</p>}
      <p class="wrong">{wrong}</p>
    </fieldset>
  );
}

// Root causes: the page, and what the side panel shows of them. Loaded with the first conversation.
import '../text/rootcauses';
import '../style/rootcauses.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../api';
import { go, now, reason, tell } from '../state/desk';
import { rootCauses, shown } from '../state/rootcauses';
import { count, say } from '../text/say';
import { moment } from '../text/time';
import type { Conversation, RootCause, RootCauseRow } from '../wire';
import { Detail } from './rootcause';
import { Text } from './fields';
import { Icon } from './icon';

const EMPTY = { title: '', note: '', url: '' };

/** The page: the list, or one root cause. */
export function Page() {
  const [making, setMaking] = useState(false);
  useEffect(() => () => { shown.value = null; }, []);
  return (
    <main class="page causes" aria-label={say('view.rootcauses')}>
      {shown.value ? <Detail key={shown.value} id={shown.value} />
        : making ? <Form cause={null} done={(made) => { setMaking(false); if (made) shown.value = made.id; }} /> : <List add={() => setMaking(true)} />}
    </main>
  );
}

function List({ add }: { add: () => void }) {
  const [list, setList] = useState<readonly RootCauseRow[] | null>(null);
  const [more, setMore] = useState(false);
  const [failure, setFailure] = useState('');
  const [query, setQuery] = useState('');
  const [status, setStatus] = useState('');
  const load = () => rootCauses.list({ q: query.trim(), status, limit: 100 }).then((page) => { setList(page.data); setMore(page.next_cursor !== null); setFailure(''); }, (error: unknown) => setFailure(reason(error)));
  useEffect(() => {
    const timer = setTimeout(() => void load(), query ? 120 : 0);
    return () => clearTimeout(timer);
  }, [query, status]);
  return (
    <>
      <header class="page-head">
        <h1>{say('view.rootcauses')}</h1>
        <p class="muted">{say('rootcauses.explain')}</p>
        <p class="cause-tools">
          <button class="button button-primary" onClick={add}><Icon name="plus" size={16} />{say('rootcauses.add')}</button>
          <input class="field" type="search" value={query} placeholder={say('rootcauses.search')} aria-label={say('rootcauses.search')} onInput={(event) => setQuery(event.currentTarget.value)} />
          <select class="field" aria-label={say('rootcauses.status')} value={status} onChange={(event) => setStatus(event.currentTarget.value)}>
            {(['', 'open', 'fixed'] as const).map((one) => <option key={one} value={one}>{say(one ? `rootcauses.status.${one}` : 'rootcauses.status.all')}</option>)}
          </select>
        </p>
      </header>
      {failure && <div class="empty" role="alert"><p>{say('rootcauses.unloaded', { reason: failure })}</p><button class="button" onClick={() => void load()}>{say('net.retry')}</button></div>}
      {!list && !failure && <div class="skeleton" aria-hidden="true">{[1, 2, 3].map((i) => <div class="bones" key={i}><i /><i class="short" /></div>)}</div>}
      {list?.length === 0 && !failure && <div class="empty"><Icon name="roots" size={30} /><p>{say(query || status ? 'rootcauses.noMatch' : 'rootcauses.none')}</p>{!query && !status && <p class="muted">{say('rootcauses.none.hint')}</p>}</div>}
      {list && list.length > 0 && <ul class="raws" aria-label={say('view.rootcauses')}>
        {list.map((one) => (
          <li class="raw" key={one.id}>
            <div class="raw-body">
              <p class="channel-head"><button class="cause-title" dir="auto" aria-label={say('rootcauses.open', { title: one.title })} onClick={() => (shown.value = one.id)}>{one.title}</button>
                <span class={`chip cause-${one.status}`}>{say(`rootcauses.status.${one.status}`)}</span></p>
              <p class="muted">{count('rootcauses.count', one.conversations)} · {say('rootcauses.created', { name: one.created_by.name, time: moment(one.created_at, now.value) })}</p>
            </div>
          </li>
        ))}
      </ul>}
      {more && <p class="muted">{say('rootcauses.more')}</p>}
    </>
  );
}

/** Creates a root cause, or changes one. */
export function Form({ cause, done }: { cause: RootCause | null; done: (saved: RootCause | null) => void }) {
  const [values, setValues] = useState(cause ?? EMPTY);
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector('input')?.focus(), []);
  useEffect(() => { if (Object.keys(wrong).length > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(); }, [wrong]);
  const set = (change: Partial<typeof EMPTY>) => { setValues({ ...values, ...change }); setWrong({}); };
  const save = async () => {
    if (busy) return;
    if (!values.title.trim()) return setWrong({ title: say('rootcauses.title.missing') });
    setBusy(true);
    const body = { title: values.title, note: values.note, url: values.url };
    try {
      const saved = await (cause ? rootCauses.change(cause.id, body) : rootCauses.create(body));
      tell(say('rootcauses.saved', { title: saved.title }));
      done(saved);
    } catch (error) {
      setBusy(false);
      const fields = error instanceof Problem ? error.errors : [];
      setWrong(fields.length > 0 ? Object.fromEntries(fields.map(({ location = '', message = '' }) => [location.replace(/^body\./, ''), message])) : { '': reason(error) });
    }
  };
  const title = say(cause ? 'rootcauses.edit' : 'rootcauses.add');
  return (
    <form ref={form} class="cause-form" noValidate aria-label={title} onSubmit={(event) => { event.preventDefault(); void save(); }}>
      {!cause && <header class="page-head"><h1>{title}</h1></header>}
      <Text name="title" label={say('rootcauses.title')} wrong={wrong.title} value={values.title} change={(text) => set({ title: text })} />
      <Text name="note" label={say('rootcauses.note')} hint={say('rootcauses.note.hint')} wrong={wrong.note} value={values.note} rows={4} change={(note) => set({ note })} />
      <Text name="url" label={say('rootcauses.url')} hint={say('rootcauses.url.hint')} wrong={wrong.url} value={values.url} change={(url) => set({ url })} />
      <p class="wrong" role="alert">{wrong['']}</p>
      <p class="cause-tools"><button class="button button-primary" disabled={busy}>{say(cause ? 'rootcauses.save' : 'rootcauses.create')}</button><button type="button" class="button button-quiet" onClick={() => done(null)}>{say('dialog.cancel')}</button></p>
    </form>
  );
}

/** The root causes of a conversation, in the side panel. */
export function Linked({ conversation }: { conversation: Conversation }) {
  const { id, last_seq, merged_into, allowed } = conversation;
  const [list, setList] = useState<readonly RootCauseRow[]>([]);
  const [turn, setTurn] = useState(0);
  const [finding, setFinding] = useState(false);
  useEffect(() => {
    let gone = false;
    rootCauses.list({ conversation: id }).then(({ data }) => { if (!gone) setList(data); }, () => undefined);
    return () => { gone = true; };
  }, [id, last_seq, turn]);
  const change = async (task: Promise<unknown>, text: string) => {
    try {
      await task;
      tell(text);
      setFinding(false);
    } catch (error) {
      tell(say('done.failed', { reason: reason(error) }), { bad: true });
    }
    setTurn(turn + 1);
  };
  if (merged_into || allowed.length === 0) return null;
  return (
    <section>
      <h4>{say('rootcauses.label')}</h4>
      {list.length > 0 && <ul class="cause-linked">{list.map((one) => (
        <li key={one.id}>
          <button class="cause-title" dir="auto" aria-label={say('rootcauses.open', { title: one.title })} onClick={() => { shown.value = one.id; go({ kind: 'rootcauses' }); }}>{one.title}</button>
          <span class={`chip cause-${one.status}`}>{say(`rootcauses.status.${one.status}`)}</span>
          <button class="quiet" aria-label={`${say('rootcauses.unlink')}: ${one.title}`} onClick={() => void change(rootCauses.unlink(one.id, id), say('rootcauses.unlinked', { title: one.title }))}>{say('rootcauses.unlink')}</button>
        </li>
      ))}</ul>}
      {finding ? <Find linked={list} close={() => setFinding(false)}
        link={(one) => void change(rootCauses.link(one.id, id), say('rootcauses.linked', { title: one.title }))}
        create={(title) => void change(rootCauses.create({ title }).then((made) => rootCauses.link(made.id, id)), say('rootcauses.linked', { title }))} />
        : <button class="quiet" onClick={() => setFinding(true)}>{say('rootcauses.find')}</button>}
    </section>
  );
}

/** Finds a root cause to link, or creates one. */
function Find({ linked, link, create, close }: { linked: readonly RootCauseRow[]; link: (one: RootCauseRow) => void; create: (title: string) => void; close: () => void }) {
  const [query, setQuery] = useState('');
  const [found, setFound] = useState<readonly RootCauseRow[] | null>(null);
  const title = query.trim();
  useEffect(() => {
    let gone = false;
    const timer = setTimeout(() => void rootCauses.list({ q: title, status: 'open', limit: 6 }).then(({ data }) => { if (!gone) setFound(data); }, () => undefined), title ? 120 : 0);
    return () => { gone = true; clearTimeout(timer); };
  }, [title]);
  const rest = found?.filter((one) => !linked.some((other) => other.id === one.id));
  return (
    <div class="cause-find" role="group" aria-label={say('rootcauses.find')} onKeyDown={(event) => { if (event.key === 'Escape') { event.stopPropagation(); close(); } }}>
      <input ref={(field) => { if (field && !field.dataset.begun) { field.dataset.begun = 'true'; field.focus(); } }} class="field" dir="auto" maxLength={200} aria-label={say('rootcauses.find.label')} placeholder={say('rootcauses.find.label')} value={query} onInput={(event) => setQuery(event.currentTarget.value)} />
      {rest?.map((one) => <button class="button" dir="auto" key={one.id} onClick={() => link(one)}>{one.title}</button>)}
      {rest?.length === 0 && title && <p class="muted">{say('rootcauses.find.none')}</p>}
      {title && <button class="button button-strong" dir="auto" onClick={() => create(title)}>{say('rootcauses.find.create', { title })}</button>}
      <button class="quiet" onClick={close}>{say('dialog.cancel')}</button>
    </div>
  );
}

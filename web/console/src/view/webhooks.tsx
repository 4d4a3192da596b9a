// The page of the webhooks: loaded when an admin opens it.
import '../text/pages';
import '../style/webhooks.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../api';
import { inboxes, me, now, reason, tell } from '../state/desk';
import { wrongsOf } from '../state/people';
import { hooks, hostOf } from '../state/webhooks';
import { count, say } from '../text/say';
import { exact, moment } from '../text/time';
import type { NewWebhook, Webhook, WebhookDelivery } from '../wire';
import { Text, Ticks } from './fields';
import { Icon } from './icon';

const WATCH_MS = 2000;

/** Loads something now and every two seconds, while it is shown. */
function useWatched<T>(load: () => Promise<T>): { value: T | null; failure: string; again: () => void } {
  const [value, setValue] = useState<T | null>(null);
  const [failure, setFailure] = useState('');
  const again = () => void load().then((found) => { setValue(found); setFailure(''); }, (error: unknown) => setFailure(reason(error)));
  useEffect(() => {
    again();
    const timer = setInterval(again, WATCH_MS);
    return () => clearInterval(timer);
  }, []);
  return { value, failure, again };
}

/** Which other systems are told what happens, and how it went. */
export function Webhooks() {
  if (!me.value.admin) return <main class="page" aria-label={say('view.webhooks')}><div class="empty"><Icon name="lock" size={30} /><p>{say('hooks.denied')}</p></div></main>;
  return <List />;
}

function List() {
  const { value: list, failure, again } = useWatched(hooks.list);
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<NewWebhook | null>(null);
  return (
    <main class="page" aria-label={say('view.webhooks')}>
      <header class="page-head">
        <h1>{say('view.webhooks')}</h1>
        <p class="muted">{say('hooks.explain')}</p>
        {!adding && <button class="button hook-add" onClick={() => setAdding(true)}><Icon name="plus" size={16} />{say('hooks.add')}</button>}
      </header>
      {adding && <Form done={(hook) => { setAdding(false); if (hook) setMade(hook); again(); }} />}
      {made && <Secret hook={made} close={() => setMade(null)} />}
      {failure && <div class="empty" role="alert"><p>{failure}</p><button class="button" onClick={again}>{say('net.retry')}</button></div>}
      {!list && !failure && <div class="skeleton" aria-hidden="true">{[1, 2].map((i) => <div class="bones" key={i}><i /><i class="short" /></div>)}</div>}
      {list?.length === 0 && !failure && !adding && <div class="empty"><Icon name="leave" size={30} /><p>{say('hooks.none')}</p><p class="muted">{say('hooks.none.hint')}</p></div>}
      {list && list.length > 0 && <ul class="raws">{list.map((hook) => <Line key={hook.id} hook={hook} changed={again} rotated={setMade} />)}</ul>}
    </main>
  );
}

const FIELDS = ['url', 'description', 'types', 'inboxes'];

function Form({ done }: { done: (hook: NewWebhook | null) => void }) {
  const [types, setTypes] = useState<string[]>([]);
  const [values, setValues] = useState({ url: '', description: '', types: [] as string[], inboxes: [] as string[], restricted: false });
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [failure, setFailure] = useState('');
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => void hooks.types().then((list) => setTypes(list.map((one) => one.type)), (error: unknown) => setFailure(reason(error))), []);
  const set = <K extends keyof typeof values>(field: K) => (value: (typeof values)[K]) => { setValues((before) => ({ ...before, [field]: value })); setWrong((before) => ({ ...before, [field]: '' })); };
  const save = async () => {
    if (busy) return;
    setBusy(true);
    try {
      const hook = await hooks.create(values);
      tell(say('hooks.added', { host: hostOf(hook.url) }));
      done(hook);
    } catch (error) {
      const { fields, rest } = error instanceof Problem ? wrongsOf(error, FIELDS) : { fields: {}, rest: reason(error) };
      setWrong(fields);
      setFailure(rest);
      setBusy(false);
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus());
    }
  };
  return (
    <form ref={form} class="hook-form" noValidate aria-label={say('hooks.add')} onSubmit={(event) => { event.preventDefault(); void save(); }}>
      <Text name="url" label={say('hooks.url')} hint={say('hooks.url.hint')} wrong={wrong.url} value={values.url} change={set('url')} autofocus />
      <Text name="description" label={say('hooks.description')} wrong={wrong.description} value={values.description} change={set('description')} />
      <Ticks name="types" label={say('hooks.types')} hint={say('hooks.types.hint')} wrong={wrong.types} chosen={values.types} change={set('types')} options={types.map((one) => ({ value: one, label: one }))} />
      <Ticks name="hook-inboxes" label={say('hooks.inboxes')} hint={say('hooks.types.hint')} wrong={wrong.inboxes} chosen={values.inboxes} change={set('inboxes')} options={inboxes.value.map((one) => ({ value: one.key, label: one.name }))} />
      <label class="target"><input type="checkbox" checked={values.restricted} onChange={(event) => set('restricted')(event.currentTarget.checked)} /><span>{say('hooks.restricted')}</span></label>
      <p class="wrong" role="alert">{failure}</p>
      <p class="hook-tools"><button class="button button-primary" disabled={busy}>{say('hooks.add')}</button><button type="button" class="button button-quiet" onClick={() => done(null)}>{say('dialog.cancel')}</button></p>
    </form>
  );
}

/** A new secret, once. */
function Secret({ hook, close }: { hook: NewWebhook; close: () => void }) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => box.current?.select(), [hook.secret]);
  return (
    <section class="hook-secret" aria-label={say('hooks.secret', { host: hostOf(hook.url) })}>
      <b>{say('hooks.secret', { host: hostOf(hook.url) })}</b>
      <p>{say('hooks.secret.hint')}</p>
      <p class="hook-tools">
        <input ref={box} class="field" readOnly value={hook.secret} aria-label={say('hooks.secret', { host: hostOf(hook.url) })} />
        <button class="button" onClick={() => void navigator.clipboard.writeText(hook.secret).then(() => tell(say('hooks.copied')), () => box.current?.select())}>{say('hooks.copy')}</button>
        <button class="button button-quiet" onClick={close}>{say('dialog.close')}</button>
      </p>
    </section>
  );
}

function Line({ hook, changed, rotated }: { hook: Webhook; changed: () => void; rotated: (hook: NewWebhook) => void }) {
  const [open, setOpen] = useState(false);
  const host = hostOf(hook.url);
  const act = (work: () => Promise<unknown>) => void work().catch((error: unknown) => tell(reason(error), { bad: true })).then(changed);
  const bad = hook.state === 'failing' || hook.state === 'dead';
  const names = hook.inboxes.map((key) => inboxes.value.find((one) => one.key === key)?.name ?? key);
  return (
    <li class="raw hook" aria-label={host}>
      <Icon name="leave" />
      <div class="raw-body">
        <p class="channel-head">
          <b dir="auto">{hook.description || host}</b>
          <span class={`state state-${bad ? 'bad' : hook.state === 'working' ? 'running' : 'stopped'}`}>{say(`hooks.state.${hook.state}`)}</span>
          {hook.failing_since && hook.enabled && <span class="muted">{say('hooks.failing', { time: moment(hook.failing_since, now.value) })}</span>}
        </p>
        <p class="muted hook-url">{hook.url}</p>
        {hook.problem && <p class="raw-problem">{hook.problem}</p>}
        <dl class="channel-facts">
          <div><dt>{say('hooks.types')}</dt><dd>{hook.types.join(', ') || say('hooks.all')}</dd></div>
          <div><dt>{say('hooks.inboxes')}</dt><dd>{names.join(', ') || say('hooks.all')}</dd></div>
          <div><dt>{say('hooks.pending')}</dt><dd>{hook.pending}</dd></div>
          <div><dt>{say('hooks.success')}</dt><dd>{hook.last_success_at ? <time dateTime={hook.last_success_at} title={exact(hook.last_success_at)}>{moment(hook.last_success_at, now.value)}</time> : say('hooks.never')}</dd></div>
        </dl>
        {hook.former_secret_until && <p class="muted">{say('hooks.former', { time: moment(hook.former_secret_until, now.value) })}</p>}
        <p class="hook-tools">
          <button class="button" aria-expanded={open} aria-label={say('hooks.deliveriesOf', { host })} onClick={() => setOpen(!open)}>{say('hooks.deliveries')}</button>
          {hook.enabled && <button class="button" onClick={() => act(async () => { await hooks.test(hook.id); setOpen(true); tell(say('hooks.testing', { host })); })}>{say('hooks.test')}</button>}
          {hook.enabled && <button class="button" onClick={() => act(async () => tell(count('hooks.replayed', (await hooks.replayFailed(hook.id)).replayed)))}>{say('hooks.replay')}</button>}
          <button class="button" onClick={() => { if (confirm(say('hooks.rotate.sure', { host }))) act(async () => rotated(await hooks.rotate(hook.id))); }}>{say('hooks.rotate')}</button>
          <button class="button" onClick={() => act(async () => { await hooks.change(hook.id, { enabled: !hook.enabled }); tell(say('hooks.saved', { host })); })}>{say(hook.enabled ? 'hooks.disable' : 'hooks.enable')}</button>
          <button class="button button-quiet" onClick={() => { if (confirm(say('hooks.remove.sure', { host }))) act(async () => { await hooks.remove(hook.id); tell(say('hooks.removed', { host })); }); }}>{say('hooks.remove')}</button>
        </p>
        {open && <Deliveries hook={hook} />}
      </div>
    </li>
  );
}

function Deliveries({ hook }: { hook: Webhook }) {
  const { value: list, failure, again } = useWatched(() => hooks.deliveries(hook.id));
  if (failure) return <div class="empty" role="alert"><p>{failure}</p><button class="button" onClick={again}>{say('net.retry')}</button></div>;
  if (!list) return null;
  if (list.length === 0) return <p class="muted">{say('hooks.noDeliveries')}</p>;
  const resend = (one: WebhookDelivery) => void hooks.again(hook.id, one.id).then(() => tell(count('hooks.replayed', 1)), (error: unknown) => tell(reason(error), { bad: true })).then(again);
  return (
    <ul class="hook-sent" aria-label={say('hooks.deliveriesOf', { host: hostOf(hook.url) })}>
      {list.map((one) => (
        <li key={one.id}>
          <p class="channel-head">
            <b>{one.type}</b>
            {one.number > 0 && <a href={`#/c/${one.conversation_id}`}>#{one.number}</a>}
            <span class={`state state-${one.state === 'failed' || one.error ? 'bad' : one.state === 'delivered' ? 'running' : 'stopped'}`}>{say(`hooks.sent.${one.state}`)}</span>
            <time class="muted" dateTime={one.created_at} title={exact(one.created_at)}>{moment(one.created_at, now.value)}</time>
          </p>
          <p class="muted">
            {count('hooks.attempts', one.attempts)}{one.last_attempt_at && <> · {say('hooks.took', { n: one.latency_ms })}</>}{one.next_attempt_at && one.attempts > 0 && <> · {say('hooks.next', { time: moment(one.next_attempt_at, now.value) })}</>}
            {hook.enabled && one.state !== 'pending' && <button class="quiet" aria-label={`${say('hooks.again')} ${one.type} ${one.number > 0 ? `#${one.number}` : ''}`} onClick={() => resend(one)}>{say('hooks.again')}</button>}
          </p>
          {one.error && <p class="raw-problem">{one.error}</p>}
          {one.status > 0 && one.response && <details><summary>{say('hooks.response', { status: one.status })}</summary><pre tabIndex={0} dir="auto">{one.response}</pre></details>}
        </li>
      ))}
    </ul>
  );
}

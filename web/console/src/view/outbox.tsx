// Outgoing mail: the page of admins, and what a conversation shows of failures. Loaded when
// one of them is shown.
import '../text/pages';
import '../style/outbox.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { counts, go, inboxes, me, now, reason } from '../state/desk';
import { ask, filter, outbox, PARTS, answerOf, possible, stateForAll, type Filter, type Part } from '../state/outbox';
import { toHash } from '../state/search';
import { count, say } from '../text/say';
import { exact, moment } from '../text/time';
import type { Outbox as Page, Queued } from '../wire';
import { Icon, type IconName } from './icon';
import { Buttons } from './outboxtools';

export { OutboxDialog } from './outboxdialog';
export { DeliveryTools, Stops, StopMark } from './outboxtools';

const PAGE = 50;
const MOST = 200;

/** The page of the filter, loaded again with every event. */
function useOutbox(chosen: Filter) {
  const [page, setPage] = useState<Page | null>(null);
  const [failure, setFailure] = useState('');
  const [turn, setTurn] = useState(0);
  const wanted = useRef(0);
  const shown = useRef(PAGE);
  const load = async (cursor = '') => {
    const mine = ++wanted.current;
    try {
      const found = await outbox.list(chosen, cursor ? PAGE : shown.current, cursor);
      if (mine !== wanted.current) return;
      setPage((before) => (cursor && before ? { ...found, data: [...before.data, ...found.data] } : found));
      if (cursor) shown.current = Math.min(MOST, shown.current + PAGE);
      setFailure('');
    } catch (error) {
      if (mine === wanted.current) setFailure(reason(error));
    }
  };
  useEffect(() => { shown.current = PAGE; }, [chosen]);
  useEffect(() => void load(), [chosen, counts.value, turn]); // the counts are loaded after every event
  return { page, failure, more: () => load(page?.next_cursor ?? ''), again: () => setTurn(turn + 1) };
}

/** What has not been sent, to whom, and why. */
export function Outbox() {
  if (!me.value.admin) return <main class="page" aria-label={say('view.outbox')}><div class="empty"><Icon name="lock" size={30} /><p>{say('out.denied')}</p><p class="muted">{say('out.denied.hint')}</p></div></main>;
  return <Queue />;
}

function Queue() {
  const chosen = filter.value;
  const { page, failure, more, again } = useOutbox(chosen);
  const rows = page?.data ?? [];
  return (
    <main class="page outbox" aria-label={say('view.outbox')}>
      <header class="page-head"><h1>{say('view.outbox')}</h1><p class="muted">{say('out.explain')}</p></header>
      <Tabs page={page} />
      <div id="outbox-panel" role="tabpanel" aria-labelledby={tabId(chosen.part)}>
        <Filters page={page} />
        {failure && <div class="empty" role="alert"><p>{failure}</p><button class="button" onClick={again}>{say('net.retry')}</button></div>}
        {!page && !failure && <div class="skeleton" aria-hidden="true">{[1, 2, 3].map((i) => <div class="bones" key={i}><i /><i class="short" /></div>)}</div>}
        {page && !failure && (rows.length === 0 ? <Nothing /> : <>
          <ul class="raws" aria-label={say('out.list')}>{rows.map((row) => <Row key={row.id} row={row} />)}</ul>
          {page.next_cursor && <p class="page-foot"><button class="button" onClick={() => void more()}>{say('out.more')}</button></p>}
        </>)}
      </div>
    </main>
  );
}

const set = (change: Partial<Filter>) => { filter.value = { ...filter.value, ...change }; };
const tabId = (part: Part) => `outbox-tab-${part || 'all'}`;

/** The states, with how much there is in each. */
function Tabs({ page }: { page: Page | null }) {
  const list = useRef<HTMLDivElement>(null);
  const { part: here } = filter.value;
  useEffect(() => list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' }), [here]);
  const numbers = new Map(page?.counts.parts.map((one) => [one.part as Part, one.count]));
  numbers.set('', [...numbers.values()].reduce((sum, n) => sum + n, 0));
  const move = (event: KeyboardEvent) => {
    const i = PARTS.indexOf(here);
    const to = { ArrowRight: (i + 1) % PARTS.length, ArrowLeft: (i + PARTS.length - 1) % PARTS.length, Home: 0, End: PARTS.length - 1 }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    set({ part: PARTS[to]! });
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[to]?.focus();
  };
  return (
    <div class="parts" role="tablist" aria-label={say('out.parts')} ref={list} onKeyDown={move}>
      {PARTS.map((part) => {
        const n = numbers.get(part) ?? 0;
        const bad = n > 0 && (part === 'failed' || part === 'unknown');
        return (
          <button key={part} id={tabId(part)} role="tab" class="part" aria-selected={part === here} aria-controls="outbox-panel" tabIndex={part === here ? 0 : -1} onClick={() => set({ part })}>
            {say(`out.part.${part || 'all'}`)}{n > 0 && <span class={bad ? 'part-n part-bad' : 'part-n'}>{n.toLocaleString()}</span>}
          </button>
        );
      })}
    </div>
  );
}

function Filters({ page }: { page: Page | null }) {
  const { domain, inbox } = filter.value;
  const domains = page?.counts.domains ?? [];
  const state = stateForAll(filter.value);
  const n = domains.find((one) => one.domain === domain)?.count ?? 0;
  const due = page?.data.some((row) => row.domain === domain && row.part === state);
  return (
    <div class="outbox-filters">
      <label><span>{say('out.domain')}</span>
        <select class="field" value={domain} onChange={(event) => set({ domain: event.currentTarget.value })}>
          <option value="">{say('out.domain.any')}</option>
          {domain && !domains.some((one) => one.domain === domain) && <option value={domain}>{domain}</option>}
          {domains.map((one) => <option key={one.domain} value={one.domain}>{say('out.domain.count', { domain: one.domain, n: one.count })}</option>)}
        </select>
      </label>
      <label><span>{say('out.inbox')}</span>
        <select class="field" value={inbox} onChange={(event) => set({ inbox: event.currentTarget.value })}>
          <option value="">{say('out.inbox.any')}</option>
          {inboxes.value.map((one) => <option key={one.key} value={one.key}>{one.name}</option>)}
        </select>
      </label>
      {state && due && <button class="button button-strong" onClick={() => ask({ kind: 'all', domain, state, inbox, n: filter.value.part ? n : page?.data.filter((row) => row.part === state).length ?? n })}><Icon name="undo" size={16} />{say('out.retryAll', { domain })}</button>}
    </div>
  );
}

function Nothing() {
  const { part, domain, inbox } = filter.value;
  if (domain || inbox) return <div class="empty"><Icon name="search" size={30} /><p>{say('out.empty.filtered')}</p><button class="button" onClick={() => set({ domain: '', inbox: '' })}>{say('out.clear')}</button></div>;
  return part ? <div class="empty"><Icon name="up" size={30} /><p>{say('out.empty.part')}</p></div>
    : <div class="empty"><Icon name="check" size={30} /><p>{say('out.empty.all')}</p><p class="muted">{say('out.empty.all.hint')}</p></div>;
}

const LOOKS: Record<Queued['part'], { icon: IconName; state: string }> = {
  waiting: { icon: 'clock', state: 'waiting' }, sending: { icon: 'up', state: 'waiting' }, delayed: { icon: 'sand', state: 'degraded' }, on_hold: { icon: 'pause', state: 'degraded' },
  unknown: { icon: 'warn', state: 'degraded' }, failed: { icon: 'warn', state: 'bad' }, sent: { icon: 'check', state: 'running' }, cancelled: { icon: 'close', state: 'waiting' },
};

function Row({ row }: { row: Queued }) {
  const { icon, state } = LOOKS[row.part];
  const { conversation } = row;
  const answer = answerOf(row);
  const place = { view: { kind: 'all' as const }, open: conversation.id };
  const actions = possible(row, me.value);
  return (
    <li class="raw post" aria-label={row.recipient}>
      <Icon name={icon} />
      <div class="raw-body">
        <p class="channel-head">
          <b>{row.recipient}</b>
          <span class={`state state-${state}`}>{say(`out.state.${row.on_hold ? 'on_hold' : row.state}`)}</span>
          {row.next_attempt_at && (row.part === 'waiting' || row.part === 'delayed' || row.part === 'unknown') && <time class="muted" dateTime={row.next_attempt_at} title={exact(row.next_attempt_at)}>{say('out.next', { time: moment(row.next_attempt_at, now.value) })}</time>}
        </p>
        <p class="post-about">
          <a href={toHash(place)} onClick={(event) => { if (!event.metaKey && !event.ctrlKey) { event.preventDefault(); go(place.view, place.open); } }}>
            <span dir="auto">{conversation.subject || say('out.noSubject')}</span> <span class="number">{say('out.conversation', { number: conversation.number })}</span>
          </a>
        </p>
        {(answer.code || answer.text) && <p class="post-answer" dir="auto">{answer.code && <code>{answer.code}</code>} {answer.text}</p>}
        <p class="muted">
          <time dateTime={row.created_at} title={exact(row.created_at)}>{moment(row.created_at, now.value)}</time>
          {row.author && ` · ${say('out.by', { name: row.author.name })}`}{` · ${say('out.in', { inbox: row.inbox.name })}`}{row.attempts > 0 && ` · ${count('out.attempts', row.attempts)}`}
        </p>
      </div>
      {actions.length > 0 && <div class="raw-tools" role="group" aria-label={say('out.tools', { recipient: row.recipient })}><Buttons delivery={row} actions={actions} look="button" /></div>}
    </li>
  );
}

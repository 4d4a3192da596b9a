import { useComputed, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Problem } from '../api';
import { nameOf } from '../text/person';
import { count, say, sayIf, type Sentence } from '../text/say';
import { heat, span } from '../text/time';
import { drafted, go, inboxes, now, openConversation, place, reason, tabStop, tiers, unread } from '../state/desk';
import { colleagues } from '../state/presence';
import { listError, loadList, loading, loadMore, nextCursor, rows, selected } from '../state/list';
import { prefetch } from '../state/thread';
import { errorPosition, type View } from '../state/search';
import type { Conversation } from '../wire';
import { Avatar } from './avatar';
import { ChannelIcon, Icon } from './icon';

export function titleOf(view: View): string {
  if (view.kind === 'tier') {
    const group = tiers.value.find((one) => one.tier === view.tier);
    return group?.name || say('view.tier', { tier: view.tier });
  }
  if (view.kind === 'inbox') {
    return tiers.value.flatMap((group) => group.inboxes).find((inbox) => inbox.key === view.inbox)?.name ?? view.inbox;
  }
  return say(`view.${view.kind}`);
}

export function List() {
  const view = place.value.view;
  return (
    <section class="list" aria-label={say('list.label')}>
      <header class="list-head">
        <div class="list-title">
          <h1 dir="auto">{titleOf(view)}</h1>
          <Total />
        </div>
        <Search />
      </header>
      <Body view={view} />
    </section>
  );
}

/** The server's count of open conversations; null where there is none. */
function sizeOf(view: View): number | null {
  const all = inboxes.value;
  const open = (list: typeof all) => list.reduce((sum, inbox) => sum + inbox.open, 0);
  switch (view.kind) {
    case 'all': return open(all);
    case 'tier': return open(all.filter((inbox) => inbox.tier === view.tier));
    case 'inbox': return open(all.filter((inbox) => inbox.key === view.inbox));
    case 'unassigned': return all.reduce((sum, inbox) => sum + inbox.unassigned, 0);
    default: return null;
  }
}

function Total() {
  if ((loading.value || listError.value) && rows.value.length === 0) return null;
  const exact = sizeOf(place.value.view);
  if (exact !== null) return <span class="muted" role="status">{say('rail.open', { n: exact })}</span>;
  const n = rows.value.length;
  return <span class="muted" role="status">{nextCursor.value ? say('list.countMore', { n }) : count('list.count', n)}</span>;
}

function Search() {
  const view = place.value.view;
  const text = view.kind === 'search' ? view.text : '';
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => { if (box.current && document.activeElement !== box.current) box.current.value = text; }, [text]);
  const refused = listError.value instanceof Problem && listError.value.status === 422 ? listError.value : null;
  return (
    <form role="search" class="search" onSubmit={(event) => {
      event.preventDefault();
      const words = box.current!.value.trim();
      go(words ? { kind: 'search', text: words } : { kind: 'all' });
    }}>
      <Icon name="search" size={16} />
      <input ref={box} id="search" type="search" dir="auto" defaultValue={text} placeholder={say('list.searchHint')} aria-label={say('list.search')}
        aria-keyshortcuts="/" aria-invalid={refused ? 'true' : undefined} autocomplete="off" spellcheck={false}
        onKeyDown={(event) => { if (event.key === 'Escape') event.currentTarget.blur(); }} />
      {text && <button type="button" class="search-clear" onClick={() => go({ kind: 'all' })}><Icon name="close" size={14} /><span class="sr">{say('list.clear')}</span></button>}
      {refused && <Refusal text={text} problem={refused} />}
    </form>
  );
}

/** Marks the part of the query that the server could not parse. */
function Refusal({ text, problem }: { text: string; problem: Problem }) {
  const at = errorPosition(problem.errors);
  return (
    <p class="search-refused" role="alert">
      {at >= 0 && at < text.length && <code>{text.slice(0, at)}<mark>{/^\S*/.exec(text.slice(at))![0] || text.slice(at, at + 1)}</mark></code>}
      {(problem.errors[0]?.message ?? problem.detail).replace(/^character \d+: /, '')}
    </p>
  );
}

function Body({ view }: { view: View }) {
  const list = rows.value;
  const failed = listError.value;
  if (failed && !(failed instanceof Problem && failed.status === 422 && view.kind === 'search')) {
    return (
      <div class="empty">
        <p>{say('list.failed')}</p><p class="muted">{reason(failed)}</p>
        <button class="button" onClick={() => void loadList(view)}>{say('net.retry')}</button>
      </div>
    );
  }
  if (loading.value && list.length === 0) return <Skeleton />;
  if (list.length === 0) {
    if (failed) return <div class="empty" />;
    const key = view.kind === 'mine' || view.kind === 'search' ? view.kind : 'other';
    return (
      <div class="empty"><Icon name="check" size={28} /><p>{say(`list.empty.${key}`)}</p><p class="muted">{say(`list.empty.${key}.hint` as Sentence)}</p></div>
    );
  }
  return <Rows list={list} view={view} />;
}

function Skeleton() {
  return (
    <div class="skeleton" aria-hidden="true">
      {[72, 54, 64, 80, 48, 60].map((width, i) => <div class="bones" key={i}><i class={`w${width}`} /><i /><i class="short" /></div>)}
    </div>
  );
}

function Rows({ list, view }: { list: Conversation[]; view: View }) {
  const scroller = useRef<HTMLDivElement>(null);
  const above = useNewAbove(scroller, list);

  useSignalEffect(() => {
    const active = place.value.open ?? selected.value;
    if (active) scroller.current?.querySelector(`[data-id="${CSS.escape(active)}"]`)?.scrollIntoView({ block: 'nearest' });
  });

  return (
    <div class="rows" ref={scroller} onScroll={(event) => {
      const box = event.currentTarget;
      if (box.scrollHeight - box.scrollTop - box.clientHeight < 400) void loadMore(view);
    }}>
      {above > 0 && (
        <button class="pill" onClick={() => scroller.current?.scrollTo({ top: 0 })}>{count('list.new', above)}</button>
      )}
      <ul class="row-list">
        {list.map((row) => <Row key={row.id} row={row} />)}
      </ul>
      {nextCursor.value && <button class="more" onClick={() => void loadMore(view)}>{say('list.more')}</button>}
    </div>
  );
}

/** Counts the rows that were added above while the list is scrolled down. */
function useNewAbove(scroller: { current: HTMLDivElement | null }, list: Conversation[]): number {
  const seen = useRef<{ top: string; n: number }>({ top: '', n: 0 });
  const top = list[0]?.id ?? '';
  if (!scroller.current || scroller.current.scrollTop < 8) {
    seen.current = { top, n: 0 };
  } else {
    const gone = list.findIndex((row) => row.id === seen.current.top);
    seen.current.n = Math.max(gone, 0);
  }
  return seen.current.n;
}

/** A row subscribes to its own state only, so that moving through the list renders two rows and not all. */
function Row({ row }: { row: Conversation }) {
  const { id } = row;
  const open = useComputed(() => place.value.open === id).value;
  const picked = useComputed(() => selected.value === id).value;
  const reachable = useComputed(() => tabStop.value === id).value;
  const isNew = useComputed(() => unread.value.has(id)).value;
  const drafting = useComputed(() => drafted.value.has(id)).value;
  const busy = useComputed(() => [...(colleagues.value.get(id)?.values() ?? [])].find((one) => one.doing === 'replying')?.name ?? '').value;
  const who = nameOf(row.contact);
  // An account named after the address or its domain would only repeat it.
  const account = row.account.name.includes('@') || who.endsWith(row.account.name) ? '' : row.account.name;
  return (
    <li class={`row${open ? ' row-open' : ''}${picked && !open ? ' row-picked' : ''}${isNew ? ' row-new' : ''}`} data-id={row.id}>
      <a href={`#/c/${row.id}`} tabIndex={reachable ? 0 : -1} aria-current={open ? 'true' : undefined}
        onFocus={() => (selected.value = row.id)} onPointerEnter={() => prefetch(row.id)}
        onClick={(event) => { if (!event.metaKey && !event.ctrlKey) { event.preventDefault(); selected.value = row.id; openConversation(row.id); } }}>
        <span class="row-channel"><ChannelIcon channel={row.channel} label={sayIf(`channel.${row.channel}`, row.channel)} size={17} /></span>
        <span class="row-who">
          <b dir="auto">{who}</b>{account && <span class="muted"> · <bdi>{account}</bdi></span>}
          {isNew && <span class="sr"> {say('row.unread')}</span>}
        </span>
        <Wait row={row} />
        <span class="row-subject">
          {row.restricted && <Icon name="lock" size={14} label={say('row.restricted')} />}
          {(row.priority === 'urgent' || row.priority === 'high') && <span class={`priority priority-${row.priority}`}>{say(`priority.${row.priority}`)}</span>}
          <span class="row-title" dir="auto">{row.subject || say('row.noSubject')}</span>
        </span>
        <span class="row-preview" dir="auto">{row.preview}</span>
        <span class="row-foot">
          <span class={`tier tier-${row.tier}`}>T{row.tier}</span>
          <span class="row-inbox" dir="auto">{row.inbox.name}</span>
          {row.status !== 'open' && <span class={`status status-${row.status}`}>{say(`status.${row.status}`)}</span>}
          {row.tags.slice(0, 2).map((tag) => <span class="tag" dir="auto" key={tag}>{tag}</span>)}
          {busy && <span class="row-busy">{say('presence.replying', { name: busy.split(' ')[0]! })}</span>}
          {drafting && <span class="draft-mark">{say('row.draft')}</span>}
          <span class="row-assignee">
            {row.assignee ? <><Avatar name={row.assignee.name} size="small" /><span class="row-name" dir="auto">{row.assignee.name.split(' ')[0]}</span></> : <span class="muted">{say('row.unassigned')}</span>}
          </span>
        </span>
      </a>
    </li>
  );
}

function Wait({ row }: { row: Conversation }) {
  if (row.waiting_since) {
    const time = span(row.waiting_since, now.value);
    return <span class={`wait wait-${heat(row.waiting_since, now.value)}`} title={say('row.waiting', { time })}><Icon name="clock" size={13} />{time}</span>;
  }
  return <span class="wait">{span(row.updated_at, now.value)}</span>;
}

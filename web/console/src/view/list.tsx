import { useComputed, useSignalEffect } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Problem, type Order } from '../api';
import { nameOf } from '../text/person';
import { count, say, sayIf, type Sentence } from '../text/say';
import { heat, span } from '../text/time';
import { counts, go, inboxes, now, openConversation, place, reason, tiers } from '../state/desk';
import { isTask, type Entry } from '../state/entries';
import { colleagues } from '../state/presence';
import { listError, loadList, loading, loadMore, nextCursor, rows, select, selected, selectFocused, viewKey } from '../state/list';
import { extend, isChosen, size, toggle } from '../state/selection';
import { active, entries, tabStop, tasks } from '../state/tasklist';
import { chooseOrder, ORDERS, orderOf } from '../state/order';
import { savedAs } from '../state/viewnames';
import { dialog } from '../state/dialog';
import { drafted } from '../state/sync';
import { prefetch } from '../state/thread';
import { errorPosition, sortIn, type View } from '../state/search';
import type { Conversation } from '../wire';
import { Avatar } from './avatar';
import { Due, dueTitle } from './due';
import { ChannelIcon, Icon } from './icon';
import { Bulk } from './lazy';
import { range, reveal, type Range } from './rows';
import { keyLabel, keyShortcut, withKey } from './shortcuts';
import { TaskRow } from './taskrow';

export function titleOf(view: View): string {
  const saved = savedAs(view);
  if (saved) return saved.name;
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
          <span class="list-tools"><Total />{view.kind === 'search' && <SaveButton view={view} />}{view.kind !== 'tasks' && <SortMenu view={view} />}</span>
        </div>
        <Search />
        {size.value > 0 && <Bulk part="Bar" />}
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

/** Keeps the search as a view, or changes the view that it is. */
function SaveButton({ view }: { view: View }) {
  const label = say(savedAs(view) ? 'list.view' : 'list.save');
  return <button class="quiet" title={withKey(label, 'saveView')} aria-keyshortcuts={keyShortcut('saveView')} onClick={() => (dialog.value = 'view')}>{label}</button>;
}

/** Chooses the order of the view; the browser remembers it. */
function SortMenu({ view }: { view: View }) {
  return (
    <label class="sort" title={say('sort.label')}>
      <Icon name="sort" size={14} /><span class="sr">{say('sort.label')}</span>
      <select value={orderOf(view)} onChange={(event) => { const order = event.currentTarget.value as Order; if (view.kind === 'search' && sortIn(view.text)) go({ kind: 'search', text: view.text.replace(/((?:^|\s)sort:)\S+/i, `$1${order}`) }); else { chooseOrder(view, order); void loadList(view); } }}>
        {ORDERS.map((order) => <option key={order} value={order}>{say(`sort.${order}`)}</option>)}
      </select>
    </label>
  );
}

function Total() {
  if ((loading.value || listError.value) && entries.value.length === 0) return null;
  const { kind } = place.value.view;
  if (kind === 'tasks') return <span class="muted" role="status">{count('list.tasks', tasks.value.length)}</span>;
  if (kind === 'pending' || kind === 'snoozed' || kind === 'resolved' || kind === 'mine' || kind === 'breaching' || kind === 'gaps') {
    const all = counts.value[kind];
    return <span class="muted" role="status">{all >= 1000 ? say('list.countMore', { n: 999 }) : count('list.count', all)}</span>;
  }
  const exact = sizeOf(place.value.view);
  if (exact !== null) return <span class="muted" role="status">{say('rail.open', { n: exact })}{tasks.value.length > 0 && <> · {count('list.tasks', tasks.value.length)}</>}</span>;
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
        aria-keyshortcuts={keyShortcut('search')} aria-invalid={refused ? 'true' : undefined} autocomplete="off" spellcheck={false}
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
  const list = entries.value;
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
    const pick = view.kind === 'mine' && keyLabel('mine');
    const key = view.kind === 'mine' || view.kind === 'search' || view.kind === 'breaching' || view.kind === 'gaps' || view.kind === 'tasks' || view.kind === 'swarming' ? view.kind : belongsElsewhere(view) ? 'rest' : 'other';
    return (
      <div class="empty"><Icon name="check" size={28} /><p>{say(`list.empty.${key}`)}</p><p class="muted">{pick ? say('list.empty.mine.key', { key: pick }) : say(`list.empty.${key}.hint` as Sentence)}</p></div>
    );
  }
  return <Rows key={viewKey(view)} list={list} view={view} />;
}

const belongsElsewhere = (view: View) => view.kind === 'pending' || view.kind === 'snoozed' || view.kind === 'resolved';

function Skeleton() {
  return (
    <div class="skeleton" aria-hidden="true">
      {[72, 54, 64, 80, 48, 60].map((width, i) => <div class="bones" key={i}><i class={`w${width}`} /><i /><i class="short" /></div>)}
    </div>
  );
}

/** Renders the visible rows only. All rows have the same height, which the first one tells. */
function Rows({ list, view }: { list: readonly Entry[]; view: View }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [height, setHeight] = useState(ROW_HEIGHT);
  const [seen, setSeen] = useState<Range>(() => range(0, innerHeight, ROW_HEIGHT, list.length));
  const look = () => {
    const box = scroller.current;
    if (!box) return;
    const next = range(box.scrollTop, box.clientHeight, height, entries.peek().length);
    setSeen((last) => (last.from === next.from && last.to === next.to ? last : next));
  };
  const above = useAnchor(scroller, list, height);

  useLayoutEffect(() => {
    const measured = scroller.current?.querySelector<HTMLElement>('.row')?.offsetHeight;
    if (measured && measured !== height) setHeight(measured);
    look();
  }, [list, height]);
  useEffect(() => {
    const watch = new ResizeObserver(look);
    watch.observe(scroller.current!);
    return () => watch.disconnect();
  }, [height]);
  useSignalEffect(() => {
    const at = active.value;
    const box = scroller.current;
    const index = at && box ? entries.peek().findIndex((row) => row.id === at) : -1;
    if (index < 0 || !box) return;
    const top = reveal(index, box.scrollTop, box.clientHeight, height);
    if (top !== box.scrollTop) box.scrollTop = top;
  });

  const from = Math.min(seen.from, Math.max(0, list.length - 1));
  const to = Math.min(seen.to, list.length);
  return (
    <div class="rows" ref={scroller} onScroll={(event) => {
      const box = event.currentTarget;
      look();
      if (box.scrollHeight - box.scrollTop - box.clientHeight < 10 * height) void loadMore(view);
    }}>
      {above > 0 && (
        <button class="pill" onClick={() => scroller.current?.scrollTo({ top: 0 })}>{count('list.new', above)}</button>
      )}
      <ul class="row-list" style={{ paddingBlock: `${from * height}px ${(list.length - to) * height}px` }}>
        {list.slice(from, to).map((row, i) => {
          const place = { at: from + i + 1, of: nextCursor.value ? -1 : list.length };
          return isTask(row) ? <TaskRow key={row.id} task={row} {...place} /> : <Row key={row.id} row={row} {...place} />;
        })}
      </ul>
      {nextCursor.value && <button class="more" onClick={() => void loadMore(view)}>{say('list.more')}</button>}
    </div>
  );
}

/** The height of a row in the stylesheet, until one is measured. */
const ROW_HEIGHT = 78;

/** Keeps the active row, or the first visible one, where it is when rows arrive above it. Returns how many arrived there. */
function useAnchor(scroller: { current: HTMLDivElement | null }, list: readonly Entry[], height: number): number {
  const last = useRef(list);
  const top = useRef<string>(list[0]?.id ?? '');
  const [above, setAbove] = useState(0);
  useLayoutEffect(() => {
    const box = scroller.current;
    const before = last.current;
    last.current = list;
    if (!box || before === list) return;
    const now = active.peek();
    const visible = (index: number) => index >= 0 && (index + 1) * height > box.scrollTop && index * height < box.scrollTop + box.clientHeight;
    let index = now ? before.findIndex((row) => row.id === now) : -1;
    if (!visible(index)) index = box.scrollTop > 0 ? Math.floor(box.scrollTop / height) : -1;
    const anchor = before[index]?.id;
    const moved = anchor ? list.findIndex((row) => row.id === anchor) : -1;
    if (moved > index && index >= 0) box.scrollTop += (moved - index) * height;
    if (box.scrollTop < 8) top.current = list[0]?.id ?? '';
    setAbove(Math.max(0, list.findIndex((row) => row.id === top.current)));
  }, [list]);
  useEffect(() => {
    const box = scroller.current!;
    const atTop = () => {
      if (box.scrollTop >= 8) return;
      top.current = last.current[0]?.id ?? '';
      setAbove(0);
    };
    box.addEventListener('scroll', atTop, { passive: true });
    return () => box.removeEventListener('scroll', atTop);
  }, []);
  return above;
}

/** A row subscribes to its own state only, so that moving through the list renders two rows and not all. */
function Row({ row, at, of }: { row: Conversation; at: number; of: number }) {
  const { id } = row;
  const open = useComputed(() => place.value.open === id && !place.value.task).value;
  const picked = useComputed(() => selected.value === id || (place.value.open === id && Boolean(place.value.task))).value;
  const reachable = useComputed(() => tabStop.value === id).value;
  const drafting = useComputed(() => drafted.value.has(id)).value;
  const chosen = useComputed(() => isChosen(id)).value;
  const busy = useComputed(() => [...(colleagues.value.get(id)?.values() ?? [])].find((one) => one.doing === 'replying')?.name ?? '').value;
  const isNew = row.unread;
  const who = nameOf(row.contact);
  // An account named after the address or its domain would only repeat it.
  const account = row.account.name.includes('@') || who.endsWith(row.account.name) ? '' : row.account.name;
  return (
    <li class={`row${open ? ' row-open' : ''}${picked && !open ? ' row-picked' : ''}${isNew ? ' row-new' : ''}${chosen ? ' row-chosen' : ''}`} data-id={row.id} aria-posinset={at} aria-setsize={of}>
      <a href={`#/c/${row.id}`} tabIndex={reachable ? 0 : -1} aria-current={open ? 'true' : undefined}
        onFocus={(event) => selectFocused(event.currentTarget, row.id)} onPointerEnter={() => prefetch(row.id)}
        onClick={(event) => { if (!event.metaKey && !event.ctrlKey) { event.preventDefault(); select(row.id); openConversation(row.id); } }}>
        <span class="row-channel"><ChannelIcon channel={row.channel} label={sayIf(`channel.${row.channel}`, row.channel)} size={17} /></span>
        <span class="row-who">
          <span class="row-person" dir="auto">{who}</span>{account && <span class="muted"> · <bdi>{account}</bdi></span>}
          {isNew && <span class="sr"> {say('row.unread')}</span>}
        </span>
        <RowTime row={row} />
        <span class="row-subject">
          {row.restricted && <Icon name="lock" size={14} label={say('row.restricted')} />}
          {(row.priority === 'urgent' || row.priority === 'high') && <span class={`priority priority-${row.priority}`}>{say(`priority.${row.priority}`)}</span>}
          <span class="row-title" dir="auto">{row.subject || say('row.noSubject')}</span>
          <span class={`tier tier-${row.tier}`} title={row.inbox.name}>T{row.tier}</span>
        </span>
        <span class="row-foot">
          {row.gap && <span class="gap"><Icon name="gap" size={13} />{say(`gap.${row.gap}`)}</span>}
          {row.open_tasks > 0 && <span class="row-tasks" title={count('row.tasks', row.open_tasks)}><Icon name="task" size={13} /><span aria-hidden="true">{row.open_tasks}</span><span class="sr">{count('row.tasks', row.open_tasks)}</span></span>}
          {drafting && <span class="draft-mark">{say('row.draft')}</span>}
          {busy ? <span class="row-busy">{say('presence.replying', { name: busy.split(' ')[0]! })}</span> : <span class="row-preview" dir="auto">{row.preview}</span>}
          {row.status !== 'open' && <span class={`status status-${row.status}`}>{statusOf(row)}</span>}
          {row.assignee && <span class="row-assignee" title={row.assignee.name}><Avatar name={row.assignee.name} size="small" /><span class="sr">{row.assignee.name}</span></span>}
        </span>
      </a>
      <input type="checkbox" class="row-check" checked={chosen} tabIndex={reachable ? 0 : -1} title={withKey(say('row.select'), 'select')} aria-label={say('row.selectOf', { who, subject: row.subject })}
        onClick={(event) => { if (event.shiftKey) extend(id); else toggle(id); }} />
    </li>
  );
}

/** The status in words; a pending conversation says who it waits for. */
export function statusOf(conversation: Conversation): string {
  return conversation.status === 'pending' && conversation.waiting_on === 'third-party' ? say('status.pendingOther') : say(`status.${conversation.status}`);
}

/** The next deadline; without one, how long the customer has been waiting. */
function RowTime({ row }: { row: Conversation }) {
  if (row.next_due) return <Due due={row.next_due} title={dueTitle(row)} />;
  if (row.waiting_since) {
    const time = span(row.waiting_since, now.value);
    return <span class={`wait wait-${heat(row.waiting_since, now.value)}`} title={say('row.waiting', { time })}><Icon name="clock" size={13} />{time}</span>;
  }
  return <span class="wait">{span(row.updated_at, now.value)}</span>;
}

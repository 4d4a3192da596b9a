import { Fragment } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../api';
import { isolated, say } from '../text/say';
import { exact, moment } from '../text/time';
import { names, now, openConversation, reason } from '../state/desk';
import { denied, resolve, setStatus, unmerge } from '../state/actions';
import { dialog, sideOpen } from '../state/dialog';
import { can, refusal, traceOf } from '../state/handoff';
import { colleagues, typing } from '../state/presence';
import { refreshThread, shown, threadOf, type Thread as Loaded } from '../state/thread';
import { describe, handover, merges, newest, timeline } from '../state/timeline';
import { drafted, drafts } from '../state/sync';
import type { Conversation, Event as DeskEvent } from '../wire';
import { Avatar } from './avatar';
import { assignedBy, Candidates, firstName } from './chosen';
import { Composer } from './composer';
import { Clocks, DueHelp } from './due';
import { Evidence, HandoverCard, NoteCard } from './handover';
import { Icon, type IconName } from './icon';
import { Later } from './lazy';
import { statusOf } from './list';
import { MessageCard } from './message';
import { keyLabel, keyShortcut, startForward, withKey } from './shortcuts';
import { shownId } from './shown';

export function ThreadPane() {
  const id = shownId.value;
  if (!id) {
    const [next, previous, open, help] = ['next', 'previous', 'open', 'help'].map(keyLabel) as [string, string, string, string];
    const hint = next && previous && open && help && say('thread.none.hint', { next, previous, open, help });
    return (
      <main class="thread thread-none">
        <div class="empty"><Icon name="chat" size={34} /><p>{say('thread.none')}</p>{hint && <p class="muted">{hint}</p>}</div>
      </main>
    );
  }
  return <OpenThread key={id} id={id} />;
}

function OpenThread({ id }: { id: string }) {
  const thread = threadOf(id).value;
  if (thread.error && !thread.loaded) {
    const gone = thread.error instanceof Problem && thread.error.status === 404;
    return (
      <main class="thread thread-none">
        <div class="empty" role="alert">
          <p>{say(gone ? 'thread.gone' : 'thread.failed')}</p>
          {!gone && <p class="muted">{reason(thread.error)}</p>}
          <button class="button" onClick={() => (gone ? openConversation(null) : void refreshThread(id))}>{say(gone ? 'thread.back' : 'net.retry')}</button>
        </div>
      </main>
    );
  }
  const conversation = thread.conversation;
  if (!conversation) return <main class="thread" aria-label={say('thread.label')} aria-busy="true"><div class="skeleton skeleton-thread" aria-hidden="true">{[1, 2, 3].map((i) => <div class="bones" key={i}><i /><i /><i class="short" /></div>)}</div></main>;
  return (
    <main class="thread" aria-label={say('thread.label')}>
      <Head conversation={conversation} events={thread.events} />
      <Log thread={thread} conversation={conversation} />
      <Viewers id={conversation.id} />
      {!conversation.merged_into && <Composer conversation={conversation} messages={thread.messages} />}
    </main>
  );
}

function Head({ conversation, events }: { conversation: Conversation; events: readonly DeskEvent[] }) {
  const open = conversation.status === 'open';
  // On a phone the actions are a menu, so that the customer's words come first.
  const [menu, setMenu] = useState(false);
  const act = (name: IconName, label: string, action: string, run: () => void, needs: string, strong = false) => {
    const no = refusal(conversation, needs);
    return (
      <button class={strong ? 'button button-strong' : 'button'} aria-keyshortcuts={keyShortcut(action)} title={no || withKey(label, action)} aria-disabled={no ? 'true' : undefined}
        onClick={() => { if (!denied(conversation, needs)) run(); }}><Icon name={name} size={16} />{label}</button>
    );
  };
  return (
    <header class={menu ? 'thread-head thread-head-open' : 'thread-head'}>
      <div class="thread-line">
        <button class="tool back" onClick={() => openConversation(null)} aria-keyshortcuts={keyShortcut('back')}><Icon name="back" /><span class="sr">{say('thread.back')}</span></button>
        <h2 class="thread-subject" dir="auto">{conversation.subject || say('row.noSubject')} <span class="number">#{conversation.number}</span></h2>
        {can(conversation, 'edit') && !conversation.merged_into && <button class="tool" title={say('thread.subject')} onClick={() => (dialog.value = 'subject')}><Icon name="pen" size={15} /><span class="sr">{say('thread.subject')}</span></button>}
        <button class="tool details" aria-pressed={sideOpen.value} title={say('thread.details')} onClick={() => (sideOpen.value = !sideOpen.value)}>
          <Icon name="panel" /><span class="sr">{say('thread.details')}</span>
        </button>
        <button class="button menu-button" aria-expanded={menu} onClick={() => setMenu(!menu)}>{say('thread.menu')}<Icon name="down" size={14} /></button>
      </div>
      <div class="thread-bar">
        <Where conversation={conversation} />
        {!conversation.merged_into && <div class="thread-actions">
          {act('person', conversation.assignee ? isolated(conversation.assignee.name) : say('thread.assign'), 'assign', () => (dialog.value = 'assign'), 'assign')}
          {act('up', say('thread.move'), 'move', () => (dialog.value = 'move'), 'move')}
          {conversation.channel === 'email' && act('merge', say('thread.merge'), 'merge', () => (dialog.value = 'merge'), 'merge')}
          {open && act('clock', say('thread.snooze'), 'snooze', () => (dialog.value = 'snooze'), 'snooze')}
          {open || conversation.status === 'pending'
            ? act('check', say('thread.resolve'), 'resolve', () => resolve(conversation), 'resolve', true)
            : act('undo', say('thread.reopen'), 'resolve', () => void setStatus(conversation, 'open'), 'open', true)}
        </div>}
      </div>
      <Merged conversation={conversation} />
      <div class="thread-extra">
        <Why conversation={conversation} events={events} />
        {!conversation.merged_into && <div class="thread-more">
          <button class="quiet" title={withKey(say('task.add'), 'task')} aria-keyshortcuts={keyShortcut('task')} onClick={() => (dialog.value = 'task')}><Icon name="task" size={15} />{say('task.add')}</button>
          <button class="quiet" title={withKey(say('swarm.title'), 'swarm')} aria-keyshortcuts={keyShortcut('swarm')} onClick={() => (dialog.value = 'swarm')}><Icon name="team" size={15} />{say('swarm.title')}</button>
          {conversation.allowed.includes('forward') && <button class="quiet" title={withKey(say('thread.forward'), 'forward')} aria-keyshortcuts={keyShortcut('forward')} onClick={() => startForward(conversation.id)}><Icon name="forward" size={15} />{say('thread.forward')}{drafted.value.has(conversation.id) && drafts.read(conversation.id, 'forward') && <span class="draft-mark">{say('composer.draft')}</span>}</button>}
        </div>}
      </div>
    </header>
  );
}

/** Where the messages of a merged conversation are. */
function Merged({ conversation }: { conversation: Conversation }) {
  const into = conversation.merged_into;
  if (!into) return null;
  return (
    <p class="merged" role="status">
      <Icon name="merge" size={16} />
      <span>{say('thread.merged')} <a href={`#/c/${into.id}`} onClick={(event) => { event.preventDefault(); openConversation(into.id); }}>#{into.number}</a></span>
      <button class="button" title={say('thread.unmerge.hint', { number: conversation.number })} onClick={() => void unmerge(conversation.id)}><Icon name="undo" size={16} />{say('thread.unmerge')}</button>
    </p>
  );
}

function Where({ conversation }: { conversation: Conversation }) {
  return (
    <p class="where">
      <span class={`tier tier-${conversation.tier}`}>T{conversation.tier}</span>
      <b dir="auto">{conversation.inbox.name}</b>
      {(conversation.priority === 'urgent' || conversation.priority === 'high') && <span class={`priority priority-${conversation.priority}`}>{say(`priority.${conversation.priority}`)}</span>}
      {conversation.restricted && <Icon name="lock" size={14} label={say('row.restricted')} />}
      <DueHelp conversation={conversation} />
      {conversation.status !== 'open' && (
        <span class={`status status-${conversation.status}`}>
          {conversation.status === 'snoozed' && conversation.snoozed_until
            ? say('thread.snoozedUntil', { time: moment(conversation.snoozed_until, now.value) })
            : statusOf(conversation)}
        </span>
      )}
    </p>
  );
}

/** Other agents who view or answer this conversation, to avoid double replies. */
function Viewers({ id }: { id: string }) {
  const here = [...(colleagues.value.get(id)?.values() ?? [])];
  return (
    <div class="viewers" role="status">
      {here.map((one) => (
        <span key={one.name} class={`colleague colleague-${one.doing}`}><Avatar name={one.name} size="small" />{say(`presence.${one.doing}`, { name: one.name })}</span>
      ))}
    </div>
  );
}

/** The path through the routing policy and to the assignee, on request; codes are in tooltips. */
function Why({ conversation, events }: { conversation: Conversation; events: readonly DeskEvent[] }) {
  const { path, clocks, segment, sla, assignee } = conversation;
  const assigned = assignedBy(events, assignee?.id);
  return (
    <details class="why">
      <summary>{say('thread.why')}</summary>
      {(segment || sla) && (
        <p class="why-facts">
          {segment && <span><span class="muted">{say('side.segment')}</span> {segment}</span>}
          {sla && <span><span class="muted">{say('clocks.policy')}</span> {sla}</span>}
        </p>
      )}
      {path.length === 0 ? <span class="muted">{say('thread.why.none')}</span> : (
        <span class="why-path" title={conversation.policy_version > 0 ? say('thread.why.version', { n: conversation.policy_version }) : undefined}>
          {path.map((node, i) => <span key={i} title={node}>{i > 0 && <Icon name="right" size={12} />}<span class="why-node">{ruleName(node)}</span></span>)}
        </span>
      )}
      {assigned && (
        <section class="why-who">
          <h3>{say('assigned.why', { name: firstName(assigned) })}</h3>
          {assigned.data.strategy ? <Candidates event={assigned} /> : <p>{describe(assigned, names.value)}, {moment(assigned.at, now.value)}</p>}
        </section>
      )}
      {clocks.length > 0 && <Clocks clocks={clocks} />}
    </details>
  );
}

/** A node of the path in words: "routing: VIP outage" is the rule "VIP outage". */
function ruleName(node: string): string {
  const [kind, ...rest] = node.split(': ');
  const name = rest.join(': ');
  if (!name) return node;
  if (name === 'default') return say('thread.why.default');
  if (kind === 'pilot') return say('thread.why.pilot', { name });
  return kind === 'moved' ? say('thread.why.moved', { how: name }) : kind === 'sla' ? say('thread.why.sla', { name }) : name;
}

function Log({ thread, conversation }: { thread: Loaded; conversation: Conversation }) {
  const scroller = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [below, setBelow] = useState(false);
  const { handoff } = conversation;
  const card = handoff ? null : handover(thread.events, thread.messages, names.value);
  // The card shows the note; the timeline does not repeat it.
  const pinned = handoff ? traceOf(handoff, thread.events) : card;
  const items = timeline(thread.messages.filter((message) => message.id !== pinned?.message), thread.events);
  const undoable = merges(thread.events);
  const length = thread.messages.length + thread.events.length;
  const top = newest(thread.messages);
  // What is at the end of a log that is scrolled to its end is on the screen.
  const see = () => {
    if (!atEnd.current || document.visibilityState !== 'visible') return;
    if (shown.peek().conversation !== conversation.id || shown.peek().seq !== top) shown.value = { conversation: conversation.id, seq: top };
  };
  useEffect(() => {
    see();
    document.addEventListener('visibilitychange', see);
    return () => document.removeEventListener('visibilitychange', see);
  }, [top, conversation.id]);

  // Start at the newest message; later, scroll only if the reader is at the end.
  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return;
    if (atEnd.current) box.scrollTop = box.scrollHeight;
    else setBelow(true);
  }, [length]);

  // Images and HTML frames grow after they are rendered.
  useEffect(() => {
    const box = scroller.current;
    if (!box?.firstElementChild) return;
    const watch = new ResizeObserver(() => { if (atEnd.current) box.scrollTop = box.scrollHeight; });
    watch.observe(box.firstElementChild);
    watch.observe(box); // the composer reduces its height
    return () => watch.disconnect();
  }, []);

  const lastMessage = thread.messages.at(-1)?.id;
  return (
    <div class="log-box">
      {handoff ? <HandoverCard key={handoff.at} conversation={conversation} handoff={handoff} events={thread.events} /> : card && <NoteCard key={card.seq} card={card} />}
      {(thread.tasks.length > 0 || conversation.swarm.length > 0) && <Later part="Tasks" />}
      <div class="log" ref={scroller} tabIndex={0} role="log" aria-relevant="additions" aria-label={say('thread.log')} onScroll={(event) => {
        const box = event.currentTarget;
        atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
        if (atEnd.current && below) setBelow(false);
        see();
      }}>
        <div class="log-inner">
          {items.map((item) => item.kind === 'message'
            ? <MessageCard key={item.key} message={item.message} conversation={conversation} last={item.message.id === lastMessage} />
            : item.kind === 'chat'
            ? <div class="chat-run" key={item.key}>{item.messages.map((line) => <MessageCard key={line.id} message={line} conversation={conversation} last={line.id === lastMessage} />)}</div>
            : <Steps key={item.key} events={item.events} undoable={undoable} pinned={pinned?.seq} />)}
          {typing.value.has(conversation.id) && (
            <p class="typing">{say('thread.typing', { name: conversation.contact.name || say('thread.customer') })}<i /><i /><i /></p>
          )}
        </div>
      </div>
      {below && <button class="pill pill-below" onClick={() => scroller.current?.scrollTo({ top: scroller.current.scrollHeight })}>{say('thread.newBelow')} <Icon name="down" size={14} /></button>}
    </div>
  );
}

/** More than two consecutive events are folded to the last one. */
function Steps({ events, undoable, pinned }: { events: DeskEvent[]; undoable: Map<DeskEvent, string>; pinned: number | undefined }) {
  const [open, setOpen] = useState(false);
  const shown = open || events.length <= 2 ? events : events.filter((event, i) => i === events.length - 1 || undoable.has(event));
  return (
    <div class="steps">
      {events.length > 2 && (
        <button class="steps-fold" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? say('thread.eventsHide') : say('thread.events', { n: events.length })}
        </button>
      )}
      {shown.map((event) => (
        <Fragment key={event.seq}>
          <p class="step">
            <span dir="auto">{describe(event, names.value)}</span>
            <time dateTime={event.at} title={exact(event.at)}>{moment(event.at, now.value)}</time>
            <UndoMerge event={event} absorbed={undoable.get(event)} />
          </p>
          {event.seq !== pinned && <Earlier event={event} />}
          <Chosen event={event} />
        </Fragment>
      ))}
    </div>
  );
}

/** What an earlier handover said; the newest one is pinned. */
function Earlier({ event }: { event: DeskEvent }) {
  if (event.kind !== 'conversation.moved' || !event.data.evidence || Object.keys(event.data.evidence).length === 0) return null;
  return <details class="step-more"><summary>{say('handover.title')}</summary><Evidence evidence={event.data.evidence} /></details>;
}

/** Why the policy chose this agent, and not another one. */
function Chosen({ event }: { event: DeskEvent }) {
  if (event.kind !== 'conversation.assigned' || !event.data.strategy) return null;
  return <details class="step-more"><summary>{say('assigned.why', { name: firstName(event) })}</summary><Candidates event={event} /></details>;
}

function UndoMerge({ event, absorbed }: { event: DeskEvent; absorbed: string | undefined }) {
  if (absorbed === undefined || event.kind !== 'conversation.merged') return null;
  return <button class="step-undo" title={say('thread.unmerge.hint', { number: event.data.absorbed_number ?? '' })} onClick={() => void unmerge(absorbed)}>{say('thread.unmerge')}</button>;
}

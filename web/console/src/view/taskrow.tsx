import { useComputed } from '@preact/signals';
import { me, now, openTask } from '../state/desk';
import { select, selectFocused } from '../state/list';
import { active, tabStop } from '../state/tasklist';
import { prefetch } from '../state/thread';
import { place } from '../state/desk';
import { taskDue } from '../text/due';
import { say } from '../text/say';
import { moment, span } from '../text/time';
import type { Task } from '../wire';
import { Avatar } from './avatar';
import { Due } from './due';
import { Icon } from './icon';

/** A task between the conversations of an inbox, with its own clock. */
export function TaskRow({ task, at, of }: { task: Task; at: number; of: number }) {
  const { id, conversation, assignee } = task;
  const open = useComputed(() => place.value.task === id).value;
  const picked = useComputed(() => active.value === id).value;
  const reachable = useComputed(() => tabStop.value === id).value;
  const due = taskDue(task);
  const mine = place.value.view.kind === 'tasks';
  return (
    <li class={`row row-task${open ? ' row-open' : ''}${picked && !open ? ' row-picked' : ''}`} data-id={id} aria-posinset={at} aria-setsize={of}>
      <a href={`#/c/${conversation.id}/${id}`} tabIndex={reachable ? 0 : -1} aria-current={open ? 'true' : undefined}
        onFocus={(event) => selectFocused(event.currentTarget, id)} onPointerEnter={() => prefetch(conversation.id)}
        onClick={(event) => { if (!event.metaKey && !event.ctrlKey) { event.preventDefault(); select(id); openTask(task); } }}>
        <span class="row-channel"><Icon name={task.state === 'in_progress' ? 'begun' : 'task'} label={say('task.one')} size={17} /></span>
        <span class="row-who"><span class="row-kind">{say('task.one')}</span><span class="muted"> · {say(`task.state.${task.state}`).toLowerCase()}</span></span>
        {due ? <Due due={due} title={say(task.overdue_at ? 'due.was' : 'due.at', { time: moment(task.due_at!, now.value) })} /> : <span class="wait">{span(task.updated_at, now.value)}</span>}
        <span class="row-subject"><span class="row-title" dir="auto">{task.title}</span>{mine && <span class="tag">{task.inbox.name}</span>}</span>
        <span class="row-foot">
          <span class="row-preview" dir="auto">{conversation.subject || say('row.noSubject')} <span class="number">#{conversation.number}</span></span>
          {conversation.status !== 'open' && <span class={`status status-${conversation.status}`}>{say(`status.${conversation.status}`)}</span>}
          {assignee ? assignee.id !== me.value.id && <span class="row-assignee" title={assignee.name}><Avatar name={assignee.name} size="small" /><span class="sr">{assignee.name}</span></span> : <span class="row-free">{say('task.nobody')}</span>}
        </span>
      </a>
    </li>
  );
}

// The tasks of the open conversation and who helps with it, above its messages.
import { useEffect, useRef, useState } from 'preact/hooks';
import { agents, inboxes, me, now, place } from '../state/desk';
import { dialog } from '../state/dialog';
import { askResult, endHelp, tryTask } from '../state/tasks';
import { threadOf } from '../state/thread';
import { byInbox, ended, nextStep } from '../state/work';
import { count, say } from '../text/say';
import { taskDue } from '../text/due';
import { exact, moment } from '../text/time';
import type { Conversation, Task } from '../wire';
import { Avatar } from './avatar';
import { Due } from './due';
import { Icon, type IconName } from './icon';
import { shownId } from './shown';

export const TASK_ICONS: Record<Task['state'], IconName> = { open: 'circle', in_progress: 'begun', done: 'done', cancelled: 'close' };

export function Tasks() {
  const id = shownId.value;
  const { conversation, tasks } = id ? threadOf(id).value : { conversation: null, tasks: [] };
  if (!conversation || (tasks.length === 0 && conversation.swarm.length === 0)) return null;
  return <Panel key={conversation.id} conversation={conversation} tasks={tasks} />;
}

function Panel({ conversation, tasks }: { conversation: Conversation; tasks: Task[] }) {
  const asked = place.value.task ?? null;
  const left = tasks.filter((task) => !ended(task));
  // What is done is in the thread, and on a phone the customer's words come first.
  const [open, setOpen] = useState(() => asked !== null || (left.length > 0 && !matchMedia('(max-width: 700px)').matches));
  useEffect(() => { if (asked) setOpen(true); }, [asked]);
  const shown = [...left, ...tasks.filter(ended)];
  return (
    <section class="tasks" aria-label={say(tasks.length > 0 ? 'task.list' : 'swarm.list')}>
      {tasks.length > 0 && (
        <div class="tasks-head">
          <Icon name="task" size={16} /><b>{say('task.list')}</b><span class="muted">{left.length > 0 ? count('task.left', left.length) : say('task.allDone')}</span>
          <button class="tool" aria-expanded={open} onClick={() => setOpen(!open)}>
            <Icon name={open ? 'down' : 'right'} size={16} /><span class="sr">{say(open ? 'task.hide' : 'task.show')}</span>
          </button>
        </div>
      )}
      {open && tasks.length > 0 && <ul class="task-list">{shown.map((task) => <Line key={task.id} task={task} asked={task.id === asked} />)}</ul>}
      <Helpers conversation={conversation} />
    </section>
  );
}

/** A task. Its title unfolds what else there is to know and to do. */
function Line({ task, asked }: { task: Task; asked: boolean }) {
  const [open, setOpen] = useState(asked);
  const line = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (!asked) return;
    setOpen(true);
    line.current?.scrollIntoView({ block: 'nearest' });
  }, [asked]);
  const due = taskDue(task);
  return (
    <li ref={line} class={`task task-${task.state}${asked ? ' task-asked' : ''}`}>
      <Icon name={TASK_ICONS[task.state]} size={17} label={say(`task.state.${task.state}`)} />
      <button class="task-title" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span class="task-name" dir="auto">{task.title}</span>
        <span class="task-facts muted">
          <bdi>{task.inbox.name}</bdi> · {task.assignee ? <bdi>{task.assignee.id === me.value.id ? say('thread.you') : task.assignee.name}</bdi> : say('task.nobody')}
          {task.closed_at && <> · {say(`task.state.${task.state}`).toLowerCase()} {moment(task.closed_at, now.value)}</>}
          {task.closed_at && task.overdue_at && <span class="task-late"> · {say('task.late')}</span>}
        </span>
      </button>
      {due && <Due due={due} title={say(task.overdue_at ? 'due.was' : 'due.at', { time: moment(due.due_at!, now.value) })} />}
      <Next task={task} />
      {open && <More task={task} />}
    </li>
  );
}

/** The one button that a task has without being unfolded. */
function Next({ task }: { task: Task }) {
  const [busy, setBusy] = useState(false);
  const step = nextStep(task, me.value.id);
  if (step === null) return null;
  const go = () => {
    if (step === 'finish') return askResult(task);
    setBusy(true);
    void tryTask(task, { state: 'in_progress' }).finally(() => setBusy(false));
  };
  return <button class="button task-next" disabled={busy} aria-label={say(`task.${step}Of`, { title: task.title })} onClick={go}>{say(`task.${step}`)}</button>;
}

function More({ task }: { task: Task }) {
  const inbox = inboxes.value.find((one) => one.key === task.inbox.key);
  const over = ended(task);
  return (
    <div class="task-more">
      {task.note && <p class="task-note" dir="auto">{task.note}</p>}
      {task.result && <p class="task-note" dir="auto"><b>{say('task.result')}</b> {task.result}</p>}
      <p class="muted">
        {say('task.by', { name: task.opened_by.name, time: moment(task.opened_at, now.value) })}
        {!over && task.due_at && <span title={exact(task.due_at)}> · {say(Date.parse(task.due_at) < now.value ? 'due.was' : 'due.at', { time: moment(task.due_at, now.value) })}</span>}
      </p>
      <div class="task-tools">
        {over ? <button class="button" onClick={() => void tryTask(task, { state: 'open' })}><Icon name="undo" size={15} />{say('task.reopen')}</button> : <>
          <label class="task-assign"><span>{say('task.assignee')}</span>
            <select value={task.assignee?.id ?? ''} onChange={(event) => void tryTask(task, { assignee: event.currentTarget.value || null })}>
              <option value="">{say('task.nobody')}</option>
              <AgentOptions inbox={inbox} />
            </select>
          </label>
          {nextStep(task, me.value.id) !== 'finish' && <button class="button" onClick={() => askResult(task)}><Icon name="check" size={15} />{say('task.finish')}</button>}
          <button class="button button-quiet" onClick={() => void tryTask(task, { state: 'cancelled' }, 'done.taskCancelled')}>{say('task.cancel')}</button>
        </>}
      </div>
    </div>
  );
}

/** The agents to choose from: those of the inbox first. */
export function AgentOptions({ inbox }: { inbox: Parameters<typeof byInbox>[1] & { name?: string } | undefined }) {
  const [members, others] = byInbox(agents.value, inbox);
  const group = (label: string, list: typeof members) => list.length > 0 && (
    <optgroup label={label}>{list.map((agent) => <option key={agent.id} value={agent.id}>{agent.name}</option>)}</optgroup>
  );
  return <>{group(say('task.members', { name: inbox?.name ?? '' }), members)}{group(say('task.others'), others)}</>;
}

/** Who was asked to help. */
function Helpers({ conversation }: { conversation: Conversation }) {
  const { swarm } = conversation;
  if (swarm.length === 0) return null;
  return (
    <div class="helpers">
      <Icon name="team" size={16} /><span id="helpers">{say('swarm.list')}</span>
      <ul aria-labelledby="helpers">
        {swarm.map(({ agent, by }) => {
          const mine = agent.id === me.value.id;
          return (
            <li class="helper" key={agent.id} title={say('swarm.by', { name: by.name })}>
              <Avatar name={agent.name} size="small" /><bdi>{mine ? say('thread.you') : agent.name}</bdi>
              <button onClick={() => void endHelp(conversation, agent, me.value.id)}><Icon name="close" size={12} /><span class="sr">{mine ? say('swarm.leave') : say('swarm.remove', { name: agent.name })}</span></button>
            </li>
          );
        })}
      </ul>
      <button class="tool" title={say('swarm.more')} onClick={() => (dialog.value = 'swarm')}><Icon name="plus" size={15} /><span class="sr">{say('swarm.more')}</span></button>
    </div>
  );
}

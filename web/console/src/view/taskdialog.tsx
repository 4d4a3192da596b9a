import { useRef, useState } from 'preact/hooks';
import { api, Problem } from '../api';
import { inboxes, me, reason, refreshCounts, tell, tiers } from '../state/desk';
import { changeTask, finishing } from '../state/tasks';
import { refreshThread } from '../state/thread';
import { refusedFields } from '../state/work';
import { say } from '../text/say';
import type { Conversation, OpenTaskInputBody } from '../wire';
import { close, Modal } from './modal';
import { AgentOptions } from './tasks';

const FIELDS = ['title', 'inbox', 'assignee', 'due_in', 'note'] as const;
const DUE = ['30m', '1h', '2h', '4h', '8h'];

/** What is wrong with a form: by field, and "" for everything else. */
export function useWrong() {
  const form = useRef<HTMLFormElement>(null);
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const refuse = (found: Record<string, string>) => {
    setWrong(found);
    setBusy(false);
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus());
  };
  /** Runs the form's action once; the dialog closes when it is done. */
  const run = async (fields: readonly string[], work: () => Promise<void>) => {
    if (busy) return;
    setBusy(true);
    setWrong({});
    try {
      await work();
      close();
    } catch (error) {
      refuse(error instanceof Problem && error.status !== 0 ? refusedFields(error, fields) : { '': reason(error) });
    }
  };
  const clear = (field: string) => { if (wrong[field]) setWrong({ ...wrong, [field]: '' }); };
  /** The attributes of a field, and its error. */
  const marks = (field: string) => ({ 'aria-invalid': wrong[field] ? 'true' as const : undefined, 'aria-describedby': wrong[field] ? `wrong-${field}` : undefined });
  const wrongOf = (field: string) => (wrong[field] ? <span class="wrong" id={`wrong-${field}`} role={field ? undefined : 'alert'}>{wrong[field]}</span> : null);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.current?.requestSubmit(); }
  };
  return { form, busy, refuse, run, clear, marks, wrongOf, onKeyDown };
}

/** Gives a part of the work to an inbox. */
export function TaskDialog({ conversation }: { conversation: Conversation }) {
  const { form, busy, refuse, run, clear, marks, wrongOf, onKeyDown } = useWrong();
  const [inbox, setInbox] = useState(() => inboxes.value.find((one) => one.key !== conversation.inbox.key && one.tier >= conversation.tier)?.key ?? conversation.inbox.key);
  const [due, setDue] = useState('');
  const target = inboxes.value.find((one) => one.key === inbox);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(data.get(name) ?? '').trim();
    if (!text('title')) return refuse({ title: say('task.title.missing') });
    const body: OpenTaskInputBody = { title: text('title'), inbox, ...Object.fromEntries(['assignee', 'due_in', 'note'].map((name) => [name, text(name)]).filter(([, value]) => value)) };
    await run(FIELDS, async () => {
      const task = await api.openTask(conversation.id, body);
      void refreshThread(conversation.id);
      void refreshCounts();
      tell(say('done.task', { inbox: task.inbox.name }));
    });
  };
  return (
    <Modal title={say('task.add')} wide>
      <form ref={form} noValidate class="task-form" onSubmit={(event) => void submit(event)} onKeyDown={onKeyDown}>
        <p class="muted">{say('task.effect')}</p>
        <label class="labelled"><span>{say('task.title')}</span>
          <input class="field" name="title" dir="auto" autofocus maxLength={200} placeholder={say('task.title.hint')} aria-required="true" {...marks('title')} onInput={() => clear('title')} />{wrongOf('title')}
        </label>
        <div class="task-pair">
          <label class="labelled"><span>{say('task.inbox')}</span>
            <select class="field" value={inbox} {...marks('inbox')} onChange={(event) => { setInbox(event.currentTarget.value); clear('inbox'); }}>
              {tiers.value.map((group) => (
                <optgroup key={group.tier} label={group.name || say('rail.tier', { tier: group.tier })}>{group.inboxes.map((one) => <option key={one.key} value={one.key}>{one.name}</option>)}</optgroup>
              ))}
            </select>{wrongOf('inbox')}
          </label>
          <label class="labelled"><span>{say('task.assignee')}</span>
            <select class="field" name="assignee" {...marks('assignee')} onChange={() => clear('assignee')}>
              <option value="">{say('task.anybody')}</option>
              <AgentOptions inbox={target} />
            </select>{wrongOf('assignee')}
          </label>
        </div>
        <div class="labelled">
          <label for="task-due"><span>{say('task.due')}</span> <span class="muted">{say('task.due.hint', { name: target?.name ?? '' })}</span></label>
          <div class="task-due">
            <input class="field" id="task-due" name="due_in" value={due} autocomplete="off" placeholder={say('task.due.none')} {...marks('due_in')} onInput={(event) => { setDue(event.currentTarget.value); clear('due_in'); }} />
            {DUE.map((one) => <button type="button" key={one} class="button" aria-pressed={due === one} onClick={() => { setDue(due === one ? '' : one); clear('due_in'); }}>{one}</button>)}
          </div>
          {wrongOf('due_in')}
        </div>
        <label class="labelled"><span>{say('task.note')}</span><textarea class="field" name="note" dir="auto" rows={3} {...marks('note')} />{wrongOf('note')}</label>
        {wrongOf('')}
        <footer class="modal-foot modal-foot-stays">
          <button class="button button-primary" disabled={busy}>{say('task.add')}</button>
          <button type="button" class="button button-quiet" onClick={close}>{say('dialog.cancel')}</button>
        </footer>
      </form>
    </Modal>
  );
}

/** Asks what came out of a task. */
export function FinishDialog() {
  const task = finishing.value;
  const { form, busy, run, marks, wrongOf, onKeyDown } = useWrong();
  if (!task) return null;
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const result = String(new FormData(event.currentTarget as HTMLFormElement).get('result')).trim();
    await run(['result'], () => changeTask(task, { state: 'done', ...(result && { result }) }, 'done.taskDone'));
  };
  return (
    <Modal title={say('task.finishTitle')}>
      <form ref={form} noValidate onSubmit={(event) => void submit(event)} onKeyDown={onKeyDown}>
        <p class="task-about"><b dir="auto">{task.title}</b> <span class="number">#{task.conversation.number}</span></p>
        {task.note && <p class="task-note muted" dir="auto">{task.note}</p>}
        <label class="labelled"><span>{say('task.resultLabel')}</span><textarea class="field" name="result" dir="auto" rows={4} autofocus {...marks('result')} />{wrongOf('result')}</label>
        <p class="muted">{task.driver && task.driver.id !== me.value.id ? say('task.resultFor', { name: task.driver.name }) : say('task.resultAdded')}</p>
        {wrongOf('')}
        <footer class="modal-foot">
          <button class="button button-primary" disabled={busy}>{say('task.finish')}</button>
          <button type="button" class="button button-quiet" onClick={close}>{say('dialog.cancel')}</button>
        </footer>
      </form>
    </Modal>
  );
}

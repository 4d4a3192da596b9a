import { useState } from 'preact/hooks';
import { assign, current, setPriority, setStatus } from '../state/actions';
import { agents, changePassword, me, now, reason } from '../state/desk';
import { dialog } from '../state/dialog';
import { say } from '../text/say';
import { moment, parseWhen } from '../text/time';
import type { Conversation } from '../wire';
import { AvailabilityDialog } from './availabilitydialog';
import { Avatar } from './avatar';
import { Icon } from './icon';
import { ReturnDialog } from './handover';
import { KeysDialog } from './keysdialog';
import { Bulk, Edit, MailProgramsDialog, Outgoing, SendLater, StartDialog, TeamDialog, ViewDialog } from './lazy';
import { close, Modal } from './modal';
import { MoveDialog } from './movedialog';
import { NoticesDialog } from './noticesdialog';
import { ResolveDialog } from './resolvedialog';
import { SwarmDialog } from './swarmdialog';
import { FinishDialog, TaskDialog } from './taskdialog';

export function Dialogs() {
  if (dialog.value === null) return null;
  if (dialog.value === 'keys') return <KeysDialog />;
  if (dialog.value === 'password') return <PasswordDialog />;
  if (dialog.value === 'notices') return <NoticesDialog />;
  if (dialog.value === 'availability') return <AvailabilityDialog />;
  if (dialog.value === 'finish') return <FinishDialog />;
  if (dialog.value === 'agent') return <TeamDialog part="AgentDialog" />;
  if (dialog.value === 'profile') return <TeamDialog part="ProfileDialog" />;
  if (dialog.value === 'programs') return <MailProgramsDialog />;
  if (dialog.value === 'outbox') return <Outgoing part="OutboxDialog" />;
  if (dialog.value === 'start') return <StartDialog />;
  if (dialog.value === 'view') return <ViewDialog part="ViewDialog" />;
  if (dialog.value === 'views') return <ViewDialog part="ViewsDialog" />;
  if (dialog.value === 'bulk') return <Bulk part="BulkDialog" />;
  const conversation = current();
  if (!conversation) return null;
  if (dialog.value === 'account') return <TeamDialog part="AccountDialog" conversation={conversation} />;
  if (dialog.value === 'priority') return <PriorityDialog conversation={conversation} />;
  if (dialog.value === 'assign') return <AssignDialog conversation={conversation} />;
  if (dialog.value === 'snooze') return <SnoozeDialog conversation={conversation} />;
  if (dialog.value === 'merge') return <Edit part="MergeDialog" conversation={conversation} />;
  if (dialog.value === 'tags') return <Edit part="TagsDialog" conversation={conversation} />;
  if (dialog.value === 'subject') return <Edit part="SubjectDialog" conversation={conversation} />;
  if (dialog.value === 'contact') return <Edit part="ContactDialog" conversation={conversation} />;
  if (dialog.value === 'task') return <TaskDialog conversation={conversation} />;
  if (dialog.value === 'swarm') return <SwarmDialog conversation={conversation} />;
  if (dialog.value === 'resolve') return <ResolveDialog conversation={conversation} />;
  if (dialog.value === 'return') return <ReturnDialog conversation={conversation} />;
  if (dialog.value === 'sendLater') return <SendLater conversation={conversation} />;
  return <MoveDialog conversation={conversation} />;
}

function PasswordDialog() {
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const next = String(data.get('next'));
    if (next !== String(data.get('again'))) return setWrong(say('password.differ'));
    setBusy(true);
    try {
      await changePassword(String(data.get('current')), next);
      close();
    } catch (error) {
      setWrong(reason(error));
      setBusy(false);
    }
  };
  return (
    <Modal title={say('password.title')}>
      <form onSubmit={(event) => void submit(event)}>
        <input type="hidden" name="username" autocomplete="username" value={me.value.email} />
        <label class="labelled"><span>{say('password.current')}</span><input class="field" type="password" name="current" autocomplete="current-password" required autofocus /></label>
        <label class="labelled"><span>{say('password.new')}</span><input class="field" type="password" name="next" autocomplete="new-password" minLength={8} required /></label>
        <label class="labelled"><span>{say('password.again')}</span><input class="field" type="password" name="again" autocomplete="new-password" minLength={8} required /></label>
        <p class="muted">{say('password.effect')}</p>
        <p class="wrong" role="alert">{wrong}</p>
        <footer class="modal-foot">
          <button class="button button-primary" disabled={busy}>{say('password.go')}</button>
          <button type="button" class="button button-quiet" onClick={close}>{say('dialog.cancel')}</button>
        </footer>
      </form>
    </Modal>
  );
}

function AssignDialog({ conversation }: { conversation: Conversation }) {
  const [filter, setFilter] = useState('');
  const wanted = filter.trim().toLowerCase();
  const others = agents.value.filter((agent) => agent.id !== me.value.id);
  const choices = [
    { id: me.value.id, name: say('assign.me'), hint: me.value.name, avatar: me.value.name },
    ...others.map((agent) => ({ id: agent.id, name: agent.name, hint: agent.email, avatar: agent.name })),
    ...(conversation.assignee ? [{ id: null, name: say('assign.unassign'), hint: '', avatar: '' }] : []),
  ].filter((choice) => `${choice.name} ${choice.hint}`.toLowerCase().includes(wanted));
  const pick = (id: string | null) => {
    close();
    void assign(conversation, id);
  };
  return (
    <Modal title={say('assign.title')}>
      <form onSubmit={(event) => { event.preventDefault(); if (choices[0]) pick(choices[0].id); }}>
        <input autofocus class="field" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} placeholder={say('assign.filter')} aria-label={say('assign.filter')} />
      </form>
      <ul class="choices">
        {choices.map((choice) => (
          <li key={choice.id ?? ''}>
            <button class="choice" aria-pressed={choice.id === (conversation.assignee?.id ?? null)} onClick={() => pick(choice.id)}>
              {choice.avatar ? <Avatar name={choice.avatar} size="small" /> : <Icon name="close" size={16} />}
              <span dir="auto">{choice.name}</span><span class="muted">{choice.hint}</span>
            </button>
          </li>
        ))}
        {choices.length === 0 && <li class="muted">{say('assign.none')}</li>}
      </ul>
    </Modal>
  );
}

function SnoozeDialog({ conversation }: { conversation: Conversation }) {
  const [text, setText] = useState('');
  const until = text.trim() ? parseWhen(text, now.value) : null;
  const wrong = !text.trim() ? '' : until === null ? say('snooze.bad') : until <= now.value ? say('snooze.past') : '';
  const pick = (at: number) => {
    close();
    void setStatus(conversation, 'snoozed', { until: at });
  };
  const shown = (at: number) => moment(new Date(at).toISOString(), now.value);
  const presets = ([['snooze.later', '3h'], ['snooze.tomorrow', 'tomorrow'], ['snooze.monday', 'mon']] as const)
    .map(([label, when]) => ({ label: say(label), at: parseWhen(when, now.value)! }));
  return (
    <Modal title={say('snooze.title')}>
      <form onSubmit={(event) => { event.preventDefault(); if (until && !wrong) pick(until); }}>
        <label class="labelled"><span>{say('snooze.when')}</span>
          <input autofocus class="field" value={text} onInput={(event) => setText(event.currentTarget.value)} placeholder={say('snooze.hint')} aria-describedby="snooze-wrong" />
        </label>
        <p id="snooze-wrong" class="wrong" role="status">{wrong}</p>
        {until !== null && !wrong && <button class="button button-primary">{say('snooze.go', { time: shown(until) })}</button>}
      </form>
      <ul class="choices">
        {presets.map((preset) => (
          <li key={preset.label}><button class="choice" onClick={() => pick(preset.at)}><Icon name="clock" size={16} /><span>{preset.label}</span><span class="muted">{shown(preset.at)}</span></button></li>
        ))}
      </ul>
    </Modal>
  );
}

const PRIORITIES = ['urgent', 'high', 'normal', 'low'] as const;

function PriorityDialog({ conversation }: { conversation: Conversation }) {
  return (
    <Modal title={say('priority.label')}>
      <ul class="choices">
        {PRIORITIES.map((one) => (
          <li key={one}>
            <button class="choice" autofocus={one === conversation.priority} aria-pressed={one === conversation.priority} onClick={() => { close(); void setPriority(conversation, one); }}>
              <Icon name="flag" size={16} /><span class={`priority priority-${one}`}>{say(`priority.${one}`)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Modal>
  );
}

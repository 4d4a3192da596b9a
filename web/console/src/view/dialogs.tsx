import { useRef, useState } from 'preact/hooks';
import { assign, current, move, setStatus } from '../state/actions';
import { agents, changePassword, me, now, reason, tiers } from '../state/desk';
import { dialog } from '../state/dialog';
import { say } from '../text/say';
import { moment, parseWhen } from '../text/time';
import type { Conversation } from '../wire';
import { Avatar } from './avatar';
import { Icon } from './icon';
import { KeysDialog } from './keysdialog';
import { MergeDialog } from './mergedialog';
import { close, Modal } from './modal';

export function Dialogs() {
  if (dialog.value === null) return null;
  if (dialog.value === 'keys') return <KeysDialog />;
  if (dialog.value === 'password') return <PasswordDialog />;
  const conversation = current();
  if (!conversation) return null;
  if (dialog.value === 'assign') return <AssignDialog conversation={conversation} />;
  if (dialog.value === 'snooze') return <SnoozeDialog conversation={conversation} />;
  if (dialog.value === 'merge') return <MergeDialog conversation={conversation} />;
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
    void setStatus(conversation, 'snoozed', at);
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

function MoveDialog({ conversation }: { conversation: Conversation }) {
  // The next higher tier is the usual target.
  const [target, setTarget] = useState(() => tiers.value.find((one) => one.tier > conversation.tier)?.inboxes[0]?.key ?? '');
  const [note, setNote] = useState('');
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const noteField = useRef<HTMLTextAreaElement>(null);
  const group = tiers.value.find((one) => one.inboxes.some((inbox) => inbox.key === target));
  const name = group?.inboxes.find((inbox) => inbox.key === target)?.name ?? '';
  const rises = group !== undefined && group.tier > conversation.tier;
  const verb = !group ? 'move.go' : rises ? 'move.escalate' : group.tier < conversation.tier ? 'move.return' : 'move.go';

  const go = async () => {
    if (!target || busy) return;
    if (rises && note.trim() === '') {
      setWrong(say('move.missing'));
      noteField.current?.focus();
      return;
    }
    setBusy(true);
    try {
      await move(conversation, { inbox: target }, note.trim());
      close();
    } catch (error) {
      setWrong(reason(error));
      setBusy(false);
    }
  };

  return (
    <Modal title={say('move.title')} wide>
      <form onSubmit={(event) => { event.preventDefault(); void go(); }}
        onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); void go(); } }}>
        <fieldset class="targets"><legend class="sr">{say('move.where')}</legend>
          {tiers.value.map((one) => (
            <div class="target-tier" key={one.tier}>
              <span class="target-name"><span class={`tier tier-${one.tier}`}>T{one.tier}</span>{one.name}</span>
              <div class="target-inboxes">
                {one.inboxes.map((inbox) => {
                  const here = inbox.key === conversation.inbox.key;
                  return (
                    <label class={`target${here ? ' target-here' : ''}`} key={inbox.key}>
                      <input type="radio" name="target" value={inbox.key} checked={target === inbox.key} disabled={here} onChange={() => { setTarget(inbox.key); setWrong(''); }} />
                      <span dir="auto">{inbox.name}</span>{here && <span class="muted">{say('move.now')}</span>}
                    </label>
                  );
                })}
              </div>
            </div>
          ))}
        </fieldset>
        <div class="labelled">
          <label for="handover"><span>{say('move.note')}</span>{' '}
            <span class={rises ? 'required' : 'muted'}>{rises ? say('move.noteRequired', { tier: group.name }) : say('move.noteOptional')}</span>
          </label>
          <textarea id="handover" dir="auto" autofocus ref={noteField} class="field" rows={5} value={note} required={rises} aria-invalid={wrong ? 'true' : undefined}
            aria-describedby="move-wrong" onInput={(event) => setNote(event.currentTarget.value)} />
        </div>
        {note === '' && <button type="button" class="quiet" onClick={() => { setNote(say('move.template')); noteField.current?.focus(); }}>{say('move.useTemplate')}</button>}
        <p id="move-wrong" class="wrong" role="alert">{wrong}</p>
        <footer class="modal-foot">
          <button class="button button-primary" disabled={!target || busy}>{name ? say(verb, { name }) : say('move.to')}</button>
          <button type="button" class="button button-quiet" onClick={close}>{say('dialog.cancel')}</button>
        </footer>
      </form>
    </Modal>
  );
}

import { useState } from 'preact/hooks';
import { api } from '../api';
import { agents, inboxes, me, showChange, tell } from '../state/desk';
import { refreshThread } from '../state/thread';
import { say } from '../text/say';
import type { Conversation } from '../wire';
import { Avatar } from './avatar';
import { close, Modal } from './modal';
import { useWrong } from './taskdialog';

/** Asks agents, or an inbox, to help with a conversation. */
export function SwarmDialog({ conversation }: { conversation: Conversation }) {
  const { form, busy, refuse, run, clear, marks, wrongOf, onKeyDown } = useWrong();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [inbox, setInbox] = useState('');
  const helping = new Set(conversation.swarm.map((one) => one.agent.id));
  const others = agents.value.filter((agent) => agent.id !== me.value.id && agent.id !== conversation.assignee?.id);
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
    clear('agents');
  };
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const note = String(new FormData(event.currentTarget as HTMLFormElement).get('note')).trim();
    if (chosen.size === 0 && !inbox) return refuse({ agents: say('swarm.missing') });
    await run(['agents', 'inbox', 'note'], async () => {
      const done = await api.invite(conversation.id, { ...(chosen.size > 0 && { agents: [...chosen] }), ...(inbox && { inbox }), ...(note && { note }) });
      showChange(done);
      void refreshThread(done.id);
      tell(say('done.swarmed'));
    });
  };
  return (
    <Modal title={say('swarm.title')}>
      <form ref={form} noValidate onSubmit={(event) => void submit(event)} onKeyDown={onKeyDown}>
        <p class="muted">{conversation.assignee ? say('swarm.effect', { name: conversation.assignee.id === me.value.id ? say('swarm.self') : conversation.assignee.name }) : say('swarm.effectNobody')}</p>
        <fieldset class="people" aria-describedby={marks('agents')['aria-describedby']}><legend class="people-label">{say('swarm.agents')}</legend>
          {others.map((agent, i) => (
            <label class="person" key={agent.id}>
              <input type="checkbox" autofocus={i === 0} checked={helping.has(agent.id) || chosen.has(agent.id)} disabled={helping.has(agent.id)} aria-invalid={marks('agents')['aria-invalid']} onChange={() => toggle(agent.id)} />
              <Avatar name={agent.name} size="small" /><span dir="auto">{agent.name}</span>
              <span class="muted">{helping.has(agent.id) ? say('swarm.already') : agent.tiers.map((tier) => `T${tier}`).join(' ')}</span>
            </label>
          ))}
          {wrongOf('agents')}
        </fieldset>
        <label class="labelled"><span>{say('swarm.inbox')}</span>
          <select class="field" value={inbox} {...marks('inbox')} onChange={(event) => { setInbox(event.currentTarget.value); clear('inbox'); clear('agents'); }}>
            <option value="">{say('swarm.noInbox')}</option>
            {inboxes.value.map((one) => <option key={one.key} value={one.key}>{one.name}</option>)}
          </select>{wrongOf('inbox')}
        </label>
        <label class="labelled"><span>{say('swarm.note')}</span><textarea class="field" name="note" dir="auto" rows={3} {...marks('note')} />{wrongOf('note')}</label>
        {wrongOf('')}
        <footer class="modal-foot">
          <button class="button button-primary" disabled={busy}>{say('swarm.go')}</button>
          <button type="button" class="button button-quiet" onClick={close}>{say('dialog.cancel')}</button>
        </footer>
      </form>
    </Modal>
  );
}

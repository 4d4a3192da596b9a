import { useState } from 'preact/hooks';
import { setStatus } from '../state/actions';
import { threadOf } from '../state/thread';
import { ended } from '../state/work';
import { count, say } from '../text/say';
import type { Conversation } from '../wire';
import { Icon } from './icon';
import { close, Modal } from './modal';

/** Asks what happens to the open tasks of a conversation that is resolved. Keeping them loses nothing: their results still arrive. */
export function ResolveDialog({ conversation }: { conversation: Conversation }) {
  const [busy, setBusy] = useState(false);
  const open = threadOf(conversation.id).value.tasks.filter((task) => !ended(task));
  const go = async (cancel: boolean) => {
    if (busy) return;
    setBusy(true);
    close();
    await setStatus(conversation, 'resolved', { cancelTasks: cancel });
  };
  return (
    <Modal title={count('resolve.title', conversation.open_tasks)}>
      {open.length > 0 && <ul class="resolve-tasks">{open.map((task) => <li key={task.id}><Icon name="task" size={15} /><span dir="auto">{task.title}</span><span class="muted"><bdi>{task.inbox.name}</bdi>{task.assignee && <> · <bdi>{task.assignee.name}</bdi></>}</span></li>)}</ul>}
      <ul class="choices">
        <li><button class="choice" autofocus disabled={busy} onClick={close}><Icon name="back" size={16} /><span>{say('resolve.stay')}</span></button></li>
        <li><button class="choice" disabled={busy} onClick={() => void go(false)}><Icon name="check" size={16} /><span>{say('resolve.keep')}</span><span class="muted">{say('resolve.keep.hint')}</span></button></li>
        <li><button class="choice" disabled={busy} onClick={() => void go(true)}><Icon name="close" size={16} /><span>{say('resolve.cancel')}</span><span class="muted">{say('resolve.cancel.hint')}</span></button></li>
      </ul>
    </Modal>
  );
}

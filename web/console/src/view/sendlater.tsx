// Sending later: loaded when somebody wants to.
import '../text/pages';
import '../style/when.css';
import { useState } from 'preact/hooks';
import { now } from '../state/desk';
import { threadOf } from '../state/thread';
import { schedule, writing } from '../state/writing';
import { say } from '../text/say';
import { moment } from '../text/time';
import { fieldOf } from '../text/zone';
import type { Conversation } from '../wire';
import { close, Modal } from './modal';
import { timeOf, WhenFields } from './whenfields';

export { WhenFields, timeOf, wrongTime } from './whenfields';

/** Asks when a reply is sent. */
export function SendLaterDialog({ conversation }: { conversation: Conversation }) {
  const { account, messages } = threadOf(conversation.id).value;
  const before = writing.value?.at ?? 0;
  const [text, setText] = useState(before > now.value ? fieldOf(before).replace('T', ' ') : '');
  const at = timeOf(text);
  const name = conversation.contact.name || conversation.contact.address;
  return (
    <Modal title={say('when.title')} wide>
      <form noValidate onSubmit={(event) => { event.preventDefault(); if (at === null) return; close(); void schedule(conversation, messages, at); }}>
        <WhenFields text={text} change={setText} zone={account?.timezone ?? ''} autofocus />
        <p class="muted">{say('when.effect', { name })}</p>
        <footer class="modal-foot modal-foot-stays">
          <button class="button button-primary" disabled={at === null}>{at === null ? say('when.title') : say('when.go', { time: moment(new Date(at).toISOString(), now.value) })}</button>
          <button type="button" class="button button-quiet" onClick={close}>{say('dialog.cancel')}</button>
        </footer>
      </form>
    </Modal>
  );
}

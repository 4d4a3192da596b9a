// The dialogs that change what describes a conversation: its tags, its subject, its contact, and
// which other one it belongs to. Loaded when one is opened.
import '../text/pages';
import '../text/edit';
import '../style/edit.css';
import { useRef, useState } from 'preact/hooks';
import { call } from '../api';
import { told } from '../state/actions';
import { reason, showChange } from '../state/desk';
import { rows } from '../state/list';
import { sentence } from '../state/people';
import { refreshThread, threadOf } from '../state/thread';
import { addressOf, nameOf } from '../text/person';
import { say } from '../text/say';
import type { ChangedConversation, Conversation, EditInputBody } from '../wire';
import { Avatar } from './avatar';
import { Icon } from './icon';
import { close, Modal } from './modal';

export { MergeDialog } from './mergedialog';

interface Props { conversation: Conversation }

async function edit(conversation: Conversation, body: EditInputBody, what: (done: Conversation) => string): Promise<void> {
  const done = await call<ChangedConversation>('PATCH', `/conversations/${encodeURIComponent(conversation.id)}`, body);
  showChange(done);
  void refreshThread(done.id);
  if (done.undo) told(what(done), done.undo);
  close();
}

/** What the server says is wrong, without the name that the API has for the field. */
const wrongOf = (error: unknown) => sentence(reason(error).replace(/^(?:tags|subject|contact): /, ''));

/** What the tags of other conversations suggest. */
function known(without: readonly string[]): string[] {
  return [...new Set(rows.value.flatMap((row) => row.tags))].filter((tag) => !without.includes(tag)).sort();
}

export function TagsDialog({ conversation }: Props) {
  const [tags, setTags] = useState<readonly string[]>(conversation.tags);
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const typed = text.split(',').map((one) => one.trim()).filter((one) => one && !tags.includes(one));
  const add = () => { setTags([...tags, ...typed]); setText(''); };
  const save = () => edit(conversation, { tags: [...new Set([...tags, ...typed])] }, ({ number }) => say('edit.done.tags', { number })).catch((error: unknown) => setWrong(wrongOf(error)));
  return (
    <Modal title={say('edit.tags', { number: conversation.number })}>
      <form onSubmit={(event) => { event.preventDefault(); void save(); }}>
        {tags.length > 0 && (
          <ul class="tags edit-tags" aria-label={say('key.tags')}>
            {tags.map((tag) => (
              <li key={tag} class="tag"><span dir="auto">{tag}</span>
                <button type="button" title={say('edit.tags.remove', { tag })} onClick={() => { setTags(tags.filter((one) => one !== tag)); field.current?.focus(); }}><Icon name="close" size={13} /><span class="sr">{say('edit.tags.remove', { tag })}</span></button>
              </li>
            ))}
          </ul>
        )}
        <label class="labelled"><span>{say('edit.tags.add')}</span>
          <input ref={field} autofocus class="field" dir="auto" value={text} list="edit-known" autocomplete="off" aria-invalid={wrong ? 'true' : undefined} aria-describedby="edit-wrong"
            onInput={(event) => { setText(event.currentTarget.value); setWrong(''); }}
            onKeyDown={(event) => {
              if (event.key === ',' && typed.length > 0) { event.preventDefault(); add(); }
              if (event.key === 'Backspace' && text === '' && !event.repeat) setTags(tags.slice(0, -1));
            }} />
        </label>
        <datalist id="edit-known">{known(tags).map((tag) => <option key={tag} value={tag} />)}</datalist>
        <p id="edit-wrong" class="wrong" role="alert">{wrong}</p>
        <Foot />
      </form>
    </Modal>
  );
}

const Foot = () => (
  <footer class="modal-foot"><button class="button button-primary">{say('edit.save')}</button><button type="button" class="button button-quiet" onClick={close}>{say('dialog.cancel')}</button></footer>
);

export function SubjectDialog({ conversation }: Props) {
  const [text, setText] = useState(conversation.subject);
  const [wrong, setWrong] = useState('');
  const save = () => edit(conversation, { subject: text }, ({ number, subject }) => say('edit.done.subject', { number, subject })).catch((error: unknown) => setWrong(wrongOf(error)));
  return (
    <Modal title={say('edit.subject', { number: conversation.number })}>
      <form onSubmit={(event) => { event.preventDefault(); void save(); }}>
        <label class="labelled"><span>{say('edit.subject.label')}</span>
          <input autofocus class="field" dir="auto" value={text} autocomplete="off" aria-invalid={wrong ? 'true' : undefined} aria-describedby="edit-hint edit-wrong" onFocus={(event) => event.currentTarget.select()}
            onInput={(event) => { setText(event.currentTarget.value); setWrong(''); }} />
        </label>
        <p id="edit-hint" class="muted">{say('edit.subject.hint')}</p>
        <p id="edit-wrong" class="wrong" role="alert">{wrong}</p>
        <Foot />
      </form>
    </Modal>
  );
}

/** Chooses who of the account is the customer. */
export function ContactDialog({ conversation }: Props) {
  const [wrong, setWrong] = useState('');
  const { account } = threadOf(conversation.id).value;
  const pick = (id: string) => edit(conversation, { contact: id }, (done) => say('edit.done.contact', { number: done.number, name: nameOf(done.contact) })).catch((error: unknown) => setWrong(wrongOf(error)));
  const list = account?.contacts ?? [];
  return (
    <Modal title={say('edit.contact', { number: conversation.number })}>
      <p class="muted">{say('edit.contact.hint', { account: conversation.account.name })}</p>
      <ul class="choices">
        {list.map((one) => {
          const address = one.identities.find(({ channel }) => channel === 'email')?.address ?? '';
          const name = one.name || address || one.id;
          return (
            <li key={one.id}>
              <button class="choice" aria-pressed={one.id === conversation.contact.id} autofocus={one.id === conversation.contact.id} onClick={() => void (one.id === conversation.contact.id ? close() : pick(one.id))}>
                <Avatar name={name} size="small" /><span dir="auto">{name}</span><span class="muted">{address !== name && address}</span>
              </button>
            </li>
          );
        })}
        {list.length === 0 && <li class="muted">{say('edit.contact.none', { name: nameOf(conversation.contact), address: addressOf(conversation.contact) })}</li>}
      </ul>
      <p class="wrong" role="alert">{wrong}</p>
    </Modal>
  );
}

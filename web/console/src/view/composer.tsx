import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { count, isolated, say, sayIf } from '../text/say';
import { moment } from '../text/time';
import { denied } from '../state/actions';
import { emailOf, stoppedOf } from '../state/asked';
import type { Kind } from '../state/draft';
import { refusal } from '../state/handoff';
import { me, now } from '../state/desk';
import { dialog } from '../state/dialog';
import { onlyHelps } from '../state/work';
import { conflicts, drafted, drafts, nameOf } from '../state/sync';
import { filesOf, LIMIT, mentionsFile } from '../state/files';
import { passing } from '../state/passing';
import { newerThan } from '../state/timeline';
import { discard, keepMine, loadRecipients, schedule, seenSeq, send, stopWriting, type as typed, useTheirs, write, writing } from '../state/writing';
import type { Conversation, Draft, Message } from '../wire';
import { Icon } from './icon';
import { Articles, Forwarding, Later, Macros, Outgoing } from './lazy';
import { Added, Asked, RecipientFields } from './recipients';
import { keyLabel, keyShortcut } from './shortcuts';

/** The browser itself makes a field as high as its text. */
const SIZED = CSS.supports('field-sizing', 'content');

interface Props { conversation: Conversation; messages: Message[] }

/** The recipient as the button shows it: an address for email, a name for chat. */
export function recipient(conversation: Conversation): string {
  const { channel, to } = conversation.reply;
  if (channel === 'chat') return conversation.contact.name || say('thread.customer').toLowerCase();
  return to || conversation.contact.address;
}

export function Composer({ conversation, messages }: Props) {
  if (passing.value?.conversation === conversation.id) return <Forwarding conversation={conversation} messages={messages} />;
  const current = writing.value;
  if (!current || current.conversation !== conversation.id) return <Doors conversation={conversation} />;
  return <Editor key={current.kind} conversation={conversation} messages={messages} />;
}

/** One button per kind; the last choice is never remembered. */
function Doors({ conversation }: { conversation: Conversation }) {
  const any = drafted.value.has(conversation.id);
  const door = (kind: Kind) => (
    <button class={`door door-${kind}`} aria-keyshortcuts={keyShortcut(kind)} title={refusal(conversation, kind)} aria-disabled={refusal(conversation, kind) ? 'true' : undefined}
      onClick={() => { if (!denied(conversation, kind)) write(conversation, kind); }}>
      <Icon name={kind} size={17} />
      <span>{kind === 'reply' ? say('composer.replyTo', { name: conversation.contact.name || recipient(conversation) }) : say('composer.note')}</span>
      {any && drafts.read(conversation.id, kind) && <span class="draft-mark">{say('composer.draft')}</span>}
      {keyLabel(kind) && <kbd>{keyLabel(kind)}</kbd>}
    </button>
  );
  if (onlyHelps(conversation, me.value.id)) {
    return <footer class="composer"><div class="doors"><p class="door-else"><Icon name="team" size={17} /><span>{say('composer.helping', { name: conversation.assignee!.name })}</span></p>{door('note')}</div></footer>;
  }
  return <footer class="composer"><Left conversation={conversation} /><div class="doors">{door('reply')}{door('note')}</div></footer>;
}

function Editor({ conversation, messages }: Props) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [finds, setFinds] = useState(false);
  const current = writing.value!;
  const reply = current.kind === 'reply';
  const to = recipient(conversation);
  const mail = reply && conversation.reply.channel !== 'chat';
  const unanswerable = reply && !conversation.reply.to && !current.to?.length;
  const theirs = conflicts.value.get(nameOf(conversation.id, current.kind));
  const stopped = mail ? stoppedOf(current.adds?.unreachable ?? [], current) : [];
  const nobody = mail && current.to?.length === 0;
  const news = reply && current.text !== '' ? newerThan(messages, seenSeq(conversation, current.seen)) : 0;
  const files = mail ? filesOf(conversation.id) : [];
  const uploading = files.some((file) => !file.id);
  const tooMuch = files.reduce((sum, file) => sum + file.size, 0) > LIMIT;
  const forgot = mail && current.reminded && files.length === 0 && mentionsFile(current.text);
  const others = mail && current.to && current.cc ? current.to.length + current.cc.length - 1 : 0;

  // A new message may have other recipients, and an event may say that an address gets replies again.
  useEffect(() => { if (mail) void loadRecipients(conversation); }, [mail, messages.length, conversation.last_seq]);

  // A layout effect, so that the next key already goes into the field and is no shortcut.
  useLayoutEffect(() => {
    const area = field.current;
    area?.focus();
    area?.setSelectionRange(area.value.length, area.value.length);
  }, []);

  // Grows with the text; the stylesheet limits the height.
  useLayoutEffect(() => {
    if (SIZED) return;
    const area = field.current!;
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight + 2}px`;
  }, [current.text]);

  const first = current.to?.[0] ? emailOf(current.to[0]) : to;
  const label = reply ? say('composer.reply') : say('composer.note');
  return (
    <footer class={`composer editor editor-${current.kind}`} onDragOver={(event) => { if (mail) event.preventDefault(); }}
      onDrop={(event) => { if (mail) take(event, event.dataTransfer, conversation.id); }}>
      <div class="editor-head">
        <Icon name={current.kind} size={16} />
        {reply ? (
          <span class="editor-to">
            <b>{say('composer.replyTo', { name: conversation.contact.name || to })}</b>{' '}
            <span class="muted">
              {sayIf(`composer.replyBy.${conversation.reply.channel}`, '{to}').replace('{to}', first).replace('{name}', isolated(to))}
              {conversation.reply.channel !== 'chat' && conversation.reply.from && ` · ${say('composer.from', { from: conversation.reply.from })}`}
            </span>
          </span>
        ) : <b class="editor-to">{say('composer.noteOnly')}</b>}
        <button class="tool" title={`${say('composer.close')} (Esc)`} onClick={stopWriting}><Icon name="down" size={16} /><span class="sr">{say('composer.close')}</span></button>
      </div>
      {mail && <RecipientFields writing={current} />}
      {stopped.length > 0 && <Outgoing part="Stops" list={stopped} conversation={conversation} />}
      {mail && <Asked writing={current} conversation={conversation} messages={messages} />}
      {reply && <Left conversation={conversation} />}
      {unanswerable && <p class="stale" role="alert">{say('composer.noAddress')}</p>}
      {theirs !== undefined && <OtherDevice theirs={theirs} />}
      {news > 0 && <p class="stale" role="alert"><Icon name="warn" size={16} />{count('composer.stale', news)}</p>}
      {current.failure && <p class="failed" role="alert">{say('composer.failed', { reason: current.failure })}</p>}
      {forgot && <p class="stale" role="alert"><Icon name="clip" size={16} />{say('composer.forgot')}</p>}
      {reply && <Macros part="Menu" conversation={conversation} field={field} />}
      {finds && <Articles part="Insert" field={field} close={() => setFinds(false)} />}
      <textarea ref={field} dir="auto" rows={4} value={current.text} aria-label={label} readOnly={current.sending}
        placeholder={say(`composer.placeholder.${current.kind}`)} onInput={(event) => typed(event.currentTarget.value)}
        onPaste={(event) => { if (mail) take(event, event.clipboardData, conversation.id); }} />
      {reply && <Macros part="Used" conversation={conversation} field={field} />}
      {mail && <Added adds={current.adds} />}
      {files.length > 0 && <Later part="Attachments" conversation={conversation.id} />}
      <div class="editor-foot">
        <button class={`button ${news > 0 || forgot ? 'button-warn' : 'button-primary'}`} aria-keyshortcuts={keyShortcut('send')}
          disabled={current.sending || uploading || tooMuch || unanswerable || nobody || stopped.length > 0 || current.text.trim() === ''} onClick={() => void send(conversation, messages)}>
          {!reply ? say(current.sending ? 'composer.adding' : 'composer.addNote')
            : current.sending ? say('composer.sending')
            : files.some((file) => !file.id && !file.failure) ? say('composer.uploading')
            : forgot ? say('composer.without')
            : news > 0 ? count('composer.sendAnyway', news)
            : current.at > 0 ? say('composer.sendAt', { to: first, time: moment(new Date(current.at).toISOString(), now.value) }) : others > 0 ? count('composer.sendAll', others, { to: first }) : say('composer.send', { to: first })}
          <kbd>{keyLabel('send')}</kbd>
        </button>
        {mail && <button class="button button-quiet" disabled={current.sending} onClick={() => (current.at > 0 ? void schedule(conversation, messages, 0) : (dialog.value = 'sendLater'))}><Icon name="clock" size={15} />{say(current.at > 0 ? 'composer.atOnce' : 'composer.later')}</button>}
        {mail && <Later part="AttachButton" conversation={conversation.id} disabled={current.sending} />}
        {reply && <Macros part="Button" field={field} />}
        <button type="button" class="button button-quiet" aria-expanded={finds} onClick={() => setFinds(!finds)}><Icon name="book" size={15} />{say('view.articles')}</button>
        {current.text !== '' && <button class="button button-quiet" onClick={discard}>{say('composer.discard')}</button>}
        {current.text !== '' && theirs === undefined && <span class="saved muted">{say('composer.saved')}</span>}
      </div>
    </footer>
  );
}

/** Attaches the files that were pasted or dropped; text is left to the browser. */
function take(event: Event, data: DataTransfer | null, conversation: string): void {
  const files = [...(data?.files ?? [])];
  if (files.length === 0) return;
  event.preventDefault();
  void import('./later').then((parts) => parts.addFiles(conversation, files, true));
}

/** Says when nobody is there to read a reply by chat. */
function Left({ conversation: { reply } }: { conversation: Conversation }) {
  if (reply.channel !== 'chat' || !reply.left_at) return null;
  return <p class="left muted" role="status"><Icon name="clock" size={15} /><span>{say('composer.left')}</span></p>;
}

/** The draft was changed on another device: its author decides which text stays. */
function OtherDevice({ theirs }: { theirs: Draft | null }) {
  return (
    <div class="asked" role="alert">
      <Icon name="warn" size={16} />
      <span>
        {say(theirs ? 'composer.elsewhere' : 'composer.elsewhere.gone')}
        {theirs && <q class="other-text" dir="auto">{theirs.text}</q>}
      </span>
      <div class="asked-tools">
        <button type="button" class="button" onClick={useTheirs}>{say(theirs ? 'composer.elsewhere.use' : 'composer.elsewhere.drop')}</button>
        <button type="button" class="button" onClick={keepMine}>{say('composer.elsewhere.keep')}</button>
      </div>
    </div>
  );
}

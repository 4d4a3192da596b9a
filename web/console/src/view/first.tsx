// Writing to somebody who has not written: loaded when an agent does.
import '../text/pages';
import '../style/first.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { call } from '../api';
import { inboxes, me, now, openConversation, place, reason, refreshCounts, tell, tiers } from '../state/desk';
import { dialog } from '../state/dialog';
import { attach, dropFiles, filesOf, LIMIT, recallFiles } from '../state/files';
import { refreshThread } from '../state/thread';
import { dismiss } from '../state/toast';
import { say } from '../text/say';
import { moment } from '../text/time';
import type { Contact, Started, StartInputBody, Stationery } from '../wire';
import { AttachButton, Attachments } from './attachments';
import { Icon } from './icon';
import { close, Modal } from './modal';
import { timeOf, WhenFields, wrongTime } from './sendlater';
import { useWrong } from './taskdialog';
import { AgentOptions } from './tasks';

const FIELDS = ['to', 'cc', 'bcc', 'inbox', 'subject', 'text', 'from', 'assignee', 'send_at', 'attachments'] as const;
type Values = Record<'to' | 'cc' | 'bcc' | 'inbox' | 'subject' | 'text' | 'from' | 'assignee' | 'at', string>;

/** What was written but not sent, or taken back, so that its author goes on writing it. */
let kept: Values | null = null;

/** The files of the message, among those of replies. */
const FILES = 'new';

const split = (text: string) => text.split(/[,;\n]/).map((one) => one.trim()).filter(Boolean);

/** The addresses of contacts that match what is typed last. */
function useSuggestions(text: string): string[] {
  const [found, setFound] = useState<string[]>([]);
  const typed = text.split(/[,;]/).pop()!.trim();
  useEffect(() => {
    if (typed.length < 2 || typed.includes('>')) return setFound([]);
    const abort = new AbortController();
    const later = setTimeout(() => {
      call<{ data: Contact[] }>('GET', `/contacts?limit=8&q=${encodeURIComponent(typed)}`, undefined, abort.signal)
        .then(({ data }) => setFound(data.flatMap(({ name, identities }) => identities.filter(({ channel }) => channel === 'email')
          .map(({ address }) => (name && !/[",;<>]/.test(name) ? `${name} <${address}>` : address)))), () => undefined);
    }, 150);
    return () => { clearTimeout(later); abort.abort(); };
  }, [typed]);
  return found;
}

async function takeBack(message: string, conversation: string, values: Values, files: () => void): Promise<void> {
  try {
    await call('DELETE', `/messages/${message}/send`);
    kept = values;
    files();
    dialog.value = 'start';
  } catch (error) {
    tell(reason(error), { bad: true });
  }
  void refreshCounts();
  void refreshThread(conversation);
}

function sent({ conversation, message }: Started, values: Values): void {
  const files = dropFiles(FILES);
  const undo = () => void takeBack(message.id, conversation.id, values, files);
  openConversation(conversation.id);
  void refreshCounts();
  const until = message.deliveries.find(({ state }) => state === 'held')?.next_attempt_at;
  const later = message.deliveries.find(({ state }) => state === 'scheduled')?.next_attempt_at;
  if (later) return void tell(say('done.scheduled', { time: moment(later, now.value) }), { undo });
  if (!until) return void tell(say('first.sent', { number: conversation.number }));
  const toast = tell(say('done.sending'), { undo, until: Date.parse(until) });
  setTimeout(() => dismiss(toast), Math.max(0, Date.parse(until) - Date.now()));
}

/** The inbox that is shown, else the first one of the agent's tiers in which people answer. */
function usualInbox(): string {
  const { view } = place.value;
  if (view.kind === 'inbox') return view.inbox;
  const tier = view.kind === 'tier' ? view.tier : undefined;
  const found = inboxes.value.find((one) => one.tier === tier) ?? inboxes.value.find((one) => one.tier > 0 && me.value.tiers.includes(one.tier)) ?? inboxes.value[0];
  return found?.key ?? '';
}

const nothing = (): Values => ({ to: '', cc: '', bcc: '', inbox: usualInbox(), subject: '', text: '', from: '', assignee: '', at: '' });
const begun = ({ to, subject, text }: Values) => `${to}${subject}${text}`.trim() !== '' || filesOf(FILES).length > 0;

/** What mails from an inbox have; null until it is known. */
function useStationery(inbox: string): Stationery | null {
  const [found, setFound] = useState<{ inbox: string; has: Stationery } | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    call<Stationery>('GET', `/inboxes/${encodeURIComponent(inbox)}/stationery`, undefined, abort.signal).then((has) => setFound({ inbox, has }), () => undefined);
    return () => abort.abort();
  }, [inbox]);
  return found?.inbox === inbox ? found.has : null;
}

export function StartDialog() {
  const { form, busy, refuse, run, clear, marks, wrongOf, onKeyDown } = useWrong();
  const [values, setValues] = useState<Values>(() => kept ?? nothing());
  const [copies, setCopies] = useState(`${values.cc}${values.bcc}`.trim() !== '');
  const [later, setLater] = useState(values.at !== '');
  const typed = useRef(values);
  typed.current = values;
  const done = useRef(false);
  useEffect(() => {
    recallFiles(FILES);
    kept = null;
    return () => { kept = !done.current && begun(typed.current) ? typed.current : null; };
  }, []);
  const adds = useStationery(values.inbox);
  const files = filesOf(FILES);
  const uploading = files.some((file) => !file.id);
  const tooMuch = files.reduce((sum, file) => sum + file.size, 0) > LIMIT;
  const set = (change: Partial<Values>) => setValues((before) => ({ ...before, ...change }));
  /** Attaches what was pasted or dropped; pictures are shown in the text. */
  const take = (event: Event, data: DataTransfer | null) => {
    const list = [...(data?.files ?? [])];
    if (list.length === 0) return;
    event.preventDefault();
    void (async () => {
      for (const file of list) {
        const id = await attach(FILES, file);
        const area = form.current?.querySelector('textarea');
        if (!id || !area || !filesOf(FILES).find((one) => one.id === id)?.picture) continue;
        area.focus();
        document.execCommand('insertText', false, `\n![${file.name.replace(/[[\]\n]/g, ' ')}](cid:${id})\n`);
      }
    })();
  };
  const discard = () => { dropFiles(FILES); done.current = true; close(); };
  const suggestions = useSuggestions(values.to);
  const before = values.to.slice(0, Math.max(values.to.lastIndexOf(','), values.to.lastIndexOf(';')) + 1);
  const field = (name: keyof Values) => ({
    name, value: values[name], dir: 'auto' as const, class: 'field', ...marks(name),
    onInput: (event: { currentTarget: { value: string } }) => { set({ [name]: event.currentTarget.value }); clear(name); },
  });
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const missing = (['to', 'subject', 'text'] as const).filter((name) => !values[name].trim());
    if (missing.length > 0) return refuse(Object.fromEntries(missing.map((name) => [name, say(`first.${name}.missing`)])));
    const at = later ? timeOf(values.at) : null;
    if (later && at === null) return refuse({ send_at: wrongTime(values.at) || say('snooze.bad') });
    if (uploading || tooMuch) return;
    const body: StartInputBody = {
      to: split(values.to), subject: values.subject.trim(), text: values.text, inbox: values.inbox, ...(values.cc.trim() && { cc: split(values.cc) }), ...(values.bcc.trim() && { bcc: split(values.bcc) }), ...(values.from && { from: values.from }),
      ...(values.assignee && { assignee: values.assignee }), ...(at !== null && { send_at: new Date(at).toISOString() }), ...(files.length > 0 && { attachments: files.map((file) => file.id) }),
    };
    await run(FIELDS, async () => {
      sent(await call<Started>('POST', '/conversations', body), values);
      done.current = true;
    });
  };
  return (
    <Modal title={say('first.title')} wide>
      <form ref={form} noValidate class="first-form" onSubmit={(event) => void submit(event)} onKeyDown={onKeyDown} onPaste={(event) => take(event, event.clipboardData)}
        onDragOver={(event) => event.preventDefault()} onDrop={(event) => take(event, event.dataTransfer)}>
        <label class="labelled"><span>{say('first.to')}</span>
          <input {...field('to')} autofocus autocomplete="off" aria-required="true" list="first-people" placeholder="jo@acme.example" />{wrongOf('to')}
        </label>
        <datalist id="first-people">{suggestions.map((one) => <option key={one} value={before ? `${before} ${one}` : one} />)}</datalist>
        {copies ? <>
          <label class="labelled"><span>{say('first.cc')}</span><input {...field('cc')} autocomplete="off" />{wrongOf('cc')}</label>
          <label class="labelled"><span>{say('first.bcc')}</span><input {...field('bcc')} autocomplete="off" />{wrongOf('bcc')}</label>
        </>
          : <button type="button" class="button button-quiet first-copies" onClick={() => setCopies(true)}>{say('first.addCopies')}</button>}
        <label class="labelled"><span>{say('first.inbox')}</span>
          <select class="field" value={values.inbox} {...marks('inbox')} onChange={(event) => { set({ inbox: event.currentTarget.value, from: '' }); clear('inbox'); }}>
            {tiers.value.map((group) => (
              <optgroup key={group.tier} label={group.name || say('rail.tier', { tier: group.tier })}>{group.inboxes.map((one) => <option key={one.key} value={one.key}>{one.name}</option>)}</optgroup>
            ))}
          </select>{wrongOf('inbox')}
        </label>
        {adds && adds.from.length > 1
          ? <label class="labelled"><span>{say('composer.sender')}</span><select class="field" value={values.from || adds.from[0]} {...marks('from')} onChange={(event) => { set({ from: event.currentTarget.value }); clear('from'); }}>
              {adds.from.map((one) => <option key={one} value={one}>{one}</option>)}</select>{wrongOf('from')}</label>
          : adds?.from[0] && <p class="muted first-from">{say('composer.from', { from: adds.from[0] })}{wrongOf('from')}</p>}
        <label class="labelled"><span>{say('first.assignee')}</span>
          <select class="field" value={values.assignee} {...marks('assignee')} onChange={(event) => { set({ assignee: event.currentTarget.value }); clear('assignee'); }}>
            <option value="">{say('first.assignee.me')}</option>
            <AgentOptions inbox={inboxes.value.find((one) => one.key === values.inbox)} />
          </select>{wrongOf('assignee')}
        </label>
        <label class="labelled"><span>{say('first.subject')}</span><input {...field('subject')} maxLength={300} aria-required="true" autocomplete="off" />{wrongOf('subject')}</label>
        <label class="labelled"><span>{say('first.text')}</span><textarea {...field('text')} rows={8} aria-required="true" />{wrongOf('text')}</label>
        {adds?.signature && <div class="added muted" role="group" aria-label={say('first.added')}><p dir="auto">{`-- \n${adds.signature}`}</p></div>}
        <Attachments conversation={FILES} />{wrongOf('attachments')}
        {later && <WhenFields text={values.at} change={(at) => { set({ at }); clear('send_at'); }} zone="" autofocus />}{wrongOf('send_at')}
        <p class="muted">{say('first.effect')}</p>
        {wrongOf('')}
        <footer class="modal-foot modal-foot-stays">
          <button class="button button-primary" disabled={busy || uploading || tooMuch}>{say(files.some((file) => !file.id && !file.failure) ? 'composer.uploading' : later ? 'first.schedule' : 'first.send')}</button>
          <AttachButton conversation={FILES} disabled={busy} />
          <button type="button" class="button button-quiet" aria-pressed={later} onClick={() => setLater(!later)}><Icon name="clock" size={15} />{say('composer.later')}</button>
          {begun(values) ? <button type="button" class="button button-quiet" onClick={discard}>{say('composer.discard')}</button> : <button type="button" class="button button-quiet" onClick={close}>{say('dialog.cancel')}</button>}
        </footer>
      </form>
    </Modal>
  );
}

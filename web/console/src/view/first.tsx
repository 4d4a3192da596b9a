// Writing to somebody who has not written: loaded when an agent does.
import '../text/pages';
import '../style/first.css';
import { useEffect, useState } from 'preact/hooks';
import { call } from '../api';
import { inboxes, me, openConversation, place, reason, refreshCounts, tell, tiers } from '../state/desk';
import { dialog } from '../state/dialog';
import { refreshThread } from '../state/thread';
import { dismiss } from '../state/toast';
import { say } from '../text/say';
import type { Contact, Started, StartInputBody } from '../wire';
import { close, Modal } from './modal';
import { useWrong } from './taskdialog';

const FIELDS = ['to', 'cc', 'inbox', 'subject', 'text', 'from'] as const;
type Values = Record<'to' | 'cc' | 'inbox' | 'subject' | 'text', string>;

/** What was taken back, so that its author goes on writing it. */
let kept: Values | null = null;

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

async function takeBack(message: string, conversation: string, values: Values): Promise<void> {
  try {
    await call('DELETE', `/messages/${message}/send`);
    kept = values;
    dialog.value = 'start';
  } catch (error) {
    tell(reason(error), { bad: true });
  }
  void refreshCounts();
  void refreshThread(conversation);
}

function sent({ conversation, message }: Started, values: Values): void {
  openConversation(conversation.id);
  void refreshCounts();
  const until = message.deliveries.find(({ state }) => state === 'held')?.next_attempt_at;
  if (!until) return void tell(say('first.sent', { number: conversation.number }));
  const toast = tell(say('done.sending'), { undo: () => void takeBack(message.id, conversation.id, values), until: Date.parse(until) });
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

export function StartDialog() {
  const { form, busy, refuse, run, clear, marks, wrongOf, onKeyDown } = useWrong();
  const [values, setValues] = useState<Values>(() => kept ?? { to: '', cc: '', inbox: usualInbox(), subject: '', text: '' });
  const [copies, setCopies] = useState(values.cc !== '');
  useEffect(() => { kept = null; }, []);
  const suggestions = useSuggestions(values.to);
  const before = values.to.slice(0, Math.max(values.to.lastIndexOf(','), values.to.lastIndexOf(';')) + 1);
  const field = (name: keyof Values) => ({
    name, value: values[name], dir: 'auto' as const, class: 'field', ...marks(name),
    onInput: (event: { currentTarget: { value: string } }) => { setValues({ ...values, [name]: event.currentTarget.value }); clear(name); },
  });
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const missing = (['to', 'subject', 'text'] as const).filter((name) => !values[name].trim());
    if (missing.length > 0) return refuse(Object.fromEntries(missing.map((name) => [name, say(`first.${name}.missing`)])));
    const body: StartInputBody = { to: split(values.to), subject: values.subject.trim(), text: values.text, inbox: values.inbox, ...(values.cc.trim() && { cc: split(values.cc) }) };
    await run(FIELDS, async () => sent(await call<Started>('POST', '/conversations', body), values));
  };
  return (
    <Modal title={say('first.title')} wide>
      <form ref={form} noValidate class="first-form" onSubmit={(event) => void submit(event)} onKeyDown={onKeyDown}>
        <label class="labelled"><span>{say('first.to')}</span>
          <input {...field('to')} autofocus autocomplete="off" aria-required="true" list="first-people" placeholder="jo@acme.example" />{wrongOf('to')}
        </label>
        <datalist id="first-people">{suggestions.map((one) => <option key={one} value={before ? `${before} ${one}` : one} />)}</datalist>
        {copies ? <label class="labelled"><span>{say('first.cc')}</span><input {...field('cc')} autocomplete="off" />{wrongOf('cc')}</label>
          : <button type="button" class="button button-quiet first-copies" onClick={() => setCopies(true)}>{say('first.addCopies')}</button>}
        <label class="labelled"><span>{say('first.inbox')}</span>
          <select class="field" value={values.inbox} {...marks('inbox')} onChange={(event) => { setValues({ ...values, inbox: event.currentTarget.value }); clear('inbox'); }}>
            {tiers.value.map((group) => (
              <optgroup key={group.tier} label={group.name || say('rail.tier', { tier: group.tier })}>{group.inboxes.map((one) => <option key={one.key} value={one.key}>{one.name}</option>)}</optgroup>
            ))}
          </select>{wrongOf('inbox')}
        </label>
        <label class="labelled"><span>{say('first.subject')}</span><input {...field('subject')} maxLength={300} aria-required="true" autocomplete="off" />{wrongOf('subject')}</label>
        <label class="labelled"><span>{say('first.text')}</span><textarea {...field('text')} rows={8} aria-required="true" />{wrongOf('text')}</label>
        <p class="muted">{say('first.effect')}</p>
        {wrongOf('')}
        <footer class="modal-foot modal-foot-stays">
          <button class="button button-primary" disabled={busy}>{say('first.send')}</button>
          <button type="button" class="button button-quiet" onClick={close}>{say('dialog.cancel')}</button>
        </footer>
      </form>
    </Modal>
  );
}

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { bare, mailbox, replyTo, send, type Letter, type Mail } from './mail';

const CUSTOMERS = [
  { address: 'jo@acme.example', name: 'Jo Hale', note: 'Acme, business customer' },
  { address: 'maria.keller@globex.example', name: 'Maria Keller', note: 'Globex, enterprise customer' },
  { address: 'sam@riverside.example', name: 'Sam Rivers', note: 'new customer' },
];

const ADDRESSES = [
  { to: 'support@demo.example', what: 'general questions' },
  { to: 'billing@demo.example', what: 'invoices and refunds' },
  { to: 'security@demo.example', what: 'security incidents' },
];

const IDEAS = [
  { to: 'support@demo.example', subject: 'Where is my order?', text: 'Hello,\n\nI ordered two desk lamps last Tuesday and have not heard anything since. Could you check?\n\nThanks' },
  { to: 'billing@demo.example', subject: 'Charged twice', text: 'Hi,\n\nmy card was charged twice for invoice 20418. Please refund one of the charges.\n\nRegards' },
  { to: 'security@demo.example', subject: 'Someone signed in to my account', text: 'I just got an email about a sign-in from a city I have never been to. Please lock my account.' },
];

const REFRESH = 1500;

export function Mailbox() {
  const [who, setWho] = useState(CUSTOMERS[0]!);
  const [mails, setMails] = useState<Mail[] | null>(null);
  const [open, setOpen] = useState<string | null>(null);
  const [letter, setLetter] = useState<Letter | null>(null);
  const [problem, setProblem] = useState('');

  const load = useCallback(async () => {
    try {
      setMails(await mailbox(who.address));
      setProblem('');
    } catch (error) {
      setProblem((error as Error).message);
    }
  }, [who]);

  useEffect(() => {
    setMails(null);
    setOpen(null);
    void load();
    const timer = setInterval(() => { if (document.visibilityState === 'visible') void load(); }, REFRESH);
    return () => clearInterval(timer);
  }, [load]);

  const mail = mails?.find((one) => one.message_id === open) ?? null;
  const blank = (idea = IDEAS[0]!): Letter => ({ from: who.address, name: who.name, to: idea.to, subject: '', text: '', via: 'smtp' });

  return (
    <div class="mailbox">
      <aside>
        <label class="as"><span>You are</span>
          <select value={who.address} onChange={(event) => { setLetter(null); setWho(CUSTOMERS.find((one) => one.address === event.currentTarget.value)!); }}>
            {CUSTOMERS.map((one) => <option key={one.address} value={one.address}>{one.name} · {one.address}</option>)}
          </select>
          <small>{who.note}</small>
        </label>
        <button class="primary" onClick={() => { setLetter(blank()); setOpen(null); }}>New email</button>
        {problem && <p class="problem" role="alert">{problem}</p>}
        <ul class="mails" aria-label="Emails">
          {mails?.map((one) => (
            <li key={one.message_id + one.direction}>
              <button class={one.message_id === open ? 'mail-row here' : 'mail-row'} aria-current={one.message_id === open ? 'true' : undefined}
                onClick={() => { setOpen(one.message_id); setLetter(null); }}>
                <span class="mail-who">{one.direction === 'out' ? `To ${bare(one.to)}` : one.from.replace(/\s*<.*/, '') || bare(one.from)}</span>
                <time>{clock(one.at)}</time>
                <span class="mail-subject">{one.direction === 'in' && <i class="dot" aria-label="received" role="img" />}{one.subject || '(no subject)'}</span>
              </button>
            </li>
          ))}
          {mails?.length === 0 && <li class="none">No emails yet.</li>}
        </ul>
      </aside>
      <section class="reader" aria-label="Email">
        {letter ? <Composer key={letter.in_reply_to ?? who.address} start={letter} name={who.name} done={(sent) => { setLetter(null); if (sent) void load(); }} />
          : mail ? <Reading mail={mail} answer={() => setLetter({ ...replyTo(mail, who.address), name: who.name })} />
          : (
            <div class="start">
              <h2>Send an email as {who.name.split(' ')[0]}</h2>
              <ul>
                {IDEAS.map((idea) => (
                  <li key={idea.subject}><button class="idea" onClick={() => setLetter({ ...blank(idea), subject: idea.subject, text: `${idea.text}\n${who.name.split(' ')[0]}` })}><b>{idea.subject}</b><span>to {idea.to}</span></button></li>
                ))}
              </ul>
              <p>Open the console in a second window: the email arrives in less than a second.</p>
            </div>
          )}
      </section>
    </div>
  );
}

const clock = (at: string) => new Date(at).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });

function Reading({ mail, answer }: { mail: Mail; answer: () => void }) {
  const [raw, setRaw] = useState(false);
  return (
    <article>
      <h2>{mail.subject || '(no subject)'}</h2>
      <dl><div><dt>From</dt><dd>{mail.from}</dd></div><div><dt>To</dt><dd>{mail.to}</dd></div><div><dt>Date</dt><dd>{new Date(mail.at).toLocaleString()}</dd></div></dl>
      <pre class={raw ? 'raw' : 'text'} tabIndex={0}>{raw ? mail.raw : mail.text}</pre>
      <p class="actions"><button class="primary" onClick={answer}>{mail.direction === 'out' ? 'Write again' : 'Reply'}</button>
        <button class="plain" aria-pressed={raw} onClick={() => setRaw(!raw)}>{raw ? 'View text' : 'View source'}</button></p>
    </article>
  );
}

function Composer({ start, name, done }: { start: Letter; name: string; done: (sent: boolean) => void }) {
  const [letter, setLetter] = useState(start);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const text = useRef<HTMLTextAreaElement>(null);
  const set = (change: Partial<Letter>) => setLetter({ ...letter, ...change });
  const reply = letter.in_reply_to !== undefined;
  useEffect(() => { text.current?.focus(); text.current?.setSelectionRange(0, 0); }, []);

  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await send(letter);
      done(true);
    } catch (error) {
      setProblem((error as Error).message);
      setBusy(false);
    }
  };

  return (
    <form onSubmit={(event) => void submit(event)}>
      <h2>{reply ? 'Reply' : 'New email'} from {name}</h2>
      {reply ? <p class="to">To {letter.to}</p> : (
        <label><span>To</span><select value={letter.to} onChange={(event) => set({ to: event.currentTarget.value })}>
          {ADDRESSES.map((one) => <option key={one.to} value={one.to}>{one.to} – {one.what}</option>)}
        </select></label>
      )}
      <label><span>Subject</span><input value={letter.subject} required onInput={(event) => set({ subject: event.currentTarget.value })} /></label>
      <label><span>Text</span><textarea ref={text} rows={12} value={letter.text} required onInput={(event) => set({ text: event.currentTarget.value })} /></label>
      {!reply && letter.to === 'support@demo.example' && (
        <fieldset><legend>Delivery</legend>
          <label><input type="radio" name="via" checked={letter.via === 'smtp'} onChange={() => set({ via: 'smtp' })} /> directly to Switchboard (SMTP)</label>
          <label><input type="radio" name="via" checked={letter.via === 'imap'} onChange={() => set({ via: 'imap' })} /> to a mailbox that Switchboard polls (IMAP)</label>
        </fieldset>
      )}
      {problem && <p class="problem" role="alert">{problem}</p>}
      <p class="actions"><button class="primary" disabled={busy}>{busy ? 'Sending…' : 'Send'}</button><button type="button" class="plain" onClick={() => done(false)}>Cancel</button></p>
    </form>
  );
}

// The passwords of one's mail programs: loaded when the dialog is opened.
import '../text/pages';
import '../text/mailprograms';
import '../style/mailprograms.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../api';
import { now, reason, tell } from '../state/desk';
import { passwords } from '../state/mailprograms';
import { wrongsOf } from '../state/people';
import { say } from '../text/say';
import { exact, moment } from '../text/time';
import type { AppPassword, NewAppPassword } from '../wire';
import { Text } from './fields';
import { Modal } from './modal';

export function MailProgramsDialog() {
  const [list, setList] = useState<AppPassword[] | null>(null);
  const [made, setMade] = useState<NewAppPassword | null>(null);
  const [failure, setFailure] = useState('');
  const load = () => void passwords.list().then((found) => { setList(found); setFailure(''); }, (error: unknown) => setFailure(reason(error)));
  useEffect(load, []);
  const revoke = async (one: AppPassword) => {
    try {
      await passwords.remove(one.id);
      if (made?.id === one.id) setMade(null);
      tell(say('programs.revoked', { name: one.name }));
    } catch (error) {
      tell(reason(error), { bad: true });
    }
    load();
  };
  return (
    <Modal title={say('programs.title')} wide>
      <p class="muted">{say('programs.explain')}</p>
      {failure && <div class="empty" role="alert"><p>{failure}</p><button class="button" onClick={load}>{say('net.retry')}</button></div>}
      {!list && !failure && <div class="skeleton" aria-hidden="true"><div class="bones"><i /><i class="short" /></div></div>}
      {list?.length === 0 && <p class="programs-none">{say('programs.none')}</p>}
      {list && list.length > 0 && (
        <ul class="programs">
          {list.map((one) => (
            <li key={one.id}>
              <b dir="auto">{one.name}</b>
              <span class="muted" title={one.last_used_at ? exact(one.last_used_at) : undefined}>{one.last_used_at ? say('programs.used', { when: moment(one.last_used_at, now.value) }) : say('programs.unused')}</span>
              <button class="button button-quiet" aria-label={say('programs.revoke.named', { name: one.name })} onClick={() => void revoke(one)}>{say('programs.revoke')}</button>
            </li>
          ))}
        </ul>
      )}
      {made && <Made made={made} />}
      {list && <Add done={(one) => { setMade(one); load(); }} />}
    </Modal>
  );
}

/** A new password, once. */
function Made({ made }: { made: NewAppPassword }) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => { box.current?.focus(); box.current?.select(); }, [made.secret]);
  const copy = () => void navigator.clipboard.writeText(made.secret).then(() => tell(say('programs.copied')), () => box.current?.select());
  return (
    <section class="program-made" aria-label={say('programs.made', { name: made.name })}>
      <b>{say('programs.made', { name: made.name })}</b>
      <p>{say('programs.made.hint')}</p>
      <label><span>{say('programs.user')}</span><input class="field" readOnly value={made.user} /></label>
      <label><span>{say('programs.secret')}</span><input ref={box} class="field" readOnly value={made.secret} /><button type="button" class="button" onClick={copy}>{say('programs.copy')}</button></label>
    </section>
  );
}

function Add({ done }: { done: (made: NewAppPassword) => void }) {
  const [name, setName] = useState('');
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const add = async () => {
    if (busy) return;
    setBusy(true);
    try {
      const made = await passwords.create(name);
      setName('');
      setWrong('');
      done(made);
    } catch (error) {
      const { fields, rest } = error instanceof Problem && error.status !== 0 ? wrongsOf(error, ['name']) : { fields: {} as Record<string, string>, rest: reason(error) };
      setWrong(fields.name ?? rest);
    }
    setBusy(false);
  };
  return (
    <form class="program-add" noValidate onSubmit={(event) => { event.preventDefault(); void add(); }}>
      <Text name="name" label={say('programs.name')} hint={say('programs.name.hint')} wrong={wrong} value={name} change={(text) => { setName(text); setWrong(''); }} autofocus />
      <button class="button button-primary" disabled={busy}>{say('programs.add')}</button>
    </form>
  );
}

// Questions before something dangerous is done to outgoing mail, and the new address of a
// redirect.
import { useRef, useState } from 'preact/hooks';
import { refreshCounts, place } from '../state/desk';
import { asked, outbox, retriedText, wrongsOfRedirect, type Asked, type Handled } from '../state/outbox';
import { refreshThread } from '../state/thread';
import { reason, tell } from '../state/toast';
import { count, say } from '../text/say';
import { Text } from './fields';
import { Icon } from './icon';
import { close, Modal } from './modal';

function done(text: string, bad = false): void {
  close();
  tell(text, { bad });
  void refreshCounts();
  if (place.value.open) void refreshThread(place.value.open);
}

export function OutboxDialog() {
  const about = asked.value;
  if (!about) return null;
  return about.kind === 'redirect' ? <Redirect delivery={about.delivery} /> : <Sure about={about} />;
}

/** The words of each question, and what is done after a yes. */
function questionOf(about: Exclude<Asked, { kind: 'redirect' }>): { title: string; text: string; go: string; warn: boolean; work: () => Promise<{ text: string; bad?: boolean }> } {
  if (about.kind === 'all') {
    const { domain, state, inbox, n } = about;
    return {
      title: say('out.sure.all', { domain }), text: count('out.sure.all.text', n), go: say('out.retryAll', { domain }), warn: false,
      work: async () => {
        const result = await outbox.retryAll({ domain, state, ...(inbox && { inbox }) });
        return retriedText(result, count('out.done.all', result.retried, { domain }));
      },
    };
  }
  const { id, recipient, state } = about.delivery;
  const unknown = state === 'unknown';
  if (about.kind === 'retry') {
    return { title: say('out.sure.retry', { recipient }), text: say(unknown ? 'out.sure.retry.text' : 'out.sure.retry.cancelled', { recipient }), go: say('out.sure.retry.go'), warn: true, work: async () => { await outbox.operate(id, 'retry', true); return { text: say('out.done.retry', { recipient }) }; } };
  }
  return {
    title: say('out.sure.cancel', { recipient }), text: say(unknown ? 'out.sure.cancel.unknown' : 'out.sure.cancel.text', { recipient }), go: say('out.sure.cancel.go'), warn: true,
    work: async () => { await outbox.operate(id, 'cancel'); return { text: say('out.done.cancel', { recipient }) }; },
  };
}

function Sure({ about }: { about: Exclude<Asked, { kind: 'redirect' }> }) {
  const { title, text, go, warn, work } = questionOf(about);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState('');
  const run = async () => {
    setBusy(true);
    try {
      const result = await work();
      done(result.text, result.bad);
    } catch (error) {
      setWrong(reason(error));
      setBusy(false);
    }
  };
  return (
    <Modal title={title}>
      <p class={warn ? 'outbox-sure' : undefined}>{warn && <Icon name="warn" size={17} />}<span>{text}</span></p>
      <p class="wrong" role="alert">{wrong}</p>
      <footer class="modal-foot">
        <button class={`button ${warn ? 'button-warn' : 'button-primary'}`} disabled={busy} onClick={() => void run()}>{go}</button>
        <button class="button button-quiet" autofocus onClick={close}>{about.kind === 'cancel' ? say('out.sure.keep') : say('dialog.cancel')}</button>
      </footer>
    </Modal>
  );
}

const ADDRESS = /^\S+@\S+$/;

/** The same message to another address. */
function Redirect({ delivery }: { delivery: Handled }) {
  const { id, recipient, state } = delivery;
  const form = useRef<HTMLFormElement>(null);
  const [to, setTo] = useState('');
  const [why, setWhy] = useState('');
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const refuse = (found: Record<string, string>) => {
    setWrong(found);
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus());
  };
  const submit = async () => {
    const missing = { ...(!ADDRESS.test(to.trim()) && { to: say('out.redirect.wrong') }), ...(!why.trim() && { reason: say('out.redirect.noWhy') }) };
    if (Object.keys(missing).length > 0) return refuse(missing);
    setBusy(true);
    try {
      await outbox.redirect(id, { to: to.trim(), reason: why.trim(), confirm: state === 'unknown' });
      done(say('out.done.redirect', { to: to.trim() }));
    } catch (error) {
      setBusy(false);
      refuse(wrongsOfRedirect(error, reason(error)));
    }
  };
  return (
    <Modal title={say('out.redirect.title')}>
      <form ref={form} noValidate onSubmit={(event) => { event.preventDefault(); if (!busy) void submit(); }}>
        <p class={state === 'unknown' ? 'outbox-sure' : 'muted'}>{state === 'unknown' && <Icon name="warn" size={17} />}<span>{state === 'unknown' && `${say('out.redirect.unknown', { recipient })} `}{say('out.redirect.text', { recipient })}</span></p>
        <Text name="to" label={say('out.redirect.to')} hint={say('out.redirect.to.hint')} wrong={wrong.to} value={to} change={(text) => { setTo(text); setWrong({ ...wrong, to: '' }); }} autofocus />
        <Text name="reason" label={say('out.redirect.why')} hint={say('out.redirect.why.hint')} wrong={wrong.reason} value={why} change={(text) => { setWhy(text); setWrong({ ...wrong, reason: '' }); }} />
        <p class="wrong" role="alert">{wrong['']}</p>
        <footer class="modal-foot">
          <button class="button button-primary" disabled={busy}>{say('out.redirect.go')}</button>
          <button type="button" class="button button-quiet" onClick={close}>{say('dialog.cancel')}</button>
        </footer>
      </form>
    </Modal>
  );
}

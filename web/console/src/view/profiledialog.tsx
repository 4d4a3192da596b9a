import { useRef, useState } from 'preact/hooks';
import { api, Problem } from '../api';
import { dialog } from '../state/dialog';
import { inboxes, me, reason, refreshAgents, tell } from '../state/desk';
import { wrongsOf } from '../state/people';
import { say } from '../text/say';
import { Text } from './fields';
import { close, Modal } from './modal';

const FIELDS = ['display_name', 'signature'];

/** A signature with its names filled in, except those that only the server knows. */
function shown(signature: string, name: string): string {
  const values: Record<string, string> = { 'agent.name': name, 'agent.first_name': name.split(' ')[0] ?? '', 'inbox.name': inboxes.value[0]?.name ?? '' };
  return signature.trim().replace(/\{\{ *([\w.]+) *\}\}/g, (whole, key: string) => values[key] ?? whole);
}

/** One's own name and signature in what customers get. */
export function ProfileDialog() {
  const agent = me.value;
  const [values, setValues] = useState({ display_name: agent.display_name, signature: agent.signature });
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [failure, setFailure] = useState('');
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const set = (field: keyof typeof values) => (text: string) => { setValues((before) => ({ ...before, [field]: text })); setWrong((before) => ({ ...before, [field]: '' })); };
  const save = async () => {
    if (busy) return;
    setBusy(true);
    try {
      me.value = await api.changeAgent('me', values);
      void refreshAgents();
      tell(say('profile.saved'));
      close();
    } catch (error) {
      const { fields, rest } = error instanceof Problem && error.status !== 0 ? wrongsOf(error, FIELDS) : { fields: {}, rest: reason(error) };
      setWrong(fields);
      setFailure(rest);
      setBusy(false);
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus());
    }
  };
  const end = shown(values.signature, values.display_name.trim() || agent.name);
  return (
    <Modal title={say('profile.title')} wide>
      <form ref={form} noValidate onSubmit={(event) => { event.preventDefault(); void save(); }}
        onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); void save(); } }}>
        <Text name="display_name" label={say('profile.name')} hint={say('profile.name.hint', { name: agent.name })} wrong={wrong.display_name} value={values.display_name} change={set('display_name')} autofocus />
        <Text name="signature" label={say('profile.signature')} hint={say('profile.signature.hint')} wrong={wrong.signature} value={values.signature} change={set('signature')} rows={5} />
        {end ? <div class="profile-end" role="group" aria-label={say('profile.preview')}><p class="muted">{say('profile.preview')}</p><p dir="auto">{`-- \n${end}`}</p></div> : <p class="muted">{say('profile.none')}</p>}
        <p class="wrong" role="alert">{failure}</p>
        <footer class="modal-foot modal-foot-stays">
          <button class="button button-primary" disabled={busy}>{say('dialog.save')}</button>
          <button type="button" class="button button-quiet" onClick={close}>{say('dialog.cancel')}</button>
          <button type="button" class="button button-quiet" onClick={() => (dialog.value = 'programs')}>{say('profile.programs')}</button>
        </footer>
      </form>
    </Modal>
  );
}

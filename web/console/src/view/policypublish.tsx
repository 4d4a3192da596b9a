// Publishing: a reason, and what to do if somebody else was faster.
import { useState } from 'preact/hooks';
import { Problem } from '../api';
import { reason, tell } from '../state/desk';
import { discard, draft, keep, live, policies, trial } from '../state/policy';
import { say } from '../text/say';
import type { PolicyDocument } from '../wire';
import { Icon } from './icon';

export function PublishForm({ what, base, title, cancel, done, lost }: { what: { document: string } | { version: number }; base: number; title: string; cancel: () => void; done: () => void; lost?: () => void }) {
  const [why, setWhy] = useState('');
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const go = async () => {
    if (busy) return;
    if (!why.trim()) return setWrong(say('policy.reason.missing'));
    setBusy(true);
    try {
      const made = await policies.publish(what, why.trim(), base);
      tell(say('policy.published', { n: made.version }));
      done();
    } catch (error) {
      setBusy(false);
      setWrong(reason(error));
      if (error instanceof Problem && error.status === 412) {
        live.value = await policies.version('live').catch(() => live.value);
        lost?.();
      }
    }
  };
  return (
    <form class="policy-publish" aria-label={title} noValidate onSubmit={(event) => { event.preventDefault(); void go(); }}>
      <h2>{title}</h2>
      <label class="labelled"><span>{say('policy.reason')}</span>
        <textarea class="field" rows={2} maxLength={1000} dir="auto" autofocus ref={(box) => { if (box && box.dataset.seen === undefined) { box.dataset.seen = ''; box.focus(); } }} value={why} aria-invalid={wrong ? 'true' : undefined} onInput={(event) => { setWhy(event.currentTarget.value); setWrong(''); }} />
      </label>
      {trial.value && <p><Icon name="warn" size={16} /> {say('policy.pilot.ends')}</p>}
      <p class="muted">{say('policy.effect')}</p>
      <p class="wrong" role="alert">{wrong}</p>
      <p class="policy-tools"><button class="button button-primary" disabled={busy}>{say('policy.publish')}</button><button type="button" class="button button-quiet" onClick={cancel}>{say('dialog.cancel')}</button></p>
    </form>
  );
}

/** The draft changes an earlier version than the live one. */
export function Meanwhile({ version, base, compare }: { version: PolicyDocument; base: number; compare: () => void }) {
  const who = version.author || say('policy.program');
  const rebase = () => keep(draft.value!.document, version.version);
  return (
    <div class="asked policy-meanwhile" role="alert">
      <p><Icon name="warn" size={16} />{say('policy.meanwhile', { n: version.version, who, base })}{version.reason && <q dir="auto">{version.reason}</q>}</p>
      <p>{say('policy.meanwhile.hint')}</p>
      <div class="asked-tools">
        <button class="button" onClick={compare}>{say('policy.meanwhile.compare')}</button>
        <button class="button" onClick={rebase}>{say('policy.meanwhile.keep', { n: version.version })}</button>
        <button class="button" onClick={() => { if (confirm(say('policy.discard.sure'))) discard(); }}>{say('policy.meanwhile.theirs', { n: version.version })}</button>
      </div>
    </div>
  );
}

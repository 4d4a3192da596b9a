import { useState } from 'preact/hooks';
import { me, now, reason } from '../state/desk';
import { dialog } from '../state/dialog';
import { setAvailability, whose } from '../state/staff';
import { lookOf } from '../text/availability';
import { say } from '../text/say';
import { moment, parseWhen } from '../text/time';
import { Available } from './availability';
import { Icon } from './icon';
import { close, Modal } from './modal';

const PRESETS = [['availability.half', '30m'], ['availability.hour', '1h'], ['availability.tomorrow', 'tomorrow'], ['availability.monday', 'mon']] as const;

/** Says whether an agent is available: oneself, or for admins anybody. */
export function AvailabilityDialog() {
  const other = whose.value;
  const agent = other ?? me.value;
  const [text, setText] = useState('');
  const [failure, setFailure] = useState('');
  const [busy, setBusy] = useState(false);
  const until = text.trim() ? parseWhen(text, now.value) : null;
  const wrong = !text.trim() ? '' : until === null ? say('snooze.bad') : until <= now.value ? say('snooze.past') : '';
  const look = lookOf(agent, now.value);
  const away = look === 'away';
  const shown = (at: number) => moment(new Date(at).toISOString(), now.value);
  const set = async (state: 'available' | 'away', end?: number) => {
    if (busy) return;
    setBusy(true);
    try {
      await setAvailability(other, state, end);
      close();
    } catch (error) {
      setFailure(reason(error));
      setBusy(false);
    }
  };
  return (
    <Modal title={other ? say('availability.of', { name: other.name }) : say('availability.title')}>
      <p class="avail-now">{say('availability.now')} <Available agent={agent} /></p>
      <p class="muted">{say(look === 'hours' ? 'availability.hoursHint' : look === 'offline' ? 'availability.offlineHint' : other ? 'availability.theirHint' : 'availability.hint')}</p>
      {away && <button class="button button-primary avail-back" autofocus disabled={busy} onClick={() => void set('available')}><Icon name="check" size={16} />{say('availability.back')}</button>}
      <form onSubmit={(event) => { event.preventDefault(); if (until && !wrong) void set('away', until); }}>
        <label class="labelled"><span>{say('availability.until')}</span>
          <input autofocus={!away} class="field" value={text} onInput={(event) => setText(event.currentTarget.value)} placeholder={say('snooze.hint')} aria-invalid={wrong ? 'true' : undefined} aria-describedby="away-wrong" />
        </label>
        <p id="away-wrong" class="wrong" role="alert">{wrong || failure}</p>
        {until !== null && !wrong && <button class="button button-primary" disabled={busy}>{say('availability.awayUntil', { time: shown(until) })}</button>}
      </form>
      <ul class="choices">
        {PRESETS.map(([label, when]) => ({ label, at: parseWhen(when, now.value)! })).filter(({ at }, i, all) => all[i - 1]?.at !== at).map(({ label, at }) => (
          <li key={label}><button class="choice" disabled={busy} onClick={() => void set('away', at)}><Icon name="clock" size={16} /><span>{say(label)}</span><span class="muted">{shown(at)}</span></button></li>
        ))}
        <li><button class="choice" disabled={busy} onClick={() => void set('away')}><Icon name="pause" size={16} /><span>{say('availability.open')}</span></button></li>
      </ul>
      {!other && <p><button type="button" class="quiet" onClick={() => (dialog.value = 'profile')}>{say('profile.title')}</button></p>}
    </Modal>
  );
}

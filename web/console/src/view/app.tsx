import { useEffect, useState } from 'preact/hooks';
import { channels, go, link, phase, place, unread } from '../state/desk';
import { dismiss, toasts, undo } from '../state/toast';
import { second } from '../state/tick';
import { dialog } from '../state/dialog';
import { count, say } from '../text/say';
import { alarmOf } from './alarm';
import { Icon } from './icon';
import { List, titleOf } from './list';
import { Advisories, Agents, Articles, Later, loadLater, Macros, Outgoing, Policy, Reports, Reviews, RootCauses, Webhooks } from './lazy';
import { Changed, Login, Unreachable } from './login';
import { Rail } from './rail';
import { keyLabel, keyShortcut, listen } from './shortcuts';
import { ThreadPane } from './thread';

export function App() {
  switch (phase.value) {
    case 'starting': return <Boot />;
    case 'login': return <Login />;
    case 'changed': return <Changed />;
    case 'unreachable': return <Unreachable />;
    case 'ready': return <Desk />;
  }
}

/** The same as in index.html, so that the first paint stays until there is something to show. */
function Boot() {
  return <div class="boot" role="status">{say('app.name')}</div>;
}

/** When the rows are on the screen. */
const LATER_MS = 300;

function Desk() {
  const { view, open } = place.value;
  useEffect(listen, []);
  useEffect(() => void setTimeout(() => void loadLater().catch(() => undefined), LATER_MS), []);
  const title = titleOf(view);
  useEffect(() => {
    document.title = `${unread.value > 0 ? `(${unread.value}) ` : ''}${title} · ${say('app.name')}`;
  }, [title, unread.value]);
  return (
    <div class={`desk${open ? ' desk-open' : ''}`}>
      <div class="bars"><OfflineBar /><AlarmBar /></div>
      <Rail />
      {view.kind === 'quarantine' ? <Later part="Quarantine" /> : view.kind === 'channels' ? <Later part="Channels" /> : view.kind === 'agents' ? <Agents /> : view.kind === 'webhooks' ? <Webhooks /> : view.kind === 'outbox' ? <Outgoing part="Outbox" /> : view.kind === 'articles' ? <Articles part="Page" /> : view.kind === 'rootcauses' ? <RootCauses part="Page" /> : view.kind === 'advisories' ? <Advisories /> : view.kind === 'macros' ? <Macros part="Page" /> : view.kind === 'reports' ? <Reports /> : view.kind === 'reviews' ? <Reviews /> : view.kind === 'policy' ? <Policy /> : <><List /><ThreadPane /><Later part="Side" /></>}
      {dialog.value !== null && <Later part="Dialogs" />}
      <Toasts />
    </div>
  );
}

/** Shown when the connection has been lost for more than a moment. */
function OfflineBar() {
  const lost = link.value === 'lost';
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!lost) return setShown(false);
    const timer = setTimeout(() => setShown(true), 1500);
    return () => clearTimeout(timer);
  }, [lost]);
  return <div class={`offline${shown ? ' offline-shown' : ''}`} role="status">{shown && say(navigator.onLine ? 'net.connecting' : 'net.offline')}</div>;
}

/** Channels that need attention; shown on every page. */
function AlarmBar() {
  const bad = channels.value.filter((one) => one.alarm);
  const here = place.value.view.kind === 'channels';
  return (
    <div class={`offline${bad.length > 0 && !here ? ' offline-shown' : ''}`} role="status">
      {bad.length > 0 && !here && <>
        {bad.length === 1 ? alarmOf(bad[0]!) : count('channels.alarms', bad.length)}{' '}
        <button class="bar-link" onClick={() => go({ kind: 'channels' })}>{say('channels.look')}</button>
      </>}
    </div>
  );
}

/** The seconds that are left; not read out each second. */
function Left({ until }: { until: number }) {
  return <span class="notice-left" aria-hidden="true">{Math.max(0, Math.ceil((until - second.value) / 1000))}</span>;
}

function Toasts() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {toasts.value.map((notice) => (
        <div class={`notice${notice.bad ? ' notice-bad' : ''}`} key={notice.id}>
          <span>{notice.text}</span>
          {notice.undo && (
            <button aria-keyshortcuts={keyShortcut('undo')} onClick={() => undo(notice)}>
              {say('undo')}{notice.until && <Left until={notice.until} />}<kbd>{keyLabel('undo')}</kbd>
            </button>
          )}
          <button class="tool" onClick={() => dismiss(notice.id)}><Icon name="close" size={14} /><span class="sr">{say('dialog.close')}</span></button>
        </div>
      ))}
    </div>
  );
}

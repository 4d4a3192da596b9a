import { useEffect, useState } from 'preact/hooks';
import { dismiss, link, notices, phase, place, unread } from '../state/desk';
import { say } from '../text/say';
import { Dialogs } from './dialogs';
import { Icon } from './icon';
import { List, titleOf } from './list';
import { Login, Unreachable } from './login';
import { Quarantine } from './quarantine';
import { Rail } from './rail';
import { listen } from './shortcuts';
import { Side } from './side';
import { ThreadPane } from './thread';

export function App() {
  switch (phase.value) {
    case 'starting': return null;
    case 'login': return <Login />;
    case 'unreachable': return <Unreachable />;
    case 'ready': return <Desk />;
  }
}

function Desk() {
  const { view, open } = place.value;
  useEffect(listen, []);
  const title = titleOf(view);
  useEffect(() => {
    document.title = `${unread.value.size > 0 ? `(${unread.value.size}) ` : ''}${title} · ${say('app.name')}`;
  }, [title, unread.value]);
  return (
    <div class={`desk${open ? ' desk-open' : ''}`}>
      <OfflineBar />
      <Rail />
      {view.kind === 'quarantine' ? <Quarantine /> : <><List /><ThreadPane /><Side /></>}
      <Dialogs />
      <Notices />
    </div>
  );
}

/** Appears once a lost connection has lasted long enough to matter. */
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

function Notices() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map((notice) => (
        <div class={`notice${notice.bad ? ' notice-bad' : ''}`} key={notice.id}>
          <span>{notice.text}</span>
          {notice.undo && <button onClick={() => { notice.undo!(); dismiss(notice.id); }}>{say('undo')}</button>}
          <button class="tool" onClick={() => dismiss(notice.id)}><Icon name="close" size={14} /><span class="sr">{say('dialog.close')}</span></button>
        </div>
      ))}
    </div>
  );
}

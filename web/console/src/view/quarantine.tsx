import { useEffect, useState } from 'preact/hooks';
import { api } from '../api';
import { quarantined, now, reason, refreshCounts, tell } from '../state/desk';
import { count, say, sayIf } from '../text/say';
import { exact, moment, size } from '../text/time';
import type { Raw } from '../wire';
import { ChannelIcon, Icon } from './icon';

export function Quarantine() {
  const [raws, setRaws] = useState<Raw[] | null>(null);
  const [failure, setFailure] = useState('');
  const load = () => {
    api.quarantine().then((page) => { setRaws(page.data); setFailure(''); quarantined.value = page.data.length; }, (error: unknown) => setFailure(reason(error)));
  };
  useEffect(load, []);
  return (
    <main class="page" aria-label={say('quarantine.title')}>
      <header class="page-head"><h1>{say('quarantine.title')}</h1><p class="muted">{say('quarantine.explain')}</p></header>
      {failure && <div class="empty" role="alert"><p>{failure}</p><button class="button" onClick={load}>{say('net.retry')}</button></div>}
      {raws?.length === 0 && !failure && <div class="empty"><Icon name="shield" size={30} /><p>{say('quarantine.empty')}</p><p class="muted">{say('quarantine.empty.hint')}</p></div>}
      {raws && raws.length > 0 && <ul class="raws">{raws.map((raw) => <RawLine key={raw.id} raw={raw} done={load} />)}</ul>}
    </main>
  );
}

function RawLine({ raw, done }: { raw: Raw; done: () => void }) {
  const [busy, setBusy] = useState(false);
  const replay = async () => {
    setBusy(true);
    try {
      await api.replay(raw.id);
      tell(say('quarantine.replayed'));
    } catch (error) {
      tell(say('done.failed', { reason: reason(error) }), { bad: true });
    }
    setBusy(false);
    done();
    void refreshCounts();
  };
  return (
    <li class="raw">
      <ChannelIcon channel={raw.channel} label={sayIf(`channel.${raw.channel}`, raw.channel)} />
      <div class="raw-body">
        <p><b>{raw.envelope_from || say('quarantine.unknownSender')}</b> <span class="muted">{(raw.envelope_to ?? []).join(', ')}</span></p>
        <p class="raw-problem">{raw.problem}</p>
        <p class="muted"><time dateTime={raw.received_at} title={exact(raw.received_at)}>{moment(raw.received_at, now.value)}</time> · {size(raw.size)} · {count('quarantine.tries', raw.attempts)} · <code>{raw.id}</code></p>
      </div>
      <button class="button" disabled={busy} onClick={() => void replay()}>{say(busy ? 'quarantine.replaying' : 'quarantine.replay')}</button>
    </li>
  );
}

import { useEffect, useState } from 'preact/hooks';
import { api } from '../api';
import { quarantined, now, reason, refreshCounts, tell } from '../state/desk';
import { count, say, sayIf } from '../text/say';
import { exact, moment, size } from '../text/time';
import type { PageRaw, Raw } from '../wire';
import { ChannelIcon, Icon } from './icon';

// Polls, because retried messages may fail again.
const WATCH_MS = 3000;

export function Quarantine() {
  const [page, setPage] = useState<PageRaw | null>(null);
  const [failure, setFailure] = useState('');
  const [busy, setBusy] = useState(false);
  const load = () => api.quarantine().then(
    (next) => { setPage(next); setFailure(''); quarantined.value = next.data.length; },
    (error: unknown) => setFailure(reason(error)),
  );
  useEffect(() => {
    void load();
    const timer = setInterval(() => void load(), WATCH_MS);
    return () => clearInterval(timer);
  }, []);
  const replay = async (act: () => Promise<string>) => {
    setBusy(true);
    try {
      tell(await act());
    } catch (error) {
      tell(say('done.failed', { reason: reason(error) }), { bad: true });
    }
    await load();
    setBusy(false);
    void refreshCounts();
  };
  const replayAll = () => replay(async () => count('quarantine.replayedAll', (await api.replayAll()).replayed));
  const raws = page?.data ?? [];
  const failed = raws.filter((raw) => raw.attempts > 0);
  return (
    <main class="page" aria-label={say('quarantine.title')}>
      <header class="page-head page-head-tools">
        <div><h1>{say('quarantine.title')}</h1><p class="muted">{say('quarantine.explain')}</p></div>
        {failed.length > 1 && <button class="button" disabled={busy} onClick={() => void replayAll()}>{say('quarantine.replayAll')}</button>}
      </header>
      {failure && <div class="empty" role="alert"><p>{failure}</p><button class="button" onClick={() => void load()}>{say('net.retry')}</button></div>}
      {page && raws.length === 0 && !failure && <div class="empty"><Icon name="shield" size={30} /><p>{say('quarantine.empty')}</p><p class="muted">{say('quarantine.empty.hint')}</p></div>}
      {raws.length > 0 && <ul class="raws">
        {raws.map((raw) => <RawLine key={raw.id} raw={raw} busy={busy} replay={() => void replay(async () => { await api.replay(raw.id); return say(raw.attempts > 0 ? 'quarantine.replayed' : 'quarantine.released'); })} />)}
      </ul>}
      {page?.next_cursor && <p class="muted page-foot">{say('quarantine.newest', { n: raws.length })}</p>}
    </main>
  );
}

function RawLine({ raw, busy, replay }: { raw: Raw; busy: boolean; replay: () => void }) {
  const part = raw.kept === 0 && raw.size > 0 ? say('quarantine.absent') : raw.kept < raw.size ? say('quarantine.part', { kept: size(raw.kept) }) : '';
  return (
    <li class="raw">
      <ChannelIcon channel={raw.channel} label={sayIf(`channel.${raw.channel}`, raw.channel)} />
      <div class="raw-body">
        <p><b>{raw.envelope_from || say('quarantine.unknownSender')}</b> <span class="muted">{(raw.envelope_to ?? []).join(', ') || say('quarantine.endpoint', { endpoint: raw.endpoint })}</span></p>
        <p class="raw-problem">{raw.problem}</p>
        <p class="muted"><time dateTime={raw.received_at} title={exact(raw.received_at)}>{moment(raw.received_at, now.value)}</time> · {size(raw.size)}{part && ` (${part})`} · {raw.attempts > 0 ? count('quarantine.tries', raw.attempts) : say('quarantine.held')} · <code>{raw.id}</code></p>
      </div>
      <div class="raw-tools">
        {raw.kept > 0 && <a class="button" href={api.rawBytes(raw.id)} download>{say('quarantine.download')}</a>}
        {(raw.kept > 0 || raw.size === 0) && <button class="button" disabled={busy} onClick={replay}>{say(raw.attempts > 0 ? 'quarantine.replay' : 'quarantine.release')}</button>}
      </div>
    </li>
  );
}

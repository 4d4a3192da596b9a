import { useEffect, useState } from 'preact/hooks';
import { api } from '../api';
import { channels, me, now, reason, refreshWatch, tell } from '../state/desk';
import { count, say, sayIf } from '../text/say';
import { duration, exact, moment } from '../text/time';
import type { Channel, Reconciled } from '../wire';
import { channelName, MAILBOX } from './alarm';
import { ChannelIcon, Icon } from './icon';

const WATCH_MS = 2000;

/** Services that receive nothing themselves, but that other channels depend on. */
const HELPERS = ['certificate', 'rspamd', 'clamd'];

export function Channels() {
  useEffect(() => {
    void refreshWatch();
    const timer = setInterval(() => void refreshWatch(), WATCH_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <main class="page" aria-label={say('channels.title')}>
      <header class="page-head"><h1>{say('channels.title')}</h1><p class="muted">{say('channels.explain')}</p></header>
      {channels.value.length === 0 && <div class="empty"><Icon name="plug" size={30} /><p>{say('channels.none')}</p></div>}
      <ul class="raws">{[...channels.value].sort((a, b) => urgency(a) - urgency(b)).map((channel) => <Line key={channel.name} channel={channel} />)}</ul>
    </main>
  );
}

/** Channels that need attention come first; the others keep the server's order. */
function urgency(channel: Channel): number {
  if (channel.alarm) return 0;
  if (channel.state === 'failing' || channel.state === 'unauthorised' || channel.state === 'silent') return 1;
  return channel.last_error ? 2 : 3;
}

function Line({ channel }: { channel: Channel }) {
  // The process reports "running", but with an error or without results.
  const state = channel.alarm && channel.state === 'running' ? 'silent' : channel.state === 'running' && channel.last_error ? 'degraded' : channel.state;
  const bad = state === 'failing' || state === 'unauthorised' || state === 'silent';
  const advice = channel.advice || (state === 'silent' ? say('channels.silentAdvice') : '');
  const mailbox = channel.name.startsWith(MAILBOX);
  return (
    <li class="raw" aria-label={channelName(channel)}>
      <Glyph name={channel.name} />
      <div class="raw-body">
        <p class="channel-head">
          <b>{channelName(channel)}</b>
          <span class={`state state-${bad ? 'bad' : state}`}>{sayIf(`channels.state.${state}`, state)}</span>
          <span class="muted" title={exact(channel.since)}>{say('channels.since', { time: moment(channel.since, now.value) })}</span>
        </p>
        {channel.last_error && <p class={state === 'degraded' ? 'channel-hint' : 'raw-problem'}>{channel.last_error}</p>}
        {(bad || state === 'degraded') && advice && <p class="channel-advice"><b>{say('channels.todo')}:</b> {advice}</p>}
        {channel.progress && <Backlog progress={channel.progress} />}
        {channel.skipped > 0 && <p class="muted">{count('channels.skipped', channel.skipped)}</p>}
        <dl class="channel-facts">
          {!HELPERS.includes(channel.name) && <Fact term={say('channels.item')} at={channel.last_item} />}
          <Fact term={say('channels.success')} at={channel.last_success} />
          <div><dt>{say('channels.node')}</dt><dd>{channel.node}</dd></div>
        </dl>
        {mailbox && <Compared channel={channel} />}
      </div>
    </li>
  );
}

function Glyph({ name }: { name: string }) {
  if (name === 'smarthost') return <Icon name="up" />;
  if (HELPERS.includes(name)) return <Icon name={name === 'certificate' ? 'lock' : 'shield'} />;
  return <ChannelIcon channel={name === 'forms' ? 'form' : name} label="" />;
}

function Fact({ term, at }: { term: string; at: string | null }) {
  return <div><dt>{term}</dt><dd title={at ? exact(at) : undefined}>{at ? moment(at, now.value) : say('channels.item.never')}</dd></div>;
}

function Backlog({ progress }: { progress: NonNullable<Channel['progress']> }) {
  const { done, total, rate, eta } = progress;
  const words = [
    say('channels.progress', { done: done.toLocaleString(), total: total.toLocaleString() }),
    rate > 0 ? say('channels.rate', { rate: rate < 10 ? rate.toFixed(1) : Math.round(rate).toLocaleString() }) : '',
    eta > 0 ? say('channels.eta', { time: duration(eta) }) : '',
  ].filter(Boolean).join(' · ');
  return (
    <p class="backlog">
      <progress value={done} max={Math.max(total, 1)} aria-label={words} />
      <span class="muted">{words}</span>
    </p>
  );
}

function Compared({ channel }: { channel: Channel }) {
  const [busy, setBusy] = useState(false);
  const report = channel.reconciled;
  const compare = async () => {
    setBusy(true);
    try {
      const { folders } = await api.reconcile(channel.name);
      const fetched = folders.reduce((sum, one) => sum + one.fetched, 0);
      const server = folders.reduce((sum, one) => sum + one.server, 0);
      tell(say(fetched > 0 ? 'channels.done.fetched' : 'channels.done', { name: channelName(channel), fetched, server }));
    } catch (error) {
      tell(say('done.failed', { reason: reason(error) }), { bad: true });
    }
    setBusy(false);
    void refreshWatch();
  };
  return (
    <div class="compared">
      <div class="compared-head">
        <p class="muted">{report ? say('channels.compared', { time: moment(report.at, now.value) }) : say('channels.compared.never')}</p>
        {me.value.admin && <button class="button" disabled={busy} onClick={() => void compare()}>{say(busy ? 'channels.comparing' : 'channels.compare')}</button>}
      </div>
      {report && report.folders.length > 0 && <Counts report={report} />}
    </div>
  );
}

const COLUMNS = ['server', 'journaled', 'waiting', 'missing', 'fetched', 'gone'] as const;

function Counts({ report }: { report: Reconciled }) {
  return (
    <div class="counts-box" tabIndex={0} role="region" aria-label={say('channels.compared', { time: '' }).trim()}>
      <table class="counts">
        <thead><tr><th scope="col">{say('channels.folder')}</th>{COLUMNS.map((one) => <th scope="col" key={one}>{say(`channels.${one}`)}</th>)}</tr></thead>
        <tbody>
          {report.folders.map((folder) => (
            <tr key={folder.folder}>
              <th scope="row">{folder.folder}</th>
              {COLUMNS.map((one) => <td key={one} class={one === 'missing' && folder.missing > folder.fetched ? 'count-bad' : ''}>{folder[one].toLocaleString()}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

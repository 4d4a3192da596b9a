// A dry run: what the draft would have done with the conversations of the last days.
import '../text/policydry';
import { useEffect, useRef, useState } from 'preact/hooks';
import { now, reason } from '../state/desk';
import { policies, shareOf, staffOf } from '../state/policy';
import { amount } from '../text/due';
import { count, say } from '../text/say';
import { exact, moment } from '../text/time';
import type { SimulatedInbox, SimulationResult } from '../wire';
import { Icon } from './icon';

const DAYS = [7, 30, 90, 365] as const;

export function DryRun({ document, inboxes }: { document: string; inboxes: readonly string[] }) {
  const [days, setDays] = useState(30);
  const [agents, setAgents] = useState<Record<string, string>>({});
  const [minutes, setMinutes] = useState('15');
  const [result, setResult] = useState<{ of: string; value: SimulationResult } | null>(null);
  const [failure, setFailure] = useState('');
  const [running, setRunning] = useState<{ since: number; stop: AbortController } | null>(null);
  useEffect(() => () => running?.stop.abort(), [running]);
  const run = async () => {
    const stop = new AbortController();
    setRunning({ since: Date.now(), stop });
    setFailure('');
    setResult(null);
    try {
      const handling = Number(minutes.replace(',', '.')) * 60;
      setResult({ of: document, value: await policies.simulate({ document, days, staff: staffOf(agents), list: 200, ...(handling >= 1 && { handling_s: handling }) }, stop.signal) });
    } catch (error) {
      if (!stop.signal.aborted) setFailure(reason(error));
    }
    setRunning(null);
  };
  return (
    <>
      <form class="policy-dry" aria-label={say('policy.dry')} onSubmit={(event) => { event.preventDefault(); if (!running) void run(); }}>
        <p class="muted">{say('policy.dry.explain')}</p>
        <div class="policy-row">
          <label class="labelled"><span>{say('policy.dry.days')}</span>
            <select class="field" value={String(days)} onChange={(event) => setDays(Number(event.currentTarget.value))}>{DAYS.map((n) => <option key={n} value={String(n)}>{count('policy.dry.last', n)}</option>)}</select>
          </label>
          <button class="button button-primary" disabled={running !== null}><Icon name="begun" size={16} />{say('policy.dry.run')}</button>
        </div>
        <details>
          <summary>{say('policy.staff')}</summary>
          <p class="muted">{say('policy.staff.hint')}</p>
          <div class="policy-staff">
            {inboxes.map((inbox) => <label class="labelled" key={inbox}><span>{inbox}</span><input class="field" inputMode="numeric" pattern="\s*\d*\s*" autocomplete="off" aria-label={say('policy.staff.of', { inbox })} value={agents[inbox] ?? ''} onInput={(event) => setAgents({ ...agents, [inbox]: event.currentTarget.value })} /></label>)}
            <label class="labelled"><span>{say('policy.staff.minutes')}</span><input class="field" inputMode="decimal" autocomplete="off" value={minutes} onInput={(event) => setMinutes(event.currentTarget.value)} /></label>
          </div>
        </details>
      </form>
      {running && <Progress since={running.since} stop={() => { running.stop.abort(); setRunning(null); }} />}
      {failure && <div class="empty" role="alert"><p>{failure}</p></div>}
      {result && result.of !== document && <p class="asked" role="status"><Icon name="warn" size={16} />{say('policy.dry.old')}</p>}
      {result && <Result result={result.value} />}
    </>
  );
}

function Progress({ since, stop }: { since: number; stop: () => void }) {
  const [at, setAt] = useState(since);
  useEffect(() => {
    const timer = setInterval(() => setAt(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return <p class="policy-progress"><progress aria-label={say('policy.dry.running')} /><span>{say('policy.dry.running')}</span><span class="muted" aria-hidden="true">{amount(at - since)}</span><button class="button" onClick={stop}>{say('policy.dry.stop')}</button></p>;
}

const rule = (name: string) => name || say('policy.none');

function Result({ result }: { result: SimulationResult }) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus(), [result]);
  const staffed = result.inboxes.some((one) => one.before.staffed || one.after.staffed);
  return (
    <section class="policy-result" aria-label={say('policy.result')}>
      <h2 ref={head} tabIndex={-1}>{result.conversations === 0 ? say('policy.result.none') : count('policy.moved', result.moved, { n: result.moved.toLocaleString(), all: result.conversations.toLocaleString(), share: shareOf(result.moved, result.conversations) })}</h2>
      {result.changed > 0 && <p>{count('policy.changed', result.changed)}</p>}
      {result.piloted > 0 && <p class="muted">{count('policy.piloted', result.piloted)}</p>}
      {result.unexplained > 0 && <p class="muted">{count('policy.unexplained', result.unexplained)}</p>}
      {result.moves.length > 0 && <div class="policy-table" tabIndex={0} role="region" aria-label={say('policy.moves')}><table>
        <thead><tr><th>{say('policy.from')}</th><th>{say('policy.to')}</th><th>{say('policy.by')}</th><th class="policy-n">{say('policy.conversations')}</th></tr></thead>
        <tbody>{result.moves.map((one, i) => <tr key={i}><th scope="row">{one.from}</th><td>{one.to}</td><td>{rule(one.rule_before)} → {rule(one.rule_after)}</td><td class="policy-n">{one.count.toLocaleString()}</td></tr>)}</tbody>
      </table></div>}
      {result.inboxes.length > 0 && <>
        <h3>{say('policy.load')}</h3>
        <div class="policy-table" tabIndex={0} role="region" aria-label={say('policy.load')}><table>
          <thead><tr><th>{say('policy.inbox')}</th><th class="policy-n">{say('policy.conversations')}</th><th class="policy-n">{say('policy.busiest')}</th><th class="policy-n">{say('policy.promised')}</th>
            {staffed && <><th class="policy-n">{say('policy.wait')}</th><th class="policy-n">{say('policy.breaches')}</th></>}<th>{say('policy.hours')}</th></tr></thead>
          <tbody>{result.inboxes.map((one) => (
            <tr key={one.inbox}><th scope="row">{one.inbox}</th>
              <Pair before={one.before.conversations} after={one.after.conversations} />
              <Pair before={one.before.busiest} after={one.after.busiest} />
              <Pair before={one.before.promised} after={one.after.promised} />
              {staffed && <><Pair before={one.before.mean_wait_s} after={one.after.mean_wait_s} show={(n, side) => (one[side].staffed ? amount(n * 1000) : '\u2013')} /><Pair before={one.before.breaches} after={one.after.breaches} show={(n, side) => (one[side].staffed ? n.toLocaleString() : '\u2013')} /></>}
              <td><Hours inbox={one} /></td>
            </tr>
          ))}</tbody>
        </table></div>
      </>}
      {result.list.length > 0 && <>
        <h3>{say('policy.list')}</h3>
        <ul class="policy-list">{result.list.map((one) => (
          <li key={one.conversation_id}><a href={`#/c/${one.conversation_id}`}>#{one.number}</a><span>{one.before.inbox} → <b>{one.after.inbox}</b></span><span class="muted">{rule(one.before.rule)} → {rule(one.after.rule)}</span><time class="muted" dateTime={one.at} title={exact(one.at)}>{moment(one.at, now.value)}</time></li>
        ))}</ul>
        {result.moved > result.list.length && <p class="muted">{count('policy.more', result.moved - result.list.length)}</p>}
      </>}
    </section>
  );
}

function Pair({ before, after, show = (n) => n.toLocaleString() }: { before: number; after: number; show?: (n: number, side: 'before' | 'after') => string }) {
  const [was, is] = [show(before, 'before'), show(after, 'after')];
  return <td class="policy-n">{was === is ? was : <><span class="muted">{was} →</span> <b>{is}</b></>}</td>;
}

/** Arrivals by hour of the day: the draft as bars, the live version as a line. */
function Hours({ inbox }: { inbox: SimulatedInbox }) {
  const { before: { by_hour: was }, after: { by_hour: is } } = inbox;
  const most = Math.max(1, ...was, ...is);
  const y = (n: number) => 24 - (n / most) * 22;
  const peak = is.indexOf(Math.max(...is));
  return (
    <svg class="policy-hours" width="122" height="26" viewBox="0 0 122 26" role="img" aria-label={say('policy.hours.peak', { hour: `${String(peak).padStart(2, '0')}:00`, n: is[peak] ?? 0 })}>
      {is.map((n, i) => <rect key={i} x={i * 5 + 1.5} y={y(n)} width="4" height={24 - y(n)} />)}
      <polyline points={was.map((n, i) => `${i * 5 + 3.5},${y(n)}`).join(' ')} />
      <path d="M1 24.5h120" />
    </svg>
  );
}

// What is different between two versions of the policy.
import { useEffect, useState } from 'preact/hooks';
import { reason } from '../state/desk';
import { policies } from '../state/policy';
import { say, sayIf } from '../text/say';
import type { PolicyChange, PolicyDiff } from '../wire';
import { Icon } from './icon';

/** Compares a document with a version, or with the live one. */
export function Diff({ document, base, label, same }: { document: string; base?: number; label: string; same: string }) {
  const [diff, setDiff] = useState<PolicyDiff | null>(null);
  const [failure, setFailure] = useState('');
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let gone = false;
    setFailure('');
    policies.diff(document, base).then((found) => { if (!gone) setDiff(found); }, (error: unknown) => { if (!gone) setFailure(reason(error)); });
    return () => { gone = true; };
  }, [document, base, turn]);
  if (failure) return <div class="empty" role="alert"><p>{failure}</p><button class="button" onClick={() => setTurn(turn + 1)}>{say('net.retry')}</button></div>;
  if (!diff) return <div class="skeleton" aria-hidden="true"><div class="bones"><i /><i class="short" /></div></div>;
  if (!diff.unified) return <div class="empty"><Icon name="check" size={30} /><p>{same}</p></div>;
  return (
    <section class="policy-compare" aria-label={label}>
      <h2>{say('policy.changes', { version: diff.base })}</h2>
      {diff.changes.length === 0 ? <p class="muted">{say('policy.changes.none')}</p> : <ul class="policy-changes">{diff.changes.map((one, i) => <Change key={i} change={one} />)}</ul>}
      <pre class="policy-diff" tabIndex={0} aria-label={say('policy.diff')}>{diff.unified.split('\n').map((line, i) =>
        line.startsWith('+') ? <ins key={i}>{line}{'\n'}</ins> : line.startsWith('-') ? <del key={i}>{line}{'\n'}</del> : line.startsWith('@@') ? <b key={i}>{line}{'\n'}</b> : `${line}\n`)}</pre>
    </section>
  );
}

function Change({ change }: { change: PolicyChange }) {
  return (
    <li>
      <p><span class={`chip policy-${change.kind}`}>{say(`policy.kind.${change.kind}`)}</span> {sayIf(`policy.section.${change.section}`, change.section)} <b>{change.name}</b></p>
      {change.fields.length > 0 && <dl>{change.fields.map((one) => (
        <div key={one.field}><dt>{one.field || say('policy.value')}</dt><dd>{one.before && <del>{one.before}</del>}{one.before && one.after && ' → '}{one.after && <ins>{one.after}</ins>}</dd></div>
      ))}</dl>}
    </li>
  );
}

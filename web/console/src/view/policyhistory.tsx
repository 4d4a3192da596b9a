// Every version that was published: who, when, why, and back to it.
import { useEffect, useState } from 'preact/hooks';
import { now, reason, tell } from '../state/desk';
import { live, policies } from '../state/policy';
import { say } from '../text/say';
import { exact, moment } from '../text/time';
import type { PolicyDocument, PolicyVersion } from '../wire';
import { Icon } from './icon';
import { Diff } from './policydiff';
import { PublishForm } from './policypublish';

export function History({ published }: { published: () => void }) {
  const [list, setList] = useState<readonly PolicyVersion[]>([]);
  const [cursor, setCursor] = useState<string | null>('');
  const [failure, setFailure] = useState('');
  const load = async (at: string) => {
    try {
      const page = await policies.history(at);
      setList((before) => (at ? [...before, ...page.data] : page.data));
      setCursor(page.next_cursor);
      setFailure('');
    } catch (error) {
      setFailure(reason(error));
    }
  };
  useEffect(() => void load(''), [live.value?.version]);
  return (
    <>
      {failure && <div class="empty" role="alert"><p>{failure}</p><button class="button" onClick={() => void load(cursor ?? '')}>{say('net.retry')}</button></div>}
      {list.length === 0 && !failure && <div class="skeleton" aria-hidden="true">{[1, 2, 3].map((i) => <div class="bones" key={i}><i /><i class="short" /></div>)}</div>}
      {list.length > 0 && <ul class="raws policy-history" aria-label={say('policy.history')}>{list.map((one) => <Version key={one.version} version={one} published={published} />)}</ul>}
      {list.length > 0 && cursor && <p class="page-foot"><button class="button" onClick={() => void load(cursor)}>{say('policy.older')}</button></p>}
    </>
  );
}

type Shown = 'document' | 'changes' | 'live' | 'restore';

function Version({ version, published }: { version: PolicyVersion; published: () => void }) {
  const [shown, setShown] = useState<Shown | null>(null);
  const [document, setDocument] = useState<PolicyDocument | null>(null);
  const n = version.version;
  const name = say('policy.version', { n });
  const show = (what: Shown) => {
    setShown(shown === what ? null : what);
    if (!document) policies.version(n).then(setDocument, (error: unknown) => { setShown(null); tell(reason(error), { bad: true }); });
  };
  const choices: Shown[] = ['document', ...(n > 1 ? ['changes' as const] : []), ...(version.live ? [] : ['live' as const, 'restore' as const])];
  return (
    <li class="raw" aria-label={name}>
      <div class="raw-body">
        <p class="channel-head"><b>{name}</b>
          {version.live && <span class="chip chip-good">{say('policy.live')}</span>}
          <span class="chip">{say(`policy.origin.${version.origin}`)}</span>
          {version.restores !== null && <span class="chip">{say('policy.restores', { n: version.restores })}</span>}
        </p>
        {version.reason && <p dir="auto">{version.reason}</p>}
        <p class="muted">{version.author || say('policy.program')} · <time dateTime={version.published_at} title={exact(version.published_at)}>{moment(version.published_at, now.value)}</time></p>
        <p class="policy-tools">{choices.map((what) => <button key={what} class={what === 'restore' ? 'button' : 'button button-quiet'} aria-expanded={shown === what} aria-label={`${say(`policy.show.${what}`)}: ${name}`} onClick={() => show(what)}>{what === 'restore' && <Icon name="undo" size={15} />}{say(`policy.show.${what}`)}</button>)}</p>
        {document && shown === 'document' && <pre class="policy-diff" tabIndex={0} aria-label={name}>{document.document}</pre>}
        {document && shown === 'changes' && <Diff document={document.document} base={n - 1} label={say('policy.show.changes')} same={say('policy.same', { n: n - 1 })} />}
        {document && (shown === 'live' || shown === 'restore') && <>
          {shown === 'restore' && <PublishForm what={{ version: n }} base={live.value!.version} title={say('policy.restore', { n })} cancel={() => setShown(null)} done={() => { setShown(null); published(); }} />}
          <Diff document={document.document} label={say('policy.show.live')} same={say('policy.same', { n: live.value!.version })} />
        </>}
      </div>
    </li>
  );
}

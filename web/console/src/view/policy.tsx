// The page of the routing policy. Loaded when it is opened.
import '../text/policy';
import '../style/policy.css';
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { me, now, reason, tell } from '../state/desk';
import { discard, draft, keep, live, policies, recall, target, trial, trials } from '../state/policy';
import { say } from '../text/say';
import { exact, moment } from '../text/time';
import { Icon } from './icon';
import { Diff } from './policydiff';
import { Editor, Problems, useCheck } from './policyeditor';
import { History } from './policyhistory';
import { Meanwhile, PublishForm } from './policypublish';
import { Tree } from './policytree';

type Dry = typeof import('./policydry');
const dry = signal<Dry | null>(null);
type PilotPart = typeof import('./policypilot');
const pilotPart = signal<PilotPart | null>(null);

const TABS = ['edit', 'diff', 'dry', 'pilot', 'history'] as const;
type Tab = (typeof TABS)[number];
/** It stays while a conversation is open. */
const tab = signal<Tab>('edit');

export function Policy() {
  return (
    <main class="page policy" aria-label={say('view.policy')}>
      {me.value.admin ? <Loaded /> : <div class="empty"><Icon name="lock" size={30} /><p>{say('policy.denied')}</p></div>}
    </main>
  );
}

function Loaded() {
  const [failure, setFailure] = useState('');
  const load = async () => {
    try {
      [live.value, trials.value] = await Promise.all([policies.version('live'), policies.pilots()]);
      setFailure('');
    } catch (error) {
      setFailure(reason(error));
    }
  };
  useEffect(() => { recall(); void load(); }, []);
  return (
    <>
      <header class="page-head"><h1>{say('view.policy')}</h1><p class="muted">{say('policy.explain')}</p></header>
      {failure && <div class="empty" role="alert"><p>{failure}</p><button class="button" onClick={() => void load()}>{say('net.retry')}</button></div>}
      {!live.value && !failure && <div class="skeleton" aria-hidden="true">{[1, 2, 3].map((i) => <div class="bones" key={i}><i /><i class="short" /></div>)}</div>}
      {live.value && <Work reload={load} />}
    </>
  );
}

function Work({ reload }: { reload: () => Promise<void> }) {
  const version = live.value!;
  const text = draft.value?.document ?? version.document;
  const base = draft.value?.base ?? version.version;
  const checked = useCheck(text);
  const [publishing, setPublishing] = useState(false);
  const valid = checked.report?.valid === true && checked.of === text;
  const behind = draft.value !== null && base < version.version;
  const here = tab.value;
  if (target.value && here !== 'edit') tab.value = 'edit';
  const done = () => { setPublishing(false); discard(); void reload().then(discard); };
  const inboxes = checked.report?.outline.flatMap((one) => (one.section === 'inboxes' ? [one.name] : [])) ?? [];
  return (
    <>
      <div class="policy-state">
        <p>{draft.value ? <span class="chip policy-draft">{say('policy.draft')}</span> : <span class="chip chip-good">{say('policy.live')}</span>}
          <b>{say(draft.value ? 'policy.draftOf' : 'policy.version', { n: base })}</b>
          <span class="muted">{draft.value ? say('policy.kept') : <>{version.author || say('policy.program')} · <time dateTime={version.published_at} title={exact(version.published_at)}>{moment(version.published_at, now.value)}</time></>}</span>
          {trial.value && here !== 'pilot' && <button class="button button-quiet policy-trial" onClick={() => { tab.value = 'pilot'; }}>{trial.value.segment ? say('policy.pilot.segment', { share: trial.value.share, segment: trial.value.segment }) : say('policy.pilot', { share: trial.value.share })}</button>}
        </p>
        <p class="policy-tools">
          {draft.value && <button class="button button-quiet" onClick={() => { if (confirm(say('policy.discard.sure'))) { setPublishing(false); discard(); } }}>{say('policy.discard')}</button>}
          <button class="button button-primary" disabled={!draft.value || !valid || behind || publishing} onClick={() => setPublishing(true)}><Icon name="up" size={16} />{say('policy.publish')}</button>
        </p>
      </div>
      {behind && <Meanwhile version={version} base={base} compare={() => { tab.value = 'diff'; }} />}
      {publishing && draft.value && <PublishForm what={{ document: text }} base={base} title={say('policy.publish.title')} cancel={() => setPublishing(false)} done={done} lost={() => setPublishing(false)} />}
      <Tabs />
      <div id="policy-panel" role="tabpanel" aria-labelledby={`policy-tab-${here}`}>
        {here === 'edit' && <div class="policy-split">
          <div class="policy-write"><Editor text={text} checked={checked} change={(to) => keep(to, base)} /><Problems checked={checked} again={checked.again} /></div>
          <Tree report={checked.report} />
        </div>}
        {here === 'diff' && (!draft.value ? <Unchanged /> : valid ? <Diff document={text} label={say('policy.tab.diff')} same={say('policy.same', { n: version.version })} /> : <Broken />)}
        {here === 'dry' && (valid ? <Trial document={text} inboxes={inboxes} /> : <Broken />)}
        {here === 'pilot' && (draft.value && !valid && !trial.value ? <Broken /> : <Piloting document={draft.value && valid ? text : null} base={base} reload={reload} />)}
        {here === 'history' && <History published={() => void reload()} />}
      </div>
    </>
  );
}

/** The dry run, which is loaded when it is opened. */
function Trial(props: { document: string; inboxes: readonly string[] }) {
  useEffect(() => {
    import('./policydry').then((loaded) => { dry.value = loaded; }, () => tell(say('net.later'), { bad: true }));
  }, []);
  const Part = dry.value?.DryRun;
  return Part ? <Part {...props} /> : <div class="skeleton" aria-hidden="true"><div class="bones"><i /><i class="short" /></div></div>;
}

/** The pilot, which is loaded when it is opened. */
function Piloting(props: { document: string | null; base: number; reload: () => Promise<void> }) {
  useEffect(() => {
    import('./policypilot').then((loaded) => { pilotPart.value = loaded; }, () => tell(say('net.later'), { bad: true }));
  }, []);
  const Part = pilotPart.value?.Pilots;
  return Part ? <Part {...props} /> : <div class="skeleton" aria-hidden="true"><div class="bones"><i /><i class="short" /></div></div>;
}

const Unchanged = () => <div class="empty"><Icon name="check" size={30} /><p>{say('policy.unchanged')}</p><p class="muted">{say('policy.unchanged.hint')}</p></div>;

function Broken() {
  return <div class="empty"><Icon name="warn" size={30} /><p>{say('policy.broken')}</p><button class="button" onClick={() => { tab.value = 'edit'; }}>{say('policy.broken.look')}</button></div>;
}

function Tabs() {
  const list = useRef<HTMLDivElement>(null);
  const here = TABS.indexOf(tab.value);
  const move = (event: KeyboardEvent) => {
    const to = { ArrowRight: (here + 1) % TABS.length, ArrowLeft: (here + TABS.length - 1) % TABS.length, Home: 0, End: TABS.length - 1 }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    tab.value = TABS[to]!;
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[to]?.focus();
  };
  return (
    <div class="policy-tabs" role="tablist" aria-label={say('policy.tabs')} ref={list} onKeyDown={move}>
      {TABS.map((one, i) => <button key={one} id={`policy-tab-${one}`} role="tab" class="policy-tab" aria-selected={i === here} aria-controls="policy-panel" tabIndex={i === here ? 0 : -1} onClick={() => { tab.value = one; }}>{say(`policy.tab.${one}`)}</button>)}
    </div>
  );
}

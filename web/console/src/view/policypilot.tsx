// A pilot of the policy: start it with the draft, see what it does, adopt or withdraw it. Loaded when it is opened.
import '../text/pilot';
import '../style/pilot.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../api';
import { now, reason, tell } from '../state/desk';
import { pilots } from '../state/pilot';
import { discard, draft, live, policies, trials } from '../state/policy';
import { say } from '../text/say';
import { exact, moment } from '../text/time';
import type { ComparedPilot, Pilot, PolicyDocument } from '../wire';
import { Icon } from './icon';
import { Comparison, whom } from './pilotcompare';
import { Diff } from './policydiff';

interface Props {
  document: string | null; // the draft, if it is valid
  base: number;
  reload: () => Promise<void>;
}

export function Pilots({ document, base, reload }: Props) {
  const list = trials.value;
  const running = list?.find((one) => one.ended_at === null);
  const earlier = list?.filter((one) => one.ended_at !== null) ?? [];
  if (!list) return <div class="skeleton" aria-hidden="true"><div class="bones"><i /><i class="short" /></div></div>;
  return (
    <div class="pilots">
      {running ? <Running key={running.version} pilot={running} reload={reload} />
        : document !== null ? <Start document={document} base={base} reload={reload} />
          : <div class="empty"><Icon name="begun" size={30} /><p>{say('pilot.needsDraft')}</p><p class="muted">{say('pilot.needsDraft.hint')}</p></div>}
      {earlier.length > 0 && <section aria-labelledby="pilots-earlier"><h2 id="pilots-earlier">{say('pilot.earlier')}</h2>
        <ul class="raws" aria-label={say('pilot.earlier')}>{earlier.map((one) => <Earlier key={one.version} pilot={one} />)}</ul>
      </section>}
    </div>
  );
}

function Start({ document, base, reload }: Props & { document: string }) {
  const [segments, setSegments] = useState<readonly string[]>([]); // of the live version
  useEffect(() => {
    policies.check(live.value!.document).then(({ outline }) => setSegments(outline.flatMap((one) => (one.section === 'segments' ? [one.name] : []))), () => undefined);
  }, [live.value?.version]);
  const [share, setShare] = useState('50');
  const [segment, setSegment] = useState('');
  const [why, setWhy] = useState('');
  const [days, setDays] = useState('28');
  const [wrong, setWrong] = useState<{ field: 'share' | 'days' | 'why' | ''; text: string; lines: { line: string; text: string }[] } | null>(null);
  const [busy, setBusy] = useState(false);
  const fail = (field: 'share' | 'days' | 'why' | '', text: string, lines: { line: string; text: string }[] = []) => setWrong({ field, text, lines });
  const go = async () => {
    if (busy) return;
    const [part, before] = [Number(share), Number(days)];
    if (!Number.isInteger(part) || part < 1 || part > 100) return fail('share', say('pilot.share.wrong'));
    if (part === 100 && !segment) return fail('share', say('pilot.share.all'));
    if (!Number.isInteger(before) || before < 1 || before > 366) return fail('days', say('pilot.days.wrong'));
    if (!why.trim()) return fail('why', say('pilot.question.missing'));
    setBusy(true);
    try {
      await pilots.start({ document, share: part, reason: why.trim(), baseline_days: before, ...(segment && { segment }) }, base);
      tell(say('pilot.started'));
      await reload();
    } catch (error) {
      setBusy(false);
      const lines = error instanceof Problem ? (error.errors ?? []).flatMap((one) => { const at = /^body\.document:(\d+)/.exec(one.location ?? ''); return at ? [{ line: at[1]!, text: one.message ?? '' }] : []; }) : [];
      fail('', lines.length > 0 ? say('pilot.refused') : reason(error), lines);
      if (error instanceof Problem && [409, 412].includes(error.status)) void reload();
    }
  };
  const bad = (field: string) => (wrong?.field === field ? 'true' : undefined);
  return (
    <form class="policy-publish pilot-start" aria-label={say('pilot.form')} noValidate onSubmit={(event) => { event.preventDefault(); void go(); }}>
      <h2>{say('pilot.form')}</h2>
      <p class="muted">{say('pilot.explain')}</p>
      <div class="policy-row">
        <label class="labelled pilot-share"><span>{say('pilot.share')}</span><input class="field" inputMode="numeric" autocomplete="off" value={share} aria-invalid={bad('share')} onInput={(event) => { setShare(event.currentTarget.value); setWrong(null); }} /></label>
        {segments.length > 0 && <label class="labelled"><span>{say('pilot.segment')}</span>
          <select class="field" value={segment} onChange={(event) => { setSegment(event.currentTarget.value); setWrong(null); }}><option value="">{say('pilot.segment.all')}</option>{segments.map((one) => <option key={one}>{one}</option>)}</select>
        </label>}
        <label class="labelled pilot-share"><span>{say('pilot.days')}</span><input class="field" inputMode="numeric" autocomplete="off" value={days} aria-invalid={bad('days')} onInput={(event) => { setDays(event.currentTarget.value); setWrong(null); }} /></label>
      </div>
      <label class="labelled"><span>{say('pilot.question')}</span><textarea class="field" rows={2} maxLength={1000} dir="auto" value={why} aria-invalid={bad('why')} onInput={(event) => { setWhy(event.currentTarget.value); setWrong(null); }} /></label>
      <p class="muted">{say('pilot.effect')}</p>
      <div role="alert">{wrong && <p class="wrong">{wrong.text}</p>}{wrong && wrong.lines.length > 0 && <ul class="pilot-lines">{wrong.lines.map((one, i) => <li key={i}><b>{say('pilot.line', { line: one.line })}</b> {one.text}</li>)}</ul>}</div>
      <p class="policy-tools"><button class="button button-primary" disabled={busy}><Icon name="begun" size={16} />{say('pilot.start')}</button></p>
    </form>
  );
}

/** The comparison and the draft of a pilot, read when it is shown. */
function useCompared(version: number, wanted: boolean) {
  const [value, setValue] = useState<ComparedPilot | null>(null);
  const [failure, setFailure] = useState('');
  const load = () => { setFailure(''); pilots.compared(version).then(setValue, (error: unknown) => setFailure(reason(error))); };
  useEffect(() => { if (wanted) load(); }, [version, wanted]);
  return { value, failure, load };
}

function Compared({ of }: { of: ReturnType<typeof useCompared> }) {
  if (of.failure) return <div class="empty" role="alert"><p>{of.failure}</p><button class="button" onClick={of.load}>{say('net.retry')}</button></div>;
  return of.value ? <Comparison pilot={of.value} /> : <div class="skeleton" aria-hidden="true"><div class="bones"><i /><i class="short" /></div></div>;
}

function Running({ pilot, reload }: { pilot: Pilot; reload: () => Promise<void> }) {
  const compared = useCompared(pilot.version, true);
  const [ending, setEnding] = useState<'adopt' | 'withdraw' | null>(null);
  const [tried, setTried] = useState<PolicyDocument | null>(null);
  const show = () => { if (!tried) policies.version(pilot.version).then(setTried, (error: unknown) => tell(reason(error), { bad: true })); };
  return (
    <section class="pilot-card" aria-labelledby="pilot-running">
      <div class="policy-state">
        <h2 id="pilot-running" tabIndex={-1}><span class="chip policy-draft">{say('pilot.running')}</span> {say('pilot.of', { n: pilot.version, whom: whom(pilot) })}</h2>
        <p class="policy-tools">
          <button class="button" aria-expanded={ending === 'withdraw'} onClick={() => setEnding(ending === 'withdraw' ? null : 'withdraw')}>{say('pilot.withdraw')}</button>
          <button class="button button-primary" aria-expanded={ending === 'adopt'} onClick={() => setEnding(ending === 'adopt' ? null : 'adopt')}><Icon name="up" size={16} />{say('pilot.adopt')}</button>
        </p>
      </div>
      <p dir="auto">{pilot.reason}</p>
      <p class="muted"><time dateTime={pilot.started_at} title={exact(pilot.started_at)}>{say('pilot.since', { when: moment(pilot.started_at, now.value), base: pilot.base })}</time>{pilot.started_by && <> · {say('pilot.by', { who: pilot.started_by })}</>}</p>
      {ending && <End key={ending} pilot={pilot} how={ending} cancel={() => setEnding(null)} reload={reload} />}
      <Compared of={compared} />
      <details onToggle={(event) => { if (event.currentTarget.open) show(); }}>
        <summary>{say('pilot.document')}</summary>
        {tried && <Diff document={tried.document} base={pilot.base} label={say('pilot.document')} same={say('pilot.document.same', { n: pilot.base })} />}
      </details>
    </section>
  );
}

/** Asks for a reason before a pilot ends, and says what follows. */
function End({ pilot, how, cancel, reload }: { pilot: Pilot; how: 'adopt' | 'withdraw'; cancel: () => void; reload: () => Promise<void> }) {
  const [why, setWhy] = useState('');
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => box.current?.focus(), []);
  const go = async () => {
    if (busy) return;
    if (!why.trim()) return setWrong(say('policy.reason.missing'));
    setBusy(true);
    try {
      if (how === 'adopt') tell(say('pilot.adopted', { n: (await pilots.adopt(pilot.version, why.trim(), live.value!.version)).version }));
      else {
        await pilots.withdraw(pilot.version, why.trim());
        tell(say('pilot.withdrawn'));
      }
      await reload();
      if (draft.value?.document === live.value?.document) discard(); // it is live now
    } catch (error) {
      setBusy(false);
      setWrong(reason(error));
      if (error instanceof Problem && [409, 412].includes(error.status)) void reload();
    }
  };
  const title = say(`pilot.${how}.title`);
  return (
    <form class="policy-publish" aria-label={title} noValidate onSubmit={(event) => { event.preventDefault(); void go(); }}>
      <h3>{title}</h3>
      <p>{say(`pilot.${how}.effect`, { base: pilot.base })}</p>
      <label class="labelled"><span>{say('policy.reason')}</span><textarea class="field" rows={2} maxLength={1000} dir="auto" ref={box} value={why} aria-invalid={wrong ? 'true' : undefined} onInput={(event) => { setWhy(event.currentTarget.value); setWrong(''); }} /></label>
      <p class="wrong" role="alert">{wrong}</p>
      <p class="policy-tools"><button class="button button-primary" disabled={busy}>{title}</button><button type="button" class="button button-quiet" onClick={cancel}>{say('dialog.cancel')}</button></p>
    </form>
  );
}

function Earlier({ pilot }: { pilot: Pilot }) {
  const [shown, setShown] = useState(false);
  const compared = useCompared(pilot.version, shown);
  const name = say('pilot.of', { n: pilot.version, whom: whom(pilot) });
  return (
    <li class="raw" aria-label={name}>
      <div class="raw-body">
        <p class="channel-head"><b>{name}</b>{pilot.outcome !== '' && <span class={`chip${pilot.outcome === 'adopted' ? ' chip-good' : ''}`}>{say(`pilot.outcome.${pilot.outcome}`)}</span>}</p>
        <p dir="auto">{pilot.reason}</p>
        {pilot.note && <p class="muted" dir="auto">{pilot.note}</p>}
        {pilot.ended_at !== null && <p class="muted"><time dateTime={pilot.started_at} title={exact(pilot.started_at)}>{moment(pilot.started_at, now.value)}</time> – <time dateTime={pilot.ended_at} title={exact(pilot.ended_at)}>{moment(pilot.ended_at, now.value)}</time>{pilot.ended_by && <> · {say('pilot.ended', { who: pilot.ended_by })}</>}</p>}
        <p class="policy-tools"><button class="button button-quiet" aria-expanded={shown} aria-label={say('pilot.compare.of', { n: pilot.version })} onClick={() => setShown(!shown)}>{say('pilot.compare.show')}</button></p>
        {shown && <Compared of={compared} />}
      </div>
    </li>
  );
}

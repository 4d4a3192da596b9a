import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { api, Problem } from '../api';
import { move } from '../state/actions';
import { now, reason, tiers } from '../state/desk';
import { evidenceLabel, refusalsOf } from '../state/handoff';
import { say } from '../text/say';
import { moment } from '../text/time';
import type { Conversation, MovePreview } from '../wire';
import { Due } from './due';
import { Icon } from './icon';
import { close, Modal } from './modal';

/** Moves a conversation to another inbox, with what the policy's handoff contract asks for. */
export function MoveDialog({ conversation }: { conversation: Conversation }) {
  // The next higher tier is the usual target.
  const [target, setTarget] = useState(() => tiers.value.find((one) => one.tier > conversation.tier)?.inboxes[0]?.key ?? '');
  const [texts, setTexts] = useState<Record<string, string>>({});
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [failure, setFailure] = useState('');
  const [busy, setBusy] = useState(false);
  // The inbox for which the agent goes on in spite of the policy's warning.
  const [sure, setSure] = useState('');
  const form = useRef<HTMLFormElement>(null);
  const { preview, failed, settled } = usePreview(conversation, target);

  const group = tiers.value.find((one) => one.inboxes.some((inbox) => inbox.key === target));
  const name = group?.inboxes.find((inbox) => inbox.key === target)?.name ?? '';
  const rises = group !== undefined && group.tier > conversation.tier;
  const verb = !group ? 'move.go' : rises ? 'move.escalate' : group.tier < conversation.tier ? 'move.return' : 'move.go';
  const require = preview?.require ?? [];
  const noteNeeded = rises && preview !== null && require.length === 0;
  const refused = preview?.inbox.key === target && preview.refused;

  // The first field to fill in gets the focus once it is known.
  const ready = preview !== null;
  useLayoutEffect(() => { if (ready) form.current?.querySelector('textarea')?.focus(); }, [ready]);
  const write = (field: string, text: string) => {
    setTexts({ ...texts, [field]: text });
    if (wrong[field]) setWrong({ ...wrong, [field]: '' });
  };
  const refuse = (fields: Record<string, string>, rest: string) => {
    setWrong(fields);
    setFailure(rest);
    setBusy(false);
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus());
  };

  const go = async () => {
    if (!target || busy || refused) return;
    setBusy(true);
    // Keys may be quicker than the preview of this destination; without one, the server decides.
    const { require, refused: no, warning } = (await settled()) ?? { require: [] as string[], refused: false, warning: '' };
    if (no) return setBusy(false);
    if (warning && sure !== target) return refuse({ sure: say('move.confirm') }, '');
    const filled = (field: string) => (texts[field] ?? '').trim();
    const empty = require.filter((field) => !filled(field));
    if (empty.length > 0) return refuse(Object.fromEntries(empty.map((field) => [field, say('move.evidence')])), '');
    if (rises && require.length === 0 && !filled('note')) return refuse({ note: say('move.missing') }, '');
    setFailure('');
    const note = filled('note');
    try {
      await move(conversation, { inbox: target, ...(note && { note }), ...(require.length > 0 && { handover: Object.fromEntries(require.map((field) => [field, filled(field)])) }) });
      close();
    } catch (error) {
      if (!(error instanceof Problem) || error.errors.length === 0) return refuse({}, reason(error));
      const { fields, rest } = refusalsOf(error);
      const unseen = Object.entries(fields).filter(([field]) => field !== 'note' && !require.includes(field));
      refuse(fields, [rest, ...unseen.map(([field, text]) => `${evidenceLabel(field)} ${text}`)].filter(Boolean).join(' '));
    }
  };

  const field = (name: string, label: string, hint: string, needed: boolean, rows: number) => (
    <div class="labelled" key={name}>
      <label for={name === 'note' ? 'handover' : `evidence-${name}`}><span>{label}</span> {hint && <span class={needed ? 'required' : 'muted'}>{hint}</span>}</label>
      <textarea id={name === 'note' ? 'handover' : `evidence-${name}`} dir="auto" class="field" rows={rows} value={texts[name] ?? ''} aria-required={needed}
        aria-invalid={wrong[name] ? 'true' : undefined} aria-describedby={wrong[name] ? `wrong-${name}` : undefined} onInput={(event) => write(name, event.currentTarget.value)} />
      {wrong[name] && <p class="wrong" id={`wrong-${name}`}>{sentence(wrong[name])}</p>}
    </div>
  );

  return (
    <Modal title={say('move.title')} wide>
      <form ref={form} noValidate onSubmit={(event) => { event.preventDefault(); void go(); }}
        onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); void go(); } }}>
        <Targets conversation={conversation} target={target} choose={(key) => { setTarget(key); setWrong({}); setFailure(''); }} />
        {preview && <Effect preview={preview} conversation={conversation} />}
        {preview?.warning && !preview.refused && (
          <div class="labelled">
            <label class="check"><input type="checkbox" checked={sure === target} aria-invalid={wrong.sure ? 'true' : undefined} aria-describedby="move-warning" onChange={(event) => { setSure(event.currentTarget.checked ? target : ''); setWrong({ ...wrong, sure: '' }); }} />{say('move.anyway')}</label>
            {wrong.sure && <p class="wrong" role="alert">{wrong.sure}</p>}
          </div>
        )}
        {require.map((name) => field(name, evidenceLabel(name), '', true, 2))}
        {preview && field('note', say('move.note'), noteNeeded ? say('move.noteRequired', { tier: group.name }) : say('move.noteOptional'), noteNeeded, require.length > 0 ? 2 : 5)}
        {noteNeeded && !texts.note && <button type="button" class="quiet" onClick={() => { write('note', say('move.template')); document.getElementById('handover')?.focus(); }}>{say('move.useTemplate')}</button>}
        <p id="move-wrong" class="wrong" role="alert">{failure || (failed ? reason(failed) : '')}</p>
        <footer class="modal-foot modal-foot-stays">
          <button class="button button-primary" disabled={!target || busy || refused}>{name ? say(verb, { name }) : say('move.to')}</button>
          <button type="button" class="button button-quiet" onClick={close}>{say('dialog.cancel')}</button>
        </footer>
      </form>
    </Modal>
  );
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1).replace(/([^.?!])$/, '$1.');

interface Previewed { preview: MovePreview | null; failed: unknown; settled: () => Promise<MovePreview | null> }

/** What a move would require and do. The last one stays until the next one arrives, so that the fields do not jump; `settled` is the one of this target. */
function usePreview(conversation: Conversation, target: string): Previewed {
  const [preview, setPreview] = useState<MovePreview | null>(null);
  const [failed, setFailed] = useState<unknown>(null);
  const asked = useRef<Promise<MovePreview | null>>(Promise.resolve(null));
  useEffect(() => {
    if (!target) return;
    const stop = new AbortController();
    asked.current = api.previewMove(conversation.id, target, stop.signal).then(
      (found) => { setPreview(found); setFailed(null); return found; },
      (error: unknown) => { if (!stop.signal.aborted) setFailed(error); return null; },
    );
    return () => stop.abort();
  }, [conversation.id, conversation.last_seq, target]);
  return { preview, failed, settled: () => asked.current };
}

function Targets({ conversation, target, choose }: { conversation: Conversation; target: string; choose: (inbox: string) => void }) {
  return (
    <fieldset class="targets"><legend class="sr">{say('move.where')}</legend>
      {tiers.value.map((one) => (
        <div class="target-tier" key={one.tier}>
          <span class="target-name"><span class={`tier tier-${one.tier}`}>T{one.tier}</span>{one.name}</span>
          <div class="target-inboxes">
            {one.inboxes.map((inbox) => {
              const here = inbox.key === conversation.inbox.key;
              return (
                <label class={`target${here ? ' target-here' : ''}`} key={inbox.key}>
                  <input type="radio" name="target" value={inbox.key} checked={target === inbox.key} disabled={here} onChange={() => choose(inbox.key)} />
                  <span dir="auto">{inbox.name}</span>{here && <span class="muted">{say('move.now')}</span>}
                </label>
              );
            })}
          </div>
        </div>
      ))}
    </fieldset>
  );
}

/** The deadlines after the move, and what the policy says about it. */
function Effect({ preview, conversation }: { preview: MovePreview; conversation: Conversation }) {
  const { clocks, accept_by, warning, refused, unassigned, sla } = preview;
  return (
    <div class="effect" role="status">
      {warning && <p id="move-warning" class={refused ? 'effect-refused' : 'effect-warning'}><Icon name="warn" size={16} /><span>{sentence(warning)}{refused && <span class="effect-who"> {say('move.refused')}</span>}</span></p>}
      <h3>{say('move.effect')}{sla && <span class="muted"> {say('due.policy', { name: sla })}</span>}</h3>
      <ul>
        {clocks.map((clock) => <li key={clock.metric}><Due due={clock} /><span class="muted">{clock.due_at ? moment(clock.due_at, now.value) : say('due.pausedNow')}</span></li>)}
        {clocks.length === 0 && <li class="muted">{say('move.noClocks')}</li>}
        {accept_by && <li><span class="due due-running"><Icon name="check" size={13} />{say('move.acceptBy')}</span><span class="muted">{moment(accept_by, now.value)}</span></li>}
        {unassigned && conversation.assignee && <li class="effect-note"><Icon name="person" size={14} />{say('move.unassigns', { name: conversation.assignee.name })}</li>}
      </ul>
    </div>
  );
}

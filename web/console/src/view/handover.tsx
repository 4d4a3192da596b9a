import { useState } from 'preact/hooks';
import { accept, giveBack } from '../state/actions';
import { names, now, reason } from '../state/desk';
import { dialog } from '../state/dialog';
import { can, evidenceLabel, evidenceOf, saidBy, traceOf } from '../state/handoff';
import { actorName, type Handover } from '../state/timeline';
import { say } from '../text/say';
import { lookOf } from '../text/due';
import { exact, moment } from '../text/time';
import { second } from '../state/tick';
import type { Conversation, Event as DeskEvent, Handoff } from '../wire';
import { Icon } from './icon';
import { close, Modal } from './modal';

/** The newest handover, pinned above the messages. */
export function HandoverCard({ conversation, handoff, events }: { conversation: Conversation; handoff: Handoff; events: readonly DeskEvent[] }) {
  const { allowed } = conversation;
  const { note, evidence } = saidBy(handoff);
  return (
    <Card label={say('handover.title')} from={handoff.from.name} to={handoff.to.name} tiers={[handoff.from_tier, handoff.to_tier]}
      by={actorName(handoff.by, names.value)} at={handoff.at} state={<State handoff={handoff} events={events} />}>
      <Evidence evidence={evidence} />
      {note && <p class="handover-note" dir="auto">{note}</p>}
      {handoff.returned_at && <p class="handover-note" dir="auto"><b>{say('handover.reason')}</b> {handoff.reason}</p>}
      {(allowed.includes('accept') || allowed.includes('return')) && (
        <p class="handover-tools">
          {allowed.includes('accept') && <button class="button button-primary" onClick={() => void accept(conversation)}><Icon name="check" size={16} />{say('handover.accept')}</button>}
          {allowed.includes('return') && <button class="button" onClick={() => (dialog.value = 'return')}><Icon name="undo" size={16} />{say('handover.return')}</button>}
        </p>
      )}
    </Card>
  );
}

/** The handover note of a move that left no other record. */
export function NoteCard({ card }: { card: Handover }) {
  return <Card label={say('handover.title')} from={card.from} to={card.to} by={card.by} at={card.at}><p class="handover-note" dir="auto">{card.note}</p></Card>;
}

interface CardProps { label: string; from: string; to: string; tiers?: [number, number]; by: string; at: string; state?: preact.ComponentChildren; children: preact.ComponentChildren }

function Card({ label, from, to, tiers, by, at, state, children }: CardProps) {
  const [open, setOpen] = useState(() => !matchMedia('(max-width: 700px)').matches);
  return (
    <section class={`handover${open ? '' : ' handover-folded'}`} aria-label={label}>
      <div class="handover-head">
        <Icon name={tiers && tiers[1] < tiers[0] ? 'undo' : 'up'} size={16} />
        <b>{label}</b>
        <span class="handover-path">{say('handover.path', { from, to })}</span>
        <span class="muted" title={exact(at)}>{say('handover.by', { name: by, time: moment(at, now.value) })}</span>
        {state}
        <button class="tool" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name={open ? 'down' : 'right'} size={16} /><span class="sr">{say(open ? 'handover.fold' : 'handover.unfold')}</span>
        </button>
      </div>
      {open && children}
    </section>
  );
}

/** Whether it was accepted or returned, or until when it has to be. */
function State({ handoff, events }: { handoff: Handoff; events: readonly DeskEvent[] }) {
  const name = (id: string) => actorName(id, names.value);
  const time = (at: string) => moment(at, now.value);
  if (handoff.returned_at) return <span class="handover-state handover-returned"><Icon name="undo" size={13} />{say('handover.returned', { name: name(traceOf(handoff, events).returnedBy), time: time(handoff.returned_at) })}</span>;
  if (handoff.accepted_at) return <span class="handover-state handover-accepted"><Icon name="check" size={13} />{say('handover.accepted', { name: name(handoff.accepted_by), time: time(handoff.accepted_at) })}</span>;
  if (!handoff.pending) return null;
  if (!handoff.due_at) return <span class="handover-state"><Icon name="clock" size={13} />{say('handover.pending')}</span>;
  const target_s = (Date.parse(handoff.due_at) - Date.parse(handoff.at)) / 1000;
  const look = lookOf({ metric: 'first_response', state: 'running', due_at: handoff.due_at, target_s, used_s: 0 }, second.value);
  return (
    <span class={`handover-state handover-${look}`}>
      <Icon name={look === 'breached' ? 'warn' : look === 'soon' ? 'sand' : 'clock'} size={13} />
      {say(look === 'breached' ? 'handover.late' : 'handover.acceptBy', { time: time(handoff.due_at) })}
    </span>
  );
}

/** What a handoff contract asked for. */
export function Evidence({ evidence }: { evidence: Handoff['evidence'] }) {
  const list = evidenceOf(evidence);
  if (list.length === 0) return null;
  return (
    <dl class="evidence">
      {list.map(([name, text]) => <div class={name === 'customer_told' ? 'evidence-told' : undefined} key={name}><dt>{evidenceLabel(name)}</dt><dd dir="auto">{text}</dd></div>)}
    </dl>
  );
}

/** Asks why a handed over conversation goes back. */
export function ReturnDialog({ conversation }: { conversation: Conversation }) {
  const [why, setWhy] = useState('');
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const from = conversation.handoff?.from.name ?? '';
  const go = async () => {
    if (busy || !can(conversation, 'return')) return;
    if (!why.trim()) return setWrong(say('return.missing'));
    setBusy(true);
    try {
      await giveBack(conversation, why.trim());
      close();
    } catch (error) {
      setWrong(reason(error));
      setBusy(false);
    }
  };
  return (
    <Modal title={say('return.title', { name: from })}>
      <form noValidate onSubmit={(event) => { event.preventDefault(); void go(); }}
        onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); void go(); } }}>
        <p class="muted">{say('return.effect')}</p>
        <label class="labelled"><span>{say('return.why')}</span>
          <textarea autofocus dir="auto" class="field" rows={4} value={why} aria-required="true" aria-invalid={wrong ? 'true' : undefined} aria-describedby="return-wrong" onInput={(event) => { setWhy(event.currentTarget.value); setWrong(''); }} />
        </label>
        <p id="return-wrong" class="wrong" role="alert">{wrong}</p>
        <footer class="modal-foot">
          <button class="button button-primary" disabled={busy}>{say('return.go', { name: from })}</button>
          <button type="button" class="button button-quiet" onClick={close}>{say('dialog.cancel')}</button>
        </footer>
      </form>
    </Modal>
  );
}

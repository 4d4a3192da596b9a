// How much time is left of what a customer was promised: shape, text and colour.
import { computed } from '@preact/signals';
import { useId, useMemo, useState } from 'preact/hooks';
import { second } from '../state/tick';
import { now } from '../state/desk';
import { say } from '../text/say';
import { amount, factsOf, leftOf, lookOf, stateOf, type Look, type Running } from '../text/due';
import { exact, moment } from '../text/time';
import type { Clock, Conversation } from '../wire';
import { Icon, type IconName } from './icon';

const SHAPES: Record<Look, IconName> = { running: 'clock', soon: 'sand', breached: 'warn', paused: 'pause' };

/** A badge that ticks: the second changes its text only, and a new look renders the badge but not what it is in. */
export function Due({ due, title }: { due: Running; title?: string }) {
  const live = useMemo(() => ({ look: computed(() => lookOf(due, second.value)), text: computed(() => leftOf(due, second.value)) }), [due]);
  const look = live.look.value;
  return (
    <span class={`due due-${look}`} title={title}>
      <Icon name={SHAPES[look]} size={13} />
      {look !== 'paused' && <span class="sr">{say(`due.look.${look}`)} </span>}
      <span class="due-time">{live.text}</span><span class="due-metric">· {say(`metric.${due.metric}`)}</span>
    </span>
  );
}

/** What the badge of a conversation stands for, as a tooltip. */
export function dueTitle(conversation: Conversation): string {
  return conversation.next_due ? factsOf({ ...conversation.next_due, policy: conversation.sla }, now.value).join('\n') : '';
}

/** The badge of an open conversation. Pointing at it or focusing it shows what it stands for; Escape hides that (WCAG 2.1 §1.4.13). */
export function DueHelp({ conversation }: { conversation: Conversation }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const due = conversation.next_due;
  if (!due) return null;
  const running = conversation.clocks.filter((clock) => clock.ended_at === null);
  const all: Running[] = running.length > 0 ? running : [{ ...due, policy: conversation.sla }];
  return (
    <span class="due-help" onMouseEnter={() => setOpen(true)} onMouseLeave={() => setOpen(false)}
      onKeyDown={(event) => { if (open && event.key === 'Escape') { event.preventDefault(); event.stopPropagation(); setOpen(false); } }}>
      <button type="button" aria-describedby={open ? id : undefined} onFocus={() => setOpen(true)} onBlur={() => setOpen(false)} onClick={() => setOpen(true)}><Due due={due} /></button>
      {open && (
        <span class="due-facts" role="tooltip" id={id}>
          {all.map((one) => <span class="due-fact" key={one.metric}>{factsOf(one, now.value).map((line, i) => i === 0 ? <b key={i}>{line}</b> : <span key={i}>{line}</span>)}</span>)}
        </span>
      )}
    </span>
  );
}

/** All clocks of a conversation. */
export function Clocks({ clocks }: { clocks: Clock[] }) {
  return (
    <div class="counts-box">
      <table class="counts clocks">
        <thead><tr>{(['clock', 'policy', 'state', 'due', 'used'] as const).map((name) => <th scope="col" key={name}>{say(`clocks.${name}`)}</th>)}</tr></thead>
        <tbody>
          {clocks.map((clock) => (
            <tr key={clock.metric + clock.started_at}>
              <th scope="row">{say(`metric.${clock.metric}`)}</th>
              <td>{clock.policy}</td>
              <td class={clock.breached_at ? 'count-bad' : undefined}>{stateOf(clock)}</td>
              <td title={clock.due_at ? exact(clock.due_at) : undefined}>{clock.due_at ? moment(clock.due_at, now.value) : '–'}</td>
              <td>{say('clocks.usedOf', { used: amount(clock.used_s * 1000), target: amount(clock.target_s * 1000) })}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

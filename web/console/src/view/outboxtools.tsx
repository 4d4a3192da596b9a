// What people can do to a delivery, and to an address that gets no replies.
import { useState } from 'preact/hooks';
import { me, now, refreshCounts } from '../state/desk';
import { emailOf } from '../state/asked';
import { onlyHelps } from '../state/work';
import { answerOf, ask, outbox, possible, type Action, type Handled } from '../state/outbox';
import { refreshThread, threadOf } from '../state/thread';
import { reason, tell } from '../state/toast';
import { loadRecipients } from '../state/writing';
import { count, say } from '../text/say';
import { exact, moment } from '../text/time';
import type { Conversation, Delivery, Unreachable } from '../wire';
import { Icon } from './icon';

/** Does something, says what came of it, and shows it. */
export function useDoing(conversation?: string): { busy: boolean; run: (work: () => Promise<string>) => Promise<void> } {
  const [busy, setBusy] = useState(false);
  const run = async (work: () => Promise<string>) => {
    setBusy(true);
    try {
      tell(await work());
    } catch (error) {
      tell(say('out.failed', { reason: reason(error) }), { bad: true });
    }
    setBusy(false);
    void refreshCounts();
    if (conversation) void refreshThread(conversation);
  };
  return { busy, run };
}

/** A button for each action; what is dangerous is asked first. */
export function Buttons({ delivery, actions, look, conversation }: { delivery: Handled; actions: readonly Action[]; look: string; conversation?: string }) {
  const { busy, run } = useDoing(conversation);
  const { recipient } = delivery;
  const start = (action: Action) => {
    if (action === 'redirect' || action === 'cancel' || (action === 'retry' && (delivery.state === 'unknown' || delivery.state === 'cancelled'))) return ask({ kind: action, delivery });
    void run(async () => { await outbox.operate(delivery.id, action); return say(`out.done.${action}`, { recipient }); });
  };
  return <>{actions.map((action) => <button key={action} type="button" class={look} disabled={busy} aria-label={say(`out.of.${action}`, { recipient })} onClick={() => start(action)}>{say(`out.do.${action}`)}</button>)}</>;
}

/** Below a message that was not delivered: what can be done about it. */
export function DeliveryTools({ delivery, conversation }: { delivery: Delivery; conversation: Conversation }) {
  const { admin, id } = me.value;
  const actions = !admin && onlyHelps(conversation, id) ? [] : possible(delivery, me.value);
  const stop = threadOf(conversation.id).value.contact?.identities.find((one) => one.channel === 'email' && one.unreachable && one.address.toLowerCase() === delivery.recipient.toLowerCase())?.unreachable;
  if (actions.length === 0 && !stop) return null;
  return (
    <span class="delivery-tools" role="group" aria-label={say('out.tools', { recipient: delivery.recipient })}>
      <Buttons delivery={delivery} actions={actions} look="quiet" conversation={conversation.id} />
      {stop && <Lift conversation={conversation} address={stop.address} look="quiet" />}
    </span>
  );
}

function Lift({ conversation, address, look }: { conversation: Conversation; address: string; look: string }) {
  const { busy, run } = useDoing(conversation.id);
  return (
    <button type="button" class={look} disabled={busy} aria-label={say('out.liftOf', { address })}
      onClick={() => void run(async () => { await outbox.lift(conversation.id, address); await loadRecipients(conversation); return say('out.done.lifted', { address }); })}>{say('out.lift')}</button>
  );
}

function explain(stop: Unreachable): string {
  const values = { address: stop.address, time: moment(stop.since, now.value) };
  return stop.reason === 'no-mailbox' ? say('out.stop.mailbox', values) : count('out.stop.repeated', stop.failures, values);
}

/** In the composer: recipients that get no replies, why, since when, and how to end that. */
export function Stops({ list, conversation }: { list: readonly Unreachable[]; conversation: Conversation }) {
  return <>{list.map((stop) => {
    const { code, text } = answerOf(stop);
    return (
      <div class="asked stopped" role="alert" key={emailOf(stop.address)}>
        <Icon name="warn" size={16} />
        <span title={exact(stop.since)}>{explain(stop)} {(code || text) && <q dir="auto">{[code, text].filter(Boolean).join(' ')}</q>}</span>
        <Lift conversation={conversation} address={stop.address} look="button" />
      </div>
    );
  })}</>;
}

/** In the details of a contact. */
export function StopMark({ list, conversation }: { list: readonly Unreachable[]; conversation: Conversation }) {
  return <>{list.map((stop) => (
    <p class="stop-mark" key={stop.address} title={[explain(stop), answerOf(stop).code, stop.detail].filter(Boolean).join('\n')}>
      <Icon name="warn" size={14} /><span>{say('out.stop.since', { time: moment(stop.since, now.value) })}</span><Lift conversation={conversation} address={stop.address} look="quiet" />
    </p>
  ))}</>;
}

import { useEffect, useState } from 'preact/hooks';
import { api } from '../api';
import { agents, inboxes, me, now, reason, tiers } from '../state/desk';
import { dialog } from '../state/dialog';
import { askAvailability, edited } from '../state/staff';
import { hoursText } from '../state/people';
import { lookOf } from '../text/availability';
import { count, say } from '../text/say';
import { exact } from '../text/time';
import type { Agent } from '../wire';
import { Available } from './availability';
import { Avatar } from './avatar';
import { Icon } from './icon';

/** Who works here: what they do, when, and how much they have now. */
export function Agents() {
  const [all, setAll] = useState<Agent[] | null>(null);
  const [failure, setFailure] = useState('');
  const { admin } = me.value;
  const load = () => api.agents(admin).then((list) => { setAll(list); setFailure(''); }, (error: unknown) => setFailure(reason(error)));
  useEffect(() => void load(), [admin, agents.value]); // which changes with every event of an agent
  const list = [...(all ?? [])].sort((a, b) => Number(a.disabled) - Number(b.disabled) || a.name.localeCompare(b.name));
  const there = list.filter((one) => !one.disabled && lookOf(one, now.value) === 'available').length;
  return (
    <main class="page" aria-label={say('view.agents')}>
      <header class="page-head">
        <h1>{say('view.agents')}</h1>
        <p class="muted">{say(admin ? 'agents.explain' : 'agents.readOnly')}</p>
      </header>
      {failure && <div class="empty" role="alert"><p>{failure}</p><button class="button" onClick={() => void load()}>{say('net.retry')}</button></div>}
      {!all && !failure && <div class="skeleton" aria-hidden="true">{[1, 2, 3].map((i) => <div class="bones" key={i}><i /><i class="short" /></div>)}</div>}
      {all && !failure && (list.length === 0
        ? <div class="empty"><Icon name="person" size={30} /><p>{say('agents.none')}</p><p class="muted">{say('agents.none.hint')}</p></div>
        : <>
            <p class="agents-sum" role="status">{count('agents.sum', list.filter((one) => !one.disabled).length, { there })}</p>
            <ul class="raws">{list.map((agent) => <Line key={agent.id} agent={agent} />)}</ul>
          </>)}
    </main>
  );
}

function Line({ agent }: { agent: Agent }) {
  const { admin, id } = me.value;
  const inbox = (key: string) => inboxes.value.find((one) => one.key === key)?.name ?? key;
  const seen = agent.availability.seen_at;
  return (
    <li class="raw agent" aria-label={agent.name}>
      <Avatar name={agent.name} />
      <div class="raw-body">
        <p class="channel-head">
          <b dir="auto">{agent.name}</b>
          {agent.disabled ? <span class="state">{say('agents.disabled')}</span> : <span title={seen ? say('agents.seen', { time: exact(seen) }) : undefined}><Available agent={agent} /></span>}
          {agent.admin && <span class="chip">{say('agents.admin')}</span>}
        </p>
        <p class="muted">{agent.email}</p>
        <dl class="agent-facts">
          <div><dt>{say('agents.load')}</dt><dd>{agent.capacity > 0 ? <Load open={agent.open} capacity={agent.capacity} /> : say('agents.openOnly', { n: agent.open })}</dd></div>
          <div><dt>{say('agents.tiers')}</dt><dd class="agent-tiers">{agent.tiers.map((tier) => <span key={tier} class={`tier tier-${tier}`} title={tiers.value.find((one) => one.tier === tier)?.name}>T{tier}</span>)}{agent.tiers.length === 0 && say('agents.nothing')}</dd></div>
          <div><dt>{say('agents.inboxes')}</dt><dd>{agent.inboxes.length > 0 ? agent.inboxes.map(inbox).join(', ') : say('agents.allInboxes')}</dd></div>
          {(agent.inboxes_only || agent.mask_addresses) && <div><dt>{say('agents.limits')}</dt><dd>{(['inboxes_only', 'mask_addresses'] as const).filter((limit) => agent[limit]).map((limit) => <p key={limit}>{say(`agents.${limit}`)}</p>)}</dd></div>}
          {agent.leads.length > 0 && <div><dt>{say('agents.leads')}</dt><dd>{agent.leads.map(inbox).join(', ')}</dd></div>}
          <div><dt>{say('agents.skills')}</dt><dd>{agent.skills.length > 0 ? agent.skills.map((one) => <span class="tag" key={one}>{one}</span>) : say('agents.nothing')}</dd></div>
          <div><dt>{say('agents.hours')}</dt><dd>{hoursText(agent.hours).replaceAll('\n', '; ') || say('agents.always')}{agent.timezone && <span class="muted"> {agent.timezone}</span>}</dd></div>
        </dl>
      </div>
      {(admin || agent.id === id) && (
        <div class="raw-tools">
          {!agent.disabled && <button class="button" aria-label={say('agents.availabilityOf', { name: agent.name })} onClick={() => askAvailability(agent)}>{say('agents.availability')}</button>}
          {admin && <button class="button" aria-label={say('agents.editOf', { name: agent.name })} onClick={() => { edited.value = agent; dialog.value = 'agent'; }}>{say('agents.edit')}</button>}
        </div>
      )}
    </li>
  );
}

/** How much of the capacity is used. */
function Load({ open, capacity }: { open: number; capacity: number }) {
  const text = say('agents.openOf', { n: open, capacity });
  return <span class="load"><meter min={0} max={capacity} low={capacity * 0.8} high={capacity - 0.5} optimum={0} value={Math.min(open, capacity)} aria-label={text} /><span class={open >= capacity ? 'load-full' : ''}>{text}</span></span>;
}

import type { Event as DeskEvent } from '../wire';
import { inboxes } from '../state/desk';
import { say, sayIf } from '../text/say';
import { Avatar } from './avatar';

type Assigned = Extract<DeskEvent, { kind: 'conversation.assigned' }>;

/** Why the policy chose this agent: who was considered, and why the others did not get it. */
export function Candidates({ event }: { event: Assigned }) {
  const { name = '', reason = '', strategy = '', considered = [], helping } = event.data;
  const from = helping ? (inboxes.value.find((one) => one.key === helping)?.name ?? helping) : '';
  const why = reason.replace(/; helps from \S+$/, '');
  return (
    <div class="chosen">
      <p>{say('assigned.by', { strategy: sayIf(`strategy.${strategy}`, strategy) })}{from && ` ${say('assigned.helping', { inbox: from })}`}</p>
      <ul class="candidates">
        <li class="candidate candidate-chosen"><Avatar name={name} size="small" /><b dir="auto">{name}</b><span>{why}</span></li>
        {considered.slice(1).map((one) => <li class="candidate" key={one.agent_id}><Avatar name={one.name} size="small" /><span dir="auto">{one.name}</span><span class="muted">{one.reason}</span></li>)}
      </ul>
      {considered.length === 1 && <p class="muted">{say('assigned.alone')}</p>}
    </div>
  );
}

/** The event that gave a conversation to who has it now; null: nobody has it, or it is not known. */
export function assignedBy(events: readonly DeskEvent[], assignee: string | undefined): Assigned | null {
  const last = events.findLast((event) => event.kind === 'conversation.assigned');
  return last?.kind === 'conversation.assigned' && assignee !== undefined && last.data.to === assignee ? last : null;
}

export const firstName = ({ data }: Assigned) => (data.name ?? '').split(' ')[0]!;

import type { ComponentChildren } from 'preact';
import { count, say } from '../text/say';
import { channels, counts, go, inboxes, link, me, place, quarantined, reason, signOut, tell, tiers } from '../state/desk';
import { viewKey } from '../state/list';
import { queryOf, type View } from '../state/search';
import { demo, becomeAgent } from '../state/demo';
import { nextTheme, theme } from '../state/theme';
import { dialog } from '../state/dialog';
import { AvailabilityButton } from './availability';
import { Avatar } from './avatar';
import { Bell } from './bell';
import { SavedViews } from './lazy';
import { Icon, Mark, type IconName } from './icon';
import { keyShortcut, withKey } from './shortcuts';

export interface EntryProps { view: View; label: string; icon?: IconName; count?: number | null; tasks?: number; child?: boolean; dot?: ComponentChildren }

/** Views of which not all conversations are open. */
const OTHER = ['mine', 'swarming', 'gaps', 'pending', 'snoozed', 'resolved', 'quarantine'];

export function Entry({ view, label, icon, count, tasks, child, dot }: EntryProps) {
  const here = `${viewKey(place.value.view)}/`.startsWith(`${viewKey(view)}/`); // also with a saved report
  return (
    <li>
      <a class={child ? 'entry entry-child' : 'entry'} href={viewKey(view)} title={queryOf(view) || label} aria-current={here ? 'page' : undefined}
        onClick={(event) => { if (!event.metaKey && !event.ctrlKey) { event.preventDefault(); go(view); } }}>
        {icon && <Icon name={icon} />}
        {!icon && dot}
        <span class="entry-name">{label}</span>
        {icon && dot}
        {tasks ? <span class="entry-tasks" title={say('rail.tasks', { n: tasks })}><Icon name="task" size={13} /><span aria-hidden="true">{tasks}</span><span class="sr">{say('rail.tasks', { n: tasks })}</span></span> : null}
        {count ? <span class="entry-count" aria-label={say(OTHER.includes(view.kind) ? 'rail.count' : view.kind === 'tasks' ? 'rail.tasks' : 'rail.open', { n: count })}>{count >= 1000 ? '999+' : count}</span> : null}
      </a>
    </li>
  );
}

export function Rail() {
  const all = inboxes.value.reduce((sum, inbox) => sum + inbox.open, 0);
  const alarms = channels.value.filter((one) => one.alarm).length;
  const free = inboxes.value.reduce((sum, inbox) => sum + inbox.unassigned, 0);
  return (
    <nav class="rail" aria-label={say('rail.label')}>
      <div class="brand"><Mark /><span>{say('app.name')}</span><Tools /></div>
      <div class="rail-scroll">
        <ul class="entries">
          <li><button class="entry entry-start" title={withKey(say('first.title'), 'start')} aria-label={say('first.title')} aria-keyshortcuts={keyShortcut('start')} onClick={() => (dialog.value = 'start')}>
            <Icon name="plus" size={17} /><span class="entry-name">{say('first.title')}</span>
          </button></li>
          <Entry view={{ kind: 'mine' }} label={say('rail.mine')} icon="person" count={counts.value.mine} />
          <Entry view={{ kind: 'tasks' }} label={say('view.tasks')} icon="task" count={counts.value.tasks} />
          {(counts.value.swarming > 0 || place.value.view.kind === 'swarming') && <Entry view={{ kind: 'swarming' }} label={say('view.swarming')} icon="team" count={counts.value.swarming} />}
          <Entry view={{ kind: 'unassigned' }} label={say('rail.unassigned')} icon="tray" count={free} />
          <Entry view={{ kind: 'breaching' }} label={say('view.breaching')} icon="sand" count={counts.value.breaching} />
          <Entry view={{ kind: 'all' }} label={say('rail.all')} icon="stack" count={all} />
          <Entry view={{ kind: 'pending' }} label={say('view.pending')} icon="clock" count={counts.value.pending} />
          <Entry view={{ kind: 'snoozed' }} label={say('view.snoozed')} icon="moon" count={counts.value.snoozed} />
          <Entry view={{ kind: 'resolved' }} label={say('view.resolved')} icon="check" count={counts.value.resolved} />
          <Entry view={{ kind: 'gaps' }} label={say('view.gaps')} icon="gap" count={counts.value.gaps} />
        </ul>
        <SavedViews />
        {tiers.value.map((group) => (
          <ul class="entries" key={group.tier}>
            <Entry view={{ kind: 'tier', tier: group.tier }} count={group.open} {...(group.inboxes.length === 1 && { tasks: group.inboxes[0]!.tasks })} label={group.name || say('rail.tier', { tier: group.tier })}
              dot={<span class={`tier tier-${group.tier}`} aria-label={say('rail.tier', { tier: group.tier })} role="img">T{group.tier}</span>} />
            {group.inboxes.length === 1 && group.inboxes[0]!.name === group.name ? null : group.inboxes.map((inbox) => (
              <Entry key={inbox.key} view={{ kind: 'inbox', inbox: inbox.key }} label={inbox.name} count={inbox.open} tasks={inbox.tasks} child />
            ))}
          </ul>
        ))}
        <ul class="entries">
          <Entry view={{ kind: 'agents' }} label={say('view.agents')} icon="team" />
          <Entry view={{ kind: 'rootcauses' }} label={say('view.rootcauses')} icon="roots" />
          {(me.value.admin || me.value.leads.length > 0) && <Entry view={{ kind: 'advisories' }} label={say('view.advisories')} icon="horn" />}
          <Entry view={{ kind: 'articles' }} label={say('view.articles')} icon="book" />
          <Entry view={{ kind: 'macros' }} label={say('view.macros')} icon="macro" />
          {(me.value.admin || me.value.leads.length > 0) && <Entry view={{ kind: 'reports' }} label={say('view.reports')} icon="chart" />}
          <Entry view={{ kind: 'reviews' }} label={say('view.reviews')} icon="done" />
          {me.value.admin && <Entry view={{ kind: 'policy' }} label={say('view.policy')} icon="swap" />}
          <Entry view={{ kind: 'channels' }} label={say('rail.channels')} icon="plug"
            dot={alarms > 0 && <span class="alarm" role="img" aria-label={count('channels.alarms', alarms)}>{alarms}</span>} />
          {me.value.admin && <Entry view={{ kind: 'outbox' }} label={say('view.outbox')} icon="up" />}
          {me.value.admin && <Entry view={{ kind: 'webhooks' }} label={say('view.webhooks')} icon="leave" />}
          {quarantined.value !== null && (
            <Entry view={{ kind: 'quarantine' }} label={say('rail.quarantine')} icon="shield" count={quarantined.value} />
          )}
        </ul>
      </div>
      <AvailabilityButton />
      <Foot />
    </nav>
  );
}

function Tools() {
  const name: IconName = theme.value === 'light' ? 'sun' : theme.value === 'dark' ? 'moon' : 'half';
  const label = say('rail.theme', { theme: say(`theme.${theme.value}`) });
  return (
    <div class="rail-tools">
      <Bell />
      <button class="tool" title={label} onClick={nextTheme}><Icon name={name} /><span class="sr">{label}</span></button>
    </div>
  );
}

function Foot() {
  const agent = me.value;
  const actors = demo.value && demo.value.agents.length > 1 ? demo.value.agents : null;
  return (
    <div class="rail-foot">
      <button class="whoami" title={say('profile.open', { name: agent.name })} onClick={() => (dialog.value = 'profile')}>
        <span class="presence"><Avatar name={agent.name} /><i class={`link link-${link.value}`} /></span>{!actors && <span class="whoami-name">{agent.name}</span>}<span class="sr">{say('profile.open', { name: agent.name })}</span>
      </button>
      {actors && (
        <label class="switcher">
          <span class="sr">{say('rail.switch')}</span>
          <select value={agent.email} onChange={(event) => {
            becomeAgent(event.currentTarget.value).catch((error: unknown) => tell(say('done.failed', { reason: reason(error) }), { bad: true }));
          }}>
            {actors.map((other) => <option key={other.email} value={other.email}>{other.name}</option>)}
          </select>
        </label>
      )}
      <button class="tool" title={withKey(say('keys.title'), 'help')} aria-keyshortcuts={keyShortcut('help')} onClick={() => (dialog.value = 'keys')}>
        <Icon name="keys" /><span class="sr">{say('keys.title')}</span>
      </button>
      {!demo.value && (
        <button class="tool" title={say('password.title')} onClick={() => (dialog.value = 'password')}>
          <Icon name="shield" /><span class="sr">{say('password.title')}</span>
        </button>
      )}
      {!demo.value && (
        <button class="tool" title={say('rail.signOut')} onClick={() => void signOut()}>
          <Icon name="leave" /><span class="sr">{say('rail.signOut')}</span>
        </button>
      )}
    </div>
  );
}

import type { ComponentChildren } from 'preact';
import { count, say, sayIf } from '../text/say';
import { addressOf, nameOf } from '../text/person';
import { exact, moment, span } from '../text/time';
import { go, now } from '../state/desk';
import { dialog, sideOpen } from '../state/dialog';
import { can } from '../state/handoff';
import { threadOf } from '../state/thread';
import type { Stint } from '../wire';
import { Avatar } from './avatar';
import { ChannelIcon, Icon } from './icon';
import { Outgoing, RootCauses, Runbooks } from './lazy';
import { statusOf } from './list';
import { keyShortcut, withKey } from './shortcuts';
import { shownId } from './shown';

const NOTHING = { conversation: null, account: null, contact: null, stints: [] };

export function Side() {
  const id = shownId.value;
  const { conversation, account, contact: person, stints } = id ? threadOf(id).value : NOTHING;
  if (!conversation) return null;
  const { contact } = conversation;
  const facts = Object.entries(account?.attributes ?? {}).filter(([, value]) => value !== null && typeof value !== 'object');
  return (
    <aside class={`side${sideOpen.value ? ' side-open' : ''}`} aria-label={say('side.label')}>
      <button class="tool side-close" onClick={() => (sideOpen.value = false)}><Icon name="close" /><span class="sr">{say('side.close')}</span></button>
      <section class="who">
        <Avatar name={nameOf(contact)} size="large" />
        <div><h3 dir="auto">{nameOf(contact)}</h3><p class="muted">{addressOf(contact)}</p>{(account?.contacts.length ?? 0) > 1 && can(conversation, 'edit') && <button class="quiet" onClick={() => (dialog.value = 'contact')}>{say('side.changeContact')}</button>}</div>
      </section>
      <Runbooks conversation={conversation} />
      <RootCauses part="Linked" conversation={conversation} />
      {person && person.identities.length > 0 && (
        <section>
          <h4>{say('side.contact')}</h4>
          <ul class="identities">
            {person.identities.map((one) => (
              <li key={one.channel + one.address}>
                <ChannelIcon channel={one.channel} label={sayIf(`channel.${one.channel}`, one.channel)} size={15} />
                <span class="identity">{one.channel === 'chat' ? say('channel.chat') : one.address}</span>
                <span class={`trust trust-${one.trust}`}>{sayIf(`side.trust.${one.trust}`, one.trust)}</span>
                {one.unreachable && <Outgoing part="StopMark" list={[one.unreachable]} conversation={conversation} />}
              </li>
            ))}
          </ul>
          {person.no_advisories_since && <p class="muted">{say('side.noAdvisories', { time: moment(person.no_advisories_since, now.value) })}</p>}
        </section>
      )}
      <section>
        <h4 class="side-head">{say('side.account')}{account && account.may_edit.length > 0 && <button class="quiet" aria-label={say('account.editOf', { name: account.name })} onClick={() => (dialog.value = 'account')}>{say('account.edit')}</button>}</h4>
        <p class="account-name" dir="auto">{account?.name ?? conversation.account.name}</p>
        {account && (
          <>
            {account.domains.length > 0 && <p class="muted">{account.domains.join(', ')}</p>}
            <Facts>
              {account.segment && <Fact name={say('side.segment')} value={account.segment} />}
              {account.owner && <Fact name={say('account.owner')} value={account.owner.name} />}
              {account.timezone && <Fact name={say('side.timezone')} value={account.timezone} />}
              {facts.map(([name, value]) => <Fact key={name} name={name} value={String(value)} />)}
            </Facts>
            {account.tags.length > 0 && <p class="tags">{account.tags.map((tag) => <span class="tag" dir="auto" key={tag}>{tag}</span>)}</p>}
            <button class="quiet" title={say('side.showAll', { name: account.name })} onClick={() => go({ kind: 'search', text: `account:${quote(account.name)}` })}>{count('side.open', account.open)}</button>
          </>
        )}
      </section>
      <section>
        <h4>{say('side.conversation')}</h4>
        <Facts>
          <Fact name={say('side.status')} value={statusOf(conversation)} />
          <div><dt>{say('priority.label')}</dt><dd><button class="quiet" title={withKey(say('priority.label'), 'priority')} onClick={() => (dialog.value = 'priority')}>{say(`priority.${conversation.priority}`)}</button></dd></div>
          <Fact name={say('side.waiting')} value={conversation.waiting_since ? span(conversation.waiting_since, now.value) : say('side.notWaiting')} />
          <Fact name={say('side.lastReply')} value={conversation.last_reply_at ? moment(conversation.last_reply_at, now.value) : say('side.never')} />
          <Fact name={say('side.opened')} value={moment(conversation.created_at, now.value)} title={exact(conversation.created_at)} />
        </Facts>
        <p class="tags">
          {conversation.tags.map((tag) => <span class="tag" dir="auto" key={tag}>{tag}</span>)}
          {can(conversation, 'tag') && !conversation.merged_into && <button class="quiet" title={withKey(say('key.tags'), 'tags')} aria-keyshortcuts={keyShortcut('tags')} onClick={() => (dialog.value = 'tags')}>{say(conversation.tags.length > 0 ? 'side.changeTags' : 'side.addTags')}</button>}
        </p>
      </section>
      {stints.length > 0 && (
        <section>
          <h4>{say('side.history')}</h4>
          <ol class="history">{assignments(stints).toReversed().map((stint, i) => <StintLine key={i} stint={stint} />)}</ol>
        </section>
      )}
    </aside>
  );
}

/** The changes of inbox and assignee; changes of who has to act next are left out. */
function assignments(stints: Stint[]): Stint[] {
  const out: Stint[] = [];
  for (const stint of stints) {
    const last = out.at(-1);
    if (last && last.inbox.key === stint.inbox.key && last.assignee?.id === stint.assignee?.id) out[out.length - 1] = { ...last, ended_at: stint.ended_at, waiting_on: stint.waiting_on };
    else out.push(stint);
  }
  return out;
}

const quote = (text: string) => (/\s/.test(text) ? `"${text.replaceAll('"', '')}"` : text);

function StintLine({ stint }: { stint: Stint }) {
  const until = stint.ended_at ? Date.parse(stint.ended_at) : now.value;
  return (
    <li class={stint.ended_at ? 'stint' : 'stint stint-now'}>
      <span class={`tier tier-${stint.tier}`}>T{stint.tier}</span>
      <div>
        <p><bdi>{stint.inbox.name}</bdi> · {stint.assignee ? <bdi>{stint.assignee.name}</bdi> : <span class="muted">{say('side.unassigned')}</span>}</p>
        <p class="muted">{stint.reason}{!stint.ended_at && `, ${sayIf(`side.waitingOn.${stint.waiting_on}`, stint.waiting_on)}`}</p>
      </div>
      <span class="muted" title={exact(stint.started_at)}>{span(stint.started_at, until)}</span>
    </li>
  );
}

const Facts = ({ children }: { children: ComponentChildren }) => <dl class="facts">{children}</dl>;

function Fact({ name, value, title }: { name: string; value: string; title?: string }) {
  return <div><dt>{name}</dt><dd dir="auto" title={title}>{value}</dd></div>;
}

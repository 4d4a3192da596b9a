import { acknowledge, acknowledgeAll, alerts, moreAlerts, olderAlerts, pagesFirst } from '../state/alerts';
import { me, now, openConversation } from '../state/desk';
import { say, sayIf } from '../text/say';
import { exact, span } from '../text/time';
import type { Notice } from '../wire';
import { Icon, type IconName } from './icon';
import { close, Modal } from './modal';

const ICONS: Record<string, IconName> = { escalation: 'sand', page: 'warn', 'rule-failed': 'warn', assigned: 'person', handoff: 'up', gap: 'gap', task: 'task', swarm: 'team', delayed: 'clock', undelivered: 'warn', withheld: 'warn', review: 'done', webhook: 'leave', targets: 'chart', 'third-party': 'forward' };

/** What the agent has to be told, with the conversations that it is about. */
export function NoticesDialog() {
  const list = pagesFirst(alerts.value);
  return (
    <Modal title={say('bell.title')} wide>
      {list.length === 0 && <div class="empty"><Icon name="bell" size={28} /><p>{say('bell.empty')}</p><p class="muted">{say('bell.empty.hint')}</p></div>}
      <ul class="alerts">{list.map((one) => <Line key={one.id} notice={one} />)}</ul>
      {olderAlerts.value && <button class="quiet" onClick={() => void moreAlerts()}>{say('bell.more')}</button>}
      {list.length > 0 && (
        <footer class="modal-foot modal-foot-stays">
          <button class="button" disabled={list.every((one) => one.kind === 'page')} onClick={() => void acknowledgeAll()}><Icon name="check" size={16} />{say('bell.ackAll')}</button>
          {list.some((one) => one.kind === 'page') && <span class="muted">{say('bell.pages')}</span>}
        </footer>
      )}
    </Modal>
  );
}

function Line({ notice }: { notice: Notice }) {
  const { conversation, kind } = notice;
  return (
    <li class={kind === 'page' ? 'alert alert-page' : 'alert'}>
      <Icon name={ICONS[kind] ?? 'note'} size={17} />
      <button class="alert-body" onClick={() => { close(); if (kind === 'review') location.hash = '#/reviews'; else if (conversation.id) openConversation(conversation.id); else location.hash = kind !== 'targets' ? '#/webhooks' : me.value.admin ? '#/policy' : '#/reports'; }}>
        <span class="alert-head"><b>{sayIf(`notice.${kind}`, kind)}</b><time class="muted" dateTime={notice.at} title={exact(notice.at)}>{span(notice.at, now.value)}</time></span>
        {conversation.id && <span class="alert-subject" dir="auto">{conversation.subject || say('row.noSubject')} <span class="number">#{conversation.number}</span></span>}
        {(notice.text || notice.rule) && <span class={kind === 'targets' ? 'muted alert-lines' : 'muted'} dir="auto">{notice.text || say('bell.rule', { rule: notice.rule })}</span>}
      </button>
      <button class="button" title={say('bell.ack')} aria-label={conversation.id ? say('bell.ackOf', { number: conversation.number }) : say('bell.ack')} onClick={() => void acknowledge(notice)}><Icon name="check" size={15} /><span class="alert-ack">{say('bell.ack')}</span></button>
    </li>
  );
}

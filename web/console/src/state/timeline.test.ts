import { describe, expect, test } from 'vitest';
import type { Event as DeskEvent, Message } from '../wire';
import { describe as sentence, handover, merges, newerThan, newest, timeline, type Names } from './timeline';

type Kind = DeskEvent['kind'];
type Data<K extends Kind> = Extract<DeskEvent, { kind: K }>['data'];

const message = (seq: number, change: Partial<Message> = {}): Message => ({ id: `ms_${seq}`, seq, text: '', ...change }) as Message;
const event = <K extends Kind>(seq: number, kind: K, data: Partial<Data<K>> = {}, actor = 'ag_ben'): DeskEvent =>
  ({ cursor: String(seq), at: '2026-03-04T10:00:00Z', subject: { kind: 'conversation', id: 'cv_1' }, conversation_id: 'cv_1', seq, kind, version: 1, actor, data }) as unknown as DeskEvent;
const names: Names = {
  me: 'ag_me',
  agent: (id) => ({ ag_me: 'Me Myself', ag_ben: 'Ben', ag_eve: 'Eve' })[id] ?? null,
  inbox: (key) => ({ billing: 'Billing', frontline: 'Frontline' })[key] ?? null,
};

test('messages and events have one order, and consecutive events are one item', () => {
  const items = timeline(
    [message(2), message(6)],
    [event(1, 'conversation.opened'), event(2, 'message.received'), event(3, 'conversation.assigned'), event(4, 'conversation.moved'),
      event(5, 'delivery.changed'), event(6, 'message.sent'), event(7, 'conversation.status')],
  );
  expect(items.map((item) => (item.kind === 'message' ? item.message.seq : item.kind === 'chat' ? item.messages.map((one) => one.seq) : item.events.map((one) => one.seq)))).toEqual([[1], 2, [3, 4], 6, [7]]);
});

test('a delivery is in the history when it is late', () => {
  const late = event(2, 'delivery.changed', { recipient: 'jo@acme.example', state: 'delayed', late: true, code: 452, enhanced_code: '4.2.2', detail: 'mailbox full' });
  const steps = timeline([], [event(1, 'delivery.changed', { recipient: 'jo@acme.example', state: 'delayed' }), late]);
  expect(steps).toEqual([{ kind: 'events', key: 'e2', events: [late] }]);
  expect(sentence(late, names)).toBe('The message to jo@acme.example is still being tried: 452 4.2.2 mailbox full');
  expect(sentence(event(3, 'delivery.changed', { recipient: 'jo@acme.example', late: true }), names)).toBe('The message to jo@acme.example is still being tried');
});

test('an empty conversation has an empty timeline', () => expect(timeline([], [])).toEqual([]));

describe('an event as a sentence', () => {
  test.each<[string, DeskEvent, string]>([
    ['opened', event(1, 'conversation.opened', { inbox: 'billing' }, 'policy'), 'Opened in Billing'],
    ['taken', event(1, 'conversation.assigned', { from: '', to: 'ag_ben' }), 'Ben assigned it to themselves'],
    ['assigned', event(1, 'conversation.assigned', { to: 'ag_eve' }), 'Ben assigned it to Eve'],
    ['assigned to a former agent', event(1, 'conversation.assigned', { to: 'ag_x', name: 'Kim' }), 'Ben assigned it to Kim'],
    ['unassigned by me', event(1, 'conversation.assigned', { to: '' }, 'ag_me'), 'You unassigned it'],
    ['moved', event(1, 'conversation.moved', { from: 'frontline', to: 'billing' }), 'Ben moved it from Frontline to Billing'],
    ['moved between deleted inboxes', event(1, 'conversation.moved', { from: 'old', to: 'older' }, 'policy'), 'Routing policy moved it from old to older'],
    ['reopened by the customer', event(1, 'conversation.status', { from: 'resolved', to: 'open' }, 'customer'), 'The customer set the status to open'],
    ['merged', event(1, 'conversation.merged'), 'Ben merged it with another conversation'],
    ['absorbed', event(1, 'conversation.merged', { absorbed: 'cv_2', absorbed_number: 8 }, 'system'), 'Switchboard merged #8 into it'],
    ['absorbed by a mail', event(1, 'conversation.merged', { absorbed: 'cv_2', absorbed_number: 8, reason: 'a message cites both' }), 'Ben merged #8 into it: a message cites both'],
    ['merged into another one', event(1, 'conversation.merged', { absorbed: 'cv_1', absorbed_number: 8, surviving_number: 7 }), 'Ben merged it into #7'],
    ['a merge undone', event(1, 'conversation.unmerged', { absorbed: 'cv_2', absorbed_number: 8, surviving_number: 7 }), 'Ben undid the merge of #8'],
    ['its own merge undone', event(1, 'conversation.unmerged', { absorbed: 'cv_1', absorbed_number: 8, surviving_number: 7 }), 'Ben undid its merge into #7'],
    ['late', event(1, 'sla.breached', { metric: 'first_response', policy: 'enterprise-t1', tier: 1 }, 'policy'), 'First reply is late (policy enterprise-t1)'],
    ['warned', event(1, 'sla.warned', { metric: 'next_response', policy: 't1', percent: 80 }, 'policy'), 'Next reply: 80 % of the time is used (policy t1)'],
    ['escalated', event(1, 'escalation.fired', { rule: 'stuck-in-t1', on: '', did: ['moved to billing', 'notify inbox-lead', 'priority high', 'tags late, vip'] }, 'policy'),
      'Rule stuck-in-t1: moved to Billing, notified the lead, set the priority to high, added the tag late, vip'],
    ['escalated without effect', event(1, 'escalation.fired', { rule: 'r', on: '', did: ['notify assignee skipped: nobody is assigned', 'unassigned'] }, 'policy'), 'Rule r: notify assignee skipped (nobody is assigned), unassigned'],
    ['paged by name', event(1, 'escalation.fired', { rule: 'r', on: '', did: ['page eve@demo.example'] }, 'policy'), 'Rule r: paged eve@demo.example'],
    ['another SLA policy', event(1, 'sla.changed', { from: 't1', to: 't2', clocks: 'retarget' }, 'policy'), 'SLA policy is now t2 (deadlines recalculated)'],
    ['another SLA policy that keeps the clocks', event(1, 'sla.changed', { from: 't1', to: 't2', clocks: 'keep' }, 'policy'), 'SLA policy is now t2'],
    ['no SLA policy', event(1, 'sla.changed', { from: 't1', to: '' }, 'policy'), 'No SLA policy applies any more'],
    ['returned', event(1, 'handoff.returned', { reason: 'which order?' }), 'Returned by Ben: which order?'],
    ['accepted late', event(1, 'handoff.accepted', { late: true }), 'Ben accepted the handover late'],
    ['survey answered', event(1, 'survey.answered', { survey_id: 's', survey: 'csat', score: 4, scale: 5, comment: '<b>Quick</b>' }, 'customer'), 'The customer answered the survey (satisfaction): 4 of 5 \u2013 \u201c<b>Quick</b>\u201d'],
    ['survey changed', event(1, 'survey.answered', { survey_id: 's', survey: 'effort', score: 7, scale: 7, changed: true }, 'customer'), 'The customer changed the answer to the survey (ease): 7 of 7'],
    ['no acknowledgement', event(1, 'automatic.withheld', { automatic: 'acknowledgement', rule: 'list', reason: 'it was sent to many' }, 'system'), 'Acknowledgement not sent: it was sent to many'],
    ['a gap', event(1, 'gap.found', { gap: 'next_action' }, 'policy'), 'Gap found: no next step'],
    ['prioritized', event(1, 'conversation.priority', { from: 'normal', to: 'high' }, 'policy'), 'Routing policy set the priority to high'],
    ['tagged', event(1, 'conversation.tags', { added: ['a', 'b'], removed: ['c'] }), 'Ben added the tag a, b; Ben removed the tag c'],
    ['a task', event(1, 'task.opened', { title: 'Trace it', inbox: 'billing', assignee_id: '' }), 'Ben gave Billing the task “Trace it”'],
    ['a task for somebody', event(1, 'task.opened', { title: 'Trace it', inbox: 'billing', assignee_id: 'ag_eve' }), 'Ben gave Eve the task “Trace it” (Billing)'],
    ['a task begun', event(1, 'task.changed', { title: 'Trace it', from: 'open', to: 'in_progress', from_assignee_id: '', assignee_id: 'ag_ben' }), 'Ben began the task “Trace it”'],
    ['a task done', event(1, 'task.changed', { title: 'Trace it', from: 'open', to: 'done' }), 'Ben finished the task “Trace it”'],
    ['a task opened again', event(1, 'task.changed', { title: 'Trace it', from: 'done', to: 'open' }), 'Ben opened the task “Trace it” again'],
    ['a task given to a former agent', event(1, 'task.changed', { title: 'Trace it', from: 'open', to: 'open', from_assignee_id: '', assignee_id: 'ag_x', name: 'Kim' }), 'Ben gave Kim the task “Trace it”'],
    ['a task renamed', event(1, 'task.changed', { title: 'Trace it', from: 'open', to: 'open', from_assignee_id: '', assignee_id: '' }), 'Ben changed the task “Trace it”'],
    ['a task overdue', event(1, 'task.overdue', { title: 'Trace it', inbox: 'billing' }, 'system'), 'The task “Trace it” is overdue (Billing)'],
    ['asked for help', event(1, 'swarm.invited', { agents: [{ id: 'ag_eve', name: 'Eve' }, { id: 'ag_x', name: 'Kim' }] }), 'Ben asked Eve, Kim to help'],
    ['no longer helping', event(1, 'swarm.left', { agent_id: 'ag_ben', name: 'Ben' }), 'Ben no longer helps'],
    ['of an unknown kind', { ...event(1, 'note.added'), kind: 'note.changed' } as unknown as DeskEvent, 'note.changed'],
  ])('%s', (_, given, text) => expect(sentence(given, names)).toBe(text));
});

test('a merge can be undone until it was', () => {
  const merged = (seq: number, absorbed: string) => event(seq, 'conversation.merged', { absorbed });
  const list = [merged(1, 'cv_2'), merged(2, 'cv_3'), event(3, 'conversation.unmerged', { absorbed: 'cv_2' }), merged(4, 'cv_1')];
  expect([...merges(list)]).toEqual([[list[1], 'cv_3']]);
});

describe('the handover card', () => {
  test('is the last move with a note', () => {
    const card = handover([
      event(1, 'conversation.moved', { from: 'frontline', to: 'billing', note: 'first' }),
      event(3, 'conversation.moved', { from: 'billing', to: 'frontline', note: 'second' }),
      event(5, 'conversation.moved', { from: 'frontline', to: 'billing' }),
    ], [], names);
    expect(card).toMatchObject({ note: 'second', from: 'Billing', to: 'Frontline', by: 'Ben' });
  });
  test('finds its note among the messages', () => {
    expect(handover([event(1, 'conversation.moved', { to: 'billing', message_id: 'ms_2' })], [message(2, { text: 'long story' })], names)?.note).toBe('long story');
  });
  test('is absent without a note', () => expect(handover([event(1, 'conversation.moved', { to: 'billing' })], [], names)).toBeNull());
});

test('messages the author has not seen are counted by number', () => {
  const messages = [message(2), message(5), message(9)];
  expect(newest(messages)).toBe(9);
  expect(newest([])).toBe(0);
  expect(newerThan(messages, 5)).toBe(1);
  expect(newerThan(messages, 9)).toBe(0);
});

test('consecutive chat lines of one person are one item', () => {
  const line = (seq: number, direction: Message['direction'], minute = 0) =>
    message(seq, { channel: 'chat', direction, from: [{ name: 'Kim', email: '' }], author: null, received_at: `2026-03-04T10:${String(minute).padStart(2, '0')}:00Z` });
  const items = timeline([line(1, 'inbound'), line(2, 'inbound', 1), line(3, 'outbound', 2), line(4, 'inbound', 3), line(5, 'inbound', 20)], []);
  expect(items.map((item) => (item.kind === 'chat' ? item.messages.map((one) => one.seq) : item.kind === 'message' ? item.message.seq : 0))).toEqual([[1, 2], 3, 4, 5]);
});

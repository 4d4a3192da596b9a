import { describe, expect, test } from 'vitest';
import type { Conversation } from '../wire';
import { belongs, errorPosition, fromHash, queryOf, toHash, type View } from './search';

const conversation = (change: Partial<Conversation>): Conversation =>
  ({ id: 'cv_1', status: 'open', tier: 1, inbox: { key: 'frontline', name: 'Frontline' }, assignee: null, ...change }) as Conversation;

describe('the query of a view', () => {
  test.each<[View, string]>([
    [{ kind: 'mine' }, 'is:open is:pending assignee:me'],
    [{ kind: 'unassigned' }, 'is:open is:unassigned'],
    [{ kind: 'all' }, 'is:open'],
    [{ kind: 'pending' }, 'is:pending'],
    [{ kind: 'snoozed' }, 'is:snoozed'],
    [{ kind: 'resolved' }, 'is:resolved'],
    [{ kind: 'tier', tier: 2 }, 'is:open tier:2'],
    [{ kind: 'inbox', inbox: 'billing' }, 'is:open inbox:billing'],
    [{ kind: 'search', text: '  from:jo  refund ' }, 'from:jo  refund'],
  ])('%j', (view, query) => expect(queryOf(view)).toBe(query));
});

describe('a changed conversation', () => {
  const mine = conversation({ assignee: { id: 'ag_me', name: 'Me' } });
  test.each<[string, View, Conversation, boolean | null]>([
    ['stays in Mine while it is mine', { kind: 'mine' }, mine, true],
    ['stays in Mine while it waits for the customer', { kind: 'mine' }, { ...mine, status: 'pending' }, true],
    ['leaves Mine when it is resolved', { kind: 'mine' }, { ...mine, status: 'resolved' }, false],
    ['enters Pending when it was answered', { kind: 'pending' }, conversation({ status: 'pending' }), true],
    ['leaves Snoozed when it opens', { kind: 'snoozed' }, conversation({}), false],
    ['leaves Mine when it is reassigned', { kind: 'mine' }, conversation({ assignee: { id: 'ag_ben', name: 'Ben' } }), false],
    ['leaves Unassigned when it is assigned', { kind: 'unassigned' }, mine, false],
    ['enters Unassigned when it is unassigned', { kind: 'unassigned' }, conversation({}), true],
    ['leaves every view when it is resolved', { kind: 'all' }, conversation({ status: 'resolved' }), false],
    ['follows its tier', { kind: 'tier', tier: 2 }, conversation({ tier: 2 }), true],
    ['leaves a tier it was moved from', { kind: 'tier', tier: 1 }, conversation({ tier: 2 }), false],
    ['follows its inbox', { kind: 'inbox', inbox: 'billing' }, conversation({}), false],
    ['can only be evaluated by the server in a search', { kind: 'search', text: 'x' }, conversation({}), null],
    ['never belongs in quarantine', { kind: 'quarantine' }, conversation({}), false],
  ])('%s', (_, view, changed, expected) => expect(belongs(view, changed, 'ag_me')).toBe(expected));
});

describe('the address bar', () => {
  const views: View[] = [
    { kind: 'mine' }, { kind: 'unassigned' }, { kind: 'all' }, { kind: 'pending' }, { kind: 'snoozed' }, { kind: 'resolved' }, { kind: 'quarantine' }, { kind: 'channels' }, { kind: 'tier', tier: 3 },
    { kind: 'inbox', inbox: 'a/b c' }, { kind: 'search', text: 'from:jo@acme.example 100% "a/b"' },
  ];
  test.each(views)('round-trips %j', (view) => {
    expect(fromHash(toHash({ view, open: 'cv_9' }))).toEqual({ view, open: 'cv_9' });
    expect(fromHash(toHash({ view, open: null }))).toEqual({ view, open: null });
  });
  test.each(['', '#', '#/', '#/nonsense', '#/tier', '#/tier/x', '#/inbox', '#/%E0%A4%A', '#/search/'])('reads %j as All open', (hash) =>
    expect(fromHash(hash)).toEqual({ view: { kind: 'all' }, open: null }));
  test('opens a linked conversation', () => expect(fromHash('#/c/cv_7')).toEqual({ view: { kind: 'all' }, open: 'cv_7' }));
});

test('an invalid term is located by its character, which the server counts from 1', () => {
  expect(errorPosition([{ message: 'character 5: tier: must be a number, not "x"' }])).toBe(4);
  expect(errorPosition([{ message: 'too long' }])).toBe(-1);
  expect(errorPosition([])).toBe(-1);
});

describe('views of deadlines', () => {
  const now = Date.parse('2026-03-04T10:00:00Z');
  const c = (due_at: string | null, status = 'open', gap = '') => ({ status, gap, next_due: due_at === '' ? null : { due_at } }) as unknown as Parameters<typeof belongs>[1];
  test('what is late or due within an hour is breaching', () => {
    const in_ = (one: Parameters<typeof belongs>[1]) => belongs({ kind: 'breaching' }, one, '', now);
    expect([in_(c('2026-03-04T09:00:00Z')), in_(c('2026-03-04T10:59:59Z')), in_(c('2026-03-04T11:00:00Z')), in_(c(null)), in_(c('')), in_(c('2026-03-04T09:00:00Z', 'pending'))]).toEqual([true, true, false, false, false, false]);
  });
  test('what has a gap is among the gaps', () => expect([belongs({ kind: 'gaps' }, c('', 'open', 'owner'), ''), belongs({ kind: 'gaps' }, c(''), '')]).toEqual([true, false]));
  test('they have an address', () => expect([fromHash('#/breaching/cv_1'), fromHash('#/gaps')]).toEqual([{ view: { kind: 'breaching' }, open: 'cv_1' }, { view: { kind: 'gaps' }, open: null }]));
});

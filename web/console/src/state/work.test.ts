import { expect, test } from 'vitest';
import { Problem } from '../api';
import type { Agent } from '../wire';
import { byInbox, nextStep, onlyHelps, refusedFields } from './work';

const agent = (id: string, tiers: number[], inboxes: string[] = []) => ({ id, tiers, inboxes }) as unknown as Agent;
const name = (id: string) => ({ id, name: id });

test('members of an inbox work in its tier, and are not limited to other inboxes', () => {
  const all = [agent('ana', [1]), agent('ben', [2]), agent('cy', [2], ['billing']), agent('di', [2], ['integrations'])];
  const ids = (list: Agent[]) => list.map((one) => one.id).join();
  expect(byInbox(all, { key: 'billing', tier: 2 }).map(ids)).toEqual(['ben,cy', 'ana,di']);
  expect(byInbox(all, undefined).map(ids)).toEqual(['', 'ana,ben,cy,di']);
});

test('the next step of a task', () => {
  expect(nextStep({ state: 'open', assignee: null }, 'ana')).toBe('take');
  expect(nextStep({ state: 'open', assignee: name('ana') }, 'ana')).toBe('start');
  expect(nextStep({ state: 'in_progress', assignee: name('ana') }, 'ana')).toBe('finish');
  expect(nextStep({ state: 'in_progress', assignee: name('ben') }, 'ana')).toBeNull();
  expect(nextStep({ state: 'done', assignee: name('ana') }, 'ana')).toBeNull();
  expect(nextStep({ state: 'cancelled', assignee: null }, 'ana')).toBeNull();
});

test('who only helps does not answer, unless nobody else does', () => {
  const swarm = [{ agent: name('ben'), by: name('ana'), since: '' }];
  expect(onlyHelps({ assignee: name('ana'), swarm }, 'ben')).toBe(true);
  expect(onlyHelps({ assignee: name('ana'), swarm }, 'ana')).toBe(false);
  expect(onlyHelps({ assignee: name('ben'), swarm }, 'ben')).toBe(false);
  expect(onlyHelps({ assignee: null, swarm }, 'ben')).toBe(false);
  expect(onlyHelps({ assignee: name('ana'), swarm: [] }, 'ben')).toBe(false);
});

test('errors of a form belong to its fields', () => {
  const refused = (errors: { location?: string; message?: string }[], detail = '') => refusedFields(new Problem(422, 'Unprocessable', detail, errors), ['title', 'due_in', 'agents']);
  expect(refused([{ location: 'body.due_in', message: 'due_in: "x" is not a valid duration' }])).toEqual({ due_in: '"x" is not a valid duration.' });
  expect(refused([{ location: 'body.title', message: 'is empty' }, { location: 'body.other', message: 'other: no' }])).toEqual({ title: 'Is empty.', '': 'No.' });
  expect(refused([{ location: 'body.agents[1]', message: 'agents: Ben is disabled' }])).toEqual({ agents: 'Ben is disabled.' });
  expect(refused([], 'it has 50 open tasks')).toEqual({ '': 'It has 50 open tasks.' });
});

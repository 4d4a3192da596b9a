import { describe, expect, test } from 'vitest';
import { Problem } from '../api';
import type { Account } from '../wire';
import { changedAttributes, hoursOf, hoursText, listOf, valueOf, wrongsOf } from './people';

describe('working hours', () => {
  test.each<[string, Record<string, string[]>]>([
    ['', {}],
    ['mon-fri 09:00-17:00', { 'mon-fri': ['09:00-17:00'] }],
    ['Mon-Thu 09:00-12:30, 13:00-18:00\n\nfri 09:00-16:00', { 'mon-thu': ['09:00-12:30', '13:00-18:00'], fri: ['09:00-16:00'] }],
    ['mon 09:00-12:00\nmon 13:00-17:00', { mon: ['09:00-12:00', '13:00-17:00'] }],
    ['someday', { someday: [] }],
  ])('%j', (text, hours) => expect(hoursOf(text)).toEqual(hours));
  test('are written as they are read', () => {
    const hours = { 'mon-thu': ['09:00-12:30', '13:00-18:00'], fri: ['09:00-16:00'] };
    expect(hoursOf(hoursText(hours))).toEqual(hours);
  });
});

test('lists are separated by commas or lines', () => expect(listOf(' a, b;\nc\n,')).toEqual(['a', 'b', 'c']));

test.each<[string, unknown, unknown]>([
  ['50000', undefined, 50000], ['-1.5', 2, -1.5], ['true', undefined, true], ['false', true, false], ['007', undefined, '007'], ['1e3', undefined, '1e3'],
  ['50000', 'text', '50000'], [' gold ', undefined, 'gold'],
])('the value %j, before %j, is %j', (text, before, value) => expect(valueOf(text, before)).toBe(value));

test('only what differs is sent, and null removes', () => {
  const account = { attributes: { plan: 'gold', arr: 5, trial: true, crm: 'A1' } } as unknown as Account;
  expect(changedAttributes(account, [{ name: 'arr', text: '5' }, { name: 'crm', text: '12' }, { name: 'seats', text: '7' }, { name: '', text: ' ' }])).toEqual({ crm: '12', seats: 7, trial: null });
  expect(changedAttributes(account, [{ name: 'arr', text: '' }, { name: 'trial', text: 'true' }, { name: 'crm', text: 'A1' }])).toEqual({ arr: null });
});

test('errors belong to their fields', () => {
  const problem = new Problem(422, 'x', 'skills: no', [
    { location: 'body.skills', message: 'there is no skill "x"' }, { location: 'body.inboxes[2]', message: 'no' }, { location: 'body.attributes.a b', message: 'is not a valid name' },
    { location: 'body.external_id', message: 'is too long' },
  ]);
  expect(wrongsOf(problem, ['skills', 'inboxes', 'attributes'])).toEqual({ fields: { skills: 'There is no skill "x".', inboxes: 'No.', 'attributes.a b': 'Is not a valid name.' }, rest: 'is too long' });
  expect(wrongsOf(new Problem(409, 'Conflict', 'it was changed'), ['name'])).toEqual({ fields: {}, rest: 'It was changed.' });
});

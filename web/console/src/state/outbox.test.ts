import { expect, test } from 'vitest';
import '../text/pages';
import { Problem } from '../api';
import { possible, retriedText, stateForAll, wrongsOfRedirect, type Handled } from './outbox';

const agent = { admin: false, mask_addresses: false };
const admin = { admin: true, mask_addresses: false };
const masked = { admin: false, mask_addresses: true };
const delivery = (state: Handled['state'], on_hold = false): Handled => ({ id: 'dl_1', recipient: 'jo@acme.example', state, on_hold });

test.each([
  ['failed', agent, ['retry', 'redirect']],
  ['failed', masked, ['retry']],
  ['unknown', agent, ['retry', 'redirect', 'cancel']],
  ['unknown', admin, ['retry', 'hold', 'redirect', 'cancel']],
  ['delayed', agent, ['retry', 'redirect', 'cancel']],
  ['delayed', admin, ['retry', 'hold', 'redirect', 'cancel']],
  ['queued', admin, ['hold', 'redirect', 'cancel']],
  ['held', admin, ['hold']],
  ['held', agent, []],
  ['cancelled', admin, ['retry']],
  ['sending', admin, []],
  ['sent', admin, []],
  ['delivered', admin, []],
  ['scheduled', admin, []],
] as const)('what can be done to a delivery that is %s', (state, by, want) => {
  expect(possible(delivery(state), by)).toEqual(want);
});

test('a delivery on hold is released by admins', () => {
  expect(possible(delivery('delayed', true), admin)).toEqual(['release', 'redirect', 'cancel']);
  expect(possible(delivery('queued', true), agent)).toEqual(['redirect', 'cancel']);
});

test('everything to a domain can be retried where something waits', () => {
  expect(stateForAll({ part: '', domain: 'acme.example', inbox: '' })).toBe('delayed');
  expect(stateForAll({ part: 'failed', domain: 'acme.example', inbox: '' })).toBe('failed');
  expect(stateForAll({ part: 'unknown', domain: 'acme.example', inbox: '' })).toBeNull();
  expect(stateForAll({ part: 'failed', domain: '', inbox: '' })).toBeNull();
});

test('what is wrong with a redirect is shown at its field', () => {
  const refused = (detail: string, unreachable: { address: string }[] = []) => new Problem(422, 'Unprocessable Entity', detail, [], unreachable as never);
  expect(wrongsOfRedirect(refused('to: help@desk.example is an address of this desk'), 'to: help@desk.example is an address of this desk')).toEqual({ to: 'help@desk.example is an address of this desk' });
  expect(wrongsOfRedirect(refused('x gets no replies', [{ address: 'x' }]), 'x gets no replies')).toEqual({ to: 'x gets no replies' });
  expect(wrongsOfRedirect(refused('reason: at most 500 characters are possible'), 'long')).toEqual({ reason: 'long' });
  expect(wrongsOfRedirect(new Problem(409, 'Conflict', 'an attempt is running'), 'an attempt is running')).toEqual({ '': 'an attempt is running' });
});

test('what came of retrying all', () => {
  expect(retriedText({ retried: 2, refused: [], more: false }, 'T')).toEqual({ text: 'T', bad: false });
  expect(retriedText({ retried: 200, refused: [], more: true }, 'T').text).toContain('There are more');
  expect(retriedText({ retried: 0, refused: [{ id: 'dl_1', recipient: 'a', reason: 'sending' }], more: false }, 'T')).toEqual({ text: 'T. 1 could not be tried: sending', bad: true });
});

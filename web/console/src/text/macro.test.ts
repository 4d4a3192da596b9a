import { expect, test } from 'vitest';
import type { Macro } from '../wire';
import { fillIn, matching, pieces, slashIn } from './macro';
import { variablesOf } from './variables';

test.each<[string, { at: number; query: string } | null]>([
  ['/', { at: 0, query: '' }],
  ['/ask for', { at: 0, query: 'ask for' }],
  ['Hello\n/re', { at: 6, query: 're' }],
  ['Hello /re', { at: 6, query: 're' }],
  ['and/or', null],
  ['https://', null],
  ['/ ', null],
  ['//', null],
  ['/etc/passwd', null],
  ['/one\ntwo', null],
])('a slash at the start of a word: %j', (text, want) => {
  expect(slashIn(text, text.length, text.length)).toEqual(want);
  expect(slashIn(text, 0, text.length)).toBe(null);
});

const macro = (name: string, uses: number, inboxes: string[] = []) => ({ id: name, name, uses, inboxes, text: '', actions: [] }) as unknown as Macro;

test('macros are found by the words of their names, in the inboxes that they are for', () => {
  const list = [macro('Ask for details', 1), macro('Refund approved', 9, ['billing']), macro('Réfund (late)', 2), macro('No refund', 5)];
  const names = (query: string, inbox = 'frontline') => matching(list, query, inbox).map((one) => one.name);
  expect(names('')).toEqual(['No refund', 'Réfund (late)', 'Ask for details']);
  expect(names('ref')).toEqual(['Réfund (late)', 'No refund']);
  expect(names('ref', 'billing')).toEqual(['Refund approved', 'Réfund (late)', 'No refund']);
  expect(names('late')).toEqual(['Réfund (late)']);
  expect(names('det ask')).toEqual(['Ask for details']);
  expect(names('tails')).toEqual([]);
});

test('variables are filled in as the server does it, and left alone in code', () => {
  const text = 'Hi {{ a }} {{b|you}} {{a|x}} `{{a}}`\n```\n{{a}}\n';
  expect(variablesOf(text)).toEqual(['a', 'b']);
  expect(fillIn(text, 'a', '$1')).toBe('Hi $1 {{b|you}} $1 `{{a}}`\n```\n{{a}}\n');
  expect(pieces('{{a}} {{b|you}} {{c}}', { a: 'A' })).toEqual([{ text: 'A', kind: 'filled' }, { text: ' ', kind: 'text' }, { text: 'you', kind: 'filled' }, { text: ' ', kind: 'text' }, { text: '{{c}}', kind: 'open' }]);
});

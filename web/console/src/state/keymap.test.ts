import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { choices, choose, chosenKeys, keysOf, refusal, resetAll, stored, type Choice } from './keymap';
import { chosenStroke, Keys, type Binding, type Stroke } from './keys';

const stroke = (key: string, change: Partial<Stroke> = {}): Stroke =>
  ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false, ...change });

const kept = new Map<string, string>();
beforeEach(() => {
  vi.stubGlobal('localStorage', { setItem: (name: string, text: string) => kept.set(name, text), removeItem: (name: string) => kept.delete(name) });
});
afterEach(() => {
  resetAll();
  vi.unstubAllGlobals();
});

function registry() {
  const ran: string[] = [];
  const binding = (action: string, keys: string): Binding => ({ action, keys, group: 'general', label: action, run: () => void ran.push(action) });
  const keys = new Keys(() => 0);
  keys.add([binding('reply', 'r'), binding('resolve', 'e'), binding('send', 'Mod+Enter'), binding('escape', 'Escape'), binding('goMine', 'g m')]);
  const all = choices(keys.list(), 'leader');
  const one = (action: string): Choice => all.find((choice) => choice.action === action)!;
  return { keys, all, one, ran, press: (key: string, change = {}) => keys.press(stroke(key, change), false) };
}

test('only shortcuts of one character can be changed, and the first key of sequences', () => {
  expect(registry().all.map((one) => one.action)).toEqual(['reply', 'resolve', 'go']);
});

test('a chosen key replaces the default one', () => {
  const { one, press, ran } = registry();
  choose(one('reply'), 'Mod+k');
  expect(press('r')).toBe(false);
  press('k', { ctrlKey: true });
  expect(ran).toEqual(['reply']);
  expect(JSON.parse(kept.get('switchboard.keymap')!)).toEqual({ reply: 'Mod+k' });
});

test('two actions can exchange their keys by way of a third key', () => {
  const { one, press, ran, all } = registry();
  expect(refusal('e', 'reply', all)).toEqual({ why: 'taken', by: 'resolve' });
  choose(one('resolve'), 'x');
  expect(refusal('e', 'reply', all)).toBeNull();
  choose(one('reply'), 'e');
  expect(refusal('e', 'resolve', all)).toEqual({ why: 'taken', by: 'reply' });
  choose(one('resolve'), 'r');
  press('e');
  press('r');
  expect(ran).toEqual(['reply', 'resolve']);
});

test('the first key of sequences changes for all of them', () => {
  const { keys, one, press, ran, all } = registry();
  expect(refusal('g', 'reply', all)).toEqual({ why: 'taken', by: 'leader' });
  choose(one('go'), 'Mod+g');
  expect(keysOf(keys.of('goMine')!)).toBe('Mod+g m');
  press('g');
  press('m');
  expect(ran).toEqual([]);
  press('g', { metaKey: true });
  press('m');
  expect(ran).toEqual(['goMine']);
});

test('the default key is not stored', () => {
  const { one } = registry();
  choose(one('reply'), 'k');
  choose(one('reply'), 'r');
  expect(chosenKeys.value).toEqual({});
  expect(kept.has('switchboard.keymap')).toBe(false);
});

test('a chosen key wins over a default key that a later version adds', () => {
  const { keys, one, press, ran } = registry();
  choose(one('reply'), 'b');
  keys.add([{ action: 'block', keys: 'b', group: 'thread', label: 'block', run: () => void ran.push('block') }]);
  press('b');
  expect(ran).toEqual(['reply']);
});

describe('a key can be chosen', () => {
  const { all } = registry();
  test.each(['k', 'K', '7', '?', '+', 'ä', 'ж', '𝒳', 'Mod+k', 'Mod++', 'F2'])('%s', (name) => expect(refusal(name, 'reply', all)).toBeNull());
});

describe('a key cannot be chosen', () => {
  const { all } = registry();
  test.each([['', 'unusable'], [' ', 'unusable'], ['Enter', 'unusable'], ['ArrowUp', 'unusable'], ['Tab', 'unusable'], ['F13', 'unusable'], ['Mod+ArrowUp', 'unusable'],
    ['Mod+ ', 'unusable'], ['Mod+w', 'reserved'], ['Mod+c', 'reserved'], ['Mod+Enter', 'reserved'], ['F5', 'reserved']])('%j: %s', (name, why) =>
    expect(refusal(name, 'reply', all)).toEqual({ why }));
});

test('modifiers alone are not a key yet', () => {
  expect(chosenStroke(stroke('Shift', { shiftKey: true }))).toBeNull();
  expect(chosenStroke(stroke('Control', { ctrlKey: true }))).toBeNull();
  expect(chosenStroke(stroke('K', { shiftKey: true }))).toBe('K');
  expect(chosenStroke(stroke('@', { altKey: true }))).toBe('');
});

test.each([
  [null, {}], ['', {}], ['{', {}], ['[1]', {}], ['null', {}], ['"x"', {}],
  ['{"reply":"k","note":7,"move":"","open":"Tab","back":"Mod+w"}', { reply: 'k' }],
])('what was stored as %j is read as %j', (text, chosen) => expect(stored(text)).toEqual(chosen));

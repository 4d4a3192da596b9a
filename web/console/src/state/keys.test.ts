import { describe, expect, test } from 'vitest';
import { ariaKeys, caps, Keys, strokeName, type Stroke } from './keys';

const stroke = (key: string, change: Partial<Stroke> = {}): Stroke =>
  ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false, ...change });

describe('a stroke is named', () => {
  test.each<[Stroke, string]>([
    [stroke('j'), 'j'],
    [stroke('?', { shiftKey: true }), '?'],
    [stroke('Enter', { ctrlKey: true }), 'Mod+Enter'],
    [stroke('Enter', { metaKey: true }), 'Mod+Enter'],
    [stroke('K', { metaKey: true }), 'Mod+k'],
    [stroke('@', { altKey: true }), ''], // Alt types on many layouts
    [stroke('j', { isComposing: true }), ''],
    [stroke('Dead'), ''],
  ])('%j', (pressed, name) => expect(strokeName(pressed)).toBe(name));
});

function registry() {
  let now = 0;
  const ran: string[] = [];
  const keys = new Keys(() => now);
  const binding = (name: string, more = {}) => ({ action: name, keys: name, group: 'general' as const, label: name, run: () => void ran.push(name), ...more });
  keys.add([binding('j'), binding('m'), binding('g m'), binding('g 2'), binding('Mod+Enter', { inFields: true }), binding('e', { when: () => false })]);
  return { keys, ran, binding, wait: (ms: number) => (now += ms), press: (key: string, inField = false, change = {}) => keys.press(stroke(key, change), inField) };
}

describe('a key', () => {
  test('runs its command', () => {
    const { press, ran } = registry();
    expect(press('j')).toBe(true);
    expect(ran).toEqual(['j']);
  });
  test('is ignored while typing, except for those enabled in fields', () => {
    const { press, ran } = registry();
    expect(press('j', true)).toBe(false);
    expect(press('Enter', true, { ctrlKey: true })).toBe(true);
    expect(ran).toEqual(['Mod+Enter']);
  });
  test('of a sequence waits for the next key', () => {
    const { press, ran } = registry();
    expect(press('g')).toBe(true);
    expect(press('2')).toBe(true);
    expect(ran).toEqual(['g 2']);
  });
  test('acts alone when the sequence has timed out', () => {
    const { press, ran, wait } = registry();
    press('g');
    wait(1300);
    press('m');
    expect(ran).toEqual(['m']);
  });
  test('that completes no sequence acts alone', () => {
    const { press, ran } = registry();
    press('g');
    press('j');
    expect(ran).toEqual(['j']);
  });
  test('whose command does not apply is left to the browser', () => expect(registry().press('e')).toBe(false));
  test('can be overridden and restored', () => {
    const { keys, binding, press, ran } = registry();
    const restore = keys.add([binding('j', { run: () => void ran.push('other') })]);
    press('j');
    restore();
    press('j');
    expect(ran).toEqual(['other', 'j']);
  });
});

test('keys are shown as labelled on the keyboard', () => {
  expect(caps('Mod+Enter', true)).toEqual(['⌘', '↵']);
  expect(caps('Mod+Enter', false)).toEqual(['Ctrl', '↵']);
  expect(caps('g m', false)).toEqual(['g', 'm']);
  expect(ariaKeys('Mod+Enter')).toBe('Control+Enter Meta+Enter');
  expect(ariaKeys('g m')).toBeUndefined();
  expect(ariaKeys('U')).toBe('Shift+U');
  expect(ariaKeys('+')).toBe('Plus');
  expect(caps('+', false)).toEqual(['+']);
  expect(caps('Mod++', false)).toEqual(['Ctrl', '+']);
});

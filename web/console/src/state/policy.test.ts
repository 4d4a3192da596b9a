import { expect, test } from 'vitest';
import type { PolicyDocument } from '../wire';

const kept = new Map<string, string>();
Object.assign(globalThis, { localStorage: { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: (key: string) => void kept.delete(key) } });
const { bySection, discard, draft, keep, live, offsetOf, recall, staffOf } = await import('./policy');

test('a position counts characters and not code units, and never leaves the text', () => {
  expect(offsetOf('a: 1\nb: 2', 2, 4)).toBe(8);
  expect(offsetOf('😀: x\n', 1, 3)).toBe(3);
  expect(offsetOf('a', 9, 9)).toBe(1);
  expect(offsetOf('a', 1, 0)).toBe(0);
});

test('a draft stays until it is discarded or equals the live version', () => {
  live.value = { version: 3, document: 'live' } as PolicyDocument;
  keep('mine', 3);
  draft.value = null;
  recall();
  expect(draft.value).toEqual({ document: 'mine', base: 3 });
  keep('live', 2); // of an older version: still to be decided
  expect(draft.value).toEqual({ document: 'live', base: 2 });
  discard();
  expect(draft.value).toBeNull();
  expect(kept.size).toBe(0);
  kept.set('switchboard.policy.', '{');
  recall();
  expect(draft.value).toBeNull();
});

test('parts stay in order; only inboxes with a number have staff', () => {
  const node = (section: string, name: string) => ({ section, name, depth: 0, line: 1, fields: [] });
  expect(bySection([node('tiers', '1'), node('inboxes', 'b'), node('inboxes', 'a')]).map(([section, list]) => [section, list.map((one) => one.name)])).toEqual([['tiers', ['1']], ['inboxes', ['b', 'a']]]);
  expect(staffOf({ billing: ' 3 ', frontline: '', engineering: 'x' })).toEqual(['billing=3']);
});

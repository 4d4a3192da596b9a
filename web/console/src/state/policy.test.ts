import { expect, test } from 'vitest';
import type { PolicyDocument } from '../wire';

const kept = new Map<string, string>();
Object.assign(globalThis, { localStorage: { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: (key: string) => void kept.delete(key) } });
const { bySection, discard, draft, factsOf, keep, live, offsetOf, recall, shareOf, staffOf, tiersOf, titleOf } = await import('./policy');

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

test('tiers are called by their names', () => {
  const node = (section: string, name: string, fields: Record<string, string>, depth = 0) => ({ section, name, depth, line: 1, fields: Object.entries(fields).map(([field, value]) => ({ field, value })) });
  const nodes = [node('tiers', '1', { name: 'Frontline', tier: '1', may: 'reply' }), node('tiers', '2', { tier: '2' }), node('inboxes', 'billing', { tier: '1', calendar: 'office' }), node('handoffs', '1 to 2', { from: '1', to: '2', accept_within: '4h' }),
    node('routing', 'api/late', { 'set.tier': '1', when: 'x', continue: 'true' }, 1), node('handoffs', '1 to 3', {})];
  const tiers = tiersOf(nodes);
  expect(nodes.map((one) => `${titleOf(one, tiers)} | ${factsOf(one, tiers)}`)).toEqual(['T1 Frontline | may: reply', 'T2 | ', 'billing | tier: Frontline · calendar: office', 'Frontline to T2 | accept_within: 4h', 'late | tier: Frontline', 'Frontline to 3 | ']);
});

test.each([[0, 0, '0%'], [0, 5, '0%'], [1, 5000, '<0.1%'], [1, 8, '12.5%'], [4999, 5000, '>99.9%'], [5, 5, '100%'], [1, 1000, '0.1%']])('%d of %d is %s', (n, all, text) => expect(shareOf(n, all, 'en')).toBe(text));

import { expect, test, vi } from 'vitest';
import { Memory } from '../../../test/memory';

vi.stubGlobal('localStorage', new Memory());
const { recall, remember, resumed } = await import('./forwarding');

const begun = { messages: ['b', 'c'], answers: '', to: ['rep@supplier.example'], cc: [], from: '' };

test('what was chosen is remembered until it is forgotten, for a month', () => {
  vi.useFakeTimers();
  remember('cv_1', begun);
  expect(recall('cv_1')).toEqual(begun);
  expect(recall('cv_2')).toBeNull();
  vi.advanceTimersByTime(31 * 86_400_000);
  expect(recall('cv_1')).toBeNull();
  remember('cv_1', begun);
  remember('cv_1', null);
  expect(recall('cv_1')).toBeNull();
});

test.each([
  ['nothing was begun', null, { messages: ['a'], answers: '' }, { messages: ['a'], answers: '' }],
  ['the usual message does not replace the choice', begun, { messages: ['a'], answers: '' }, { messages: ['b', 'c'], answers: '' }],
  ['a chosen message is added', begun, { messages: ['d'], answers: '' }, { messages: ['b', 'c', 'd'], answers: '' }],
  ['an answer is begun', begun, { messages: [], answers: 'd' }, { messages: [], answers: 'd' }],
  ['an answer is continued', { ...begun, messages: [], answers: 'd' }, { messages: ['a'], answers: '' }, { messages: [], answers: 'd' }],
  ['what is gone is not forwarded', { ...begun, messages: ['b', 'gone'], answers: 'gone' }, { messages: ['a'], answers: '' }, { messages: ['b'], answers: '' }],
])('%s', (_, before, what, want) => expect(resumed(before, what, ['a'], ['a', 'b', 'c', 'd'])).toEqual(want));

import { expect, test } from 'vitest';
import { Memory } from '../../../test/memory';
import { Drafts } from './draft';

test('a draft is restored with the number its author had seen', () => {
  const drafts = new Drafts(new Memory(), () => 5);
  drafts.write('cv_1', 'reply', 'Dear Jo', 7);
  expect(drafts.read('cv_1', 'reply')).toEqual({ text: 'Dear Jo', seen: 7, at: 5 });
  expect(drafts.read('cv_1', 'note')).toBeNull();
  expect(drafts.read('cv_2', 'reply')).toBeNull();
});

test('reply and note have separate drafts', () => {
  const drafts = new Drafts(new Memory());
  drafts.write('cv_1', 'reply', 'for the customer', 1);
  drafts.write('cv_1', 'note', 'for the team', 1);
  drafts.remove('cv_1', 'reply');
  expect(drafts.read('cv_1', 'note')?.text).toBe('for the team');
  expect([...drafts.conversations()]).toEqual(['cv_1']);
});

test('an empty text removes the draft', () => {
  const drafts = new Drafts(new Memory());
  drafts.write('cv_1', 'reply', 'x', 1);
  drafts.write('cv_1', 'reply', ' \n', 1);
  expect(drafts.read('cv_1', 'reply')).toBeNull();
  expect(drafts.conversations().size).toBe(0);
});

test('a full storage returns false and does not throw', () => {
  expect(new Drafts(new Memory(10)).write('cv_1', 'reply', 'a long answer', 1)).toBe(false);
});

test('old and unreadable drafts are removed', () => {
  const storage = new Memory();
  let now = 0;
  const drafts = new Drafts(storage, () => now);
  drafts.write('cv_old', 'reply', 'old', 1);
  now = 20 * 86_400_000;
  drafts.write('cv_new', 'note', 'new', 1);
  storage.setItem('switchboard.draft.cv_bad.reply', '{');
  storage.setItem('switchboard.theme', 'dark');
  now = 31 * 86_400_000;
  drafts.sweep();
  expect([...drafts.conversations()]).toEqual(['cv_new']);
  expect(storage.getItem('switchboard.theme')).toBe('dark');
});

test('each agent of a browser has their own drafts', () => {
  const drafts = new Drafts(new Memory());
  drafts.agent = 'ag_1';
  drafts.write('cv_1', 'reply', 'by Ana', 1);
  drafts.agent = 'ag_2';
  expect(drafts.read('cv_1', 'reply')).toBeNull();
  expect(drafts.all()).toEqual([]);
  drafts.write('cv_2', 'note', 'by Ben', 1, { to: ['jo@acme.example'], cc: [] });
  expect(drafts.all().map((one) => [one.conversation, one.kind, one.draft.to])).toEqual([['cv_2', 'note', ['jo@acme.example']]]);
  drafts.agent = 'ag_1';
  expect([...drafts.conversations()]).toEqual(['cv_1']);
});

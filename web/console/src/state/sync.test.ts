import { beforeEach, expect, test, vi } from 'vitest';
import { Memory } from '../../../test/memory';
import type { Draft as Stored } from '../wire';

vi.stubGlobal('localStorage', new Memory());
vi.useFakeTimers();

const CV = 'cv_1';
const { api, Problem } = await import('../api');
const { conflicts, drafts, drop, keep, loadDrafts, touch } = await import('./sync');
const { idsOf, takeFiles } = await import('./kept');

/** The server's side of one draft, with its rules. */
let there: Stored | null;
let clock: number;
/** What happens to the answer of the next request to save. */
let next: 'answer' | 'lost' | 'unreachable';

const plan = { id: 'up_1', name: 'plan.txt', type: 'text/plain', size: 4, picture: '', created_at: '2026-11-30T10:00:00Z' };
const log = { ...plan, id: 'up_2', name: 'log.txt' };

function write(text: string, attachments = there?.attachments ?? []): Stored {
  return (there = { conversation_id: CV, kind: 'reply', text, attachments, seen: 1, to: null, cc: null, updated_at: new Date(Date.now() + ++clock).toISOString() } as unknown as Stored);
}

beforeEach(async () => {
  there = null;
  clock = 0;
  next = 'answer';
  vi.spyOn(api, 'drafts').mockImplementation(async () => (there ? [there] : []));
  vi.spyOn(api, 'saveDraft').mockImplementation(async (_, __, { text, attachments, based_on: base }) => {
    const how = next;
    next = 'answer';
    if (how === 'unreachable') throw new Problem(0, 'unreachable', '');
    if ((there?.updated_at ?? 'none') !== base && there?.text !== text) throw new Problem(409, 'Conflict', '');
    const saved = write(text, [plan, log].filter(({ id }) => attachments?.includes(id)));
    if (how === 'lost') throw new Problem(0, 'unreachable', '');
    return saved;
  });
  vi.spyOn(api, 'deleteDraft').mockImplementation(async (_, __, base) => {
    if (there && there.updated_at !== base) throw new Problem(409, 'Conflict', '');
    there = null;
  });
  await drop(CV, 'reply');
  takeFiles(CV, []);
  there = null;
  await loadDrafts('');
});

const type = (text: string) => keep(CV, 'reply', text, 1, {});
const settled = () => vi.advanceTimersByTimeAsync(20_000);
const conflict = () => conflicts.value.get(`${CV}.reply`);

test('one device saves version after version', async () => {
  type('one');
  await settled();
  type('one and two');
  await settled();
  expect(there?.text).toBe('one and two');
  expect(conflict()).toBeUndefined();
  await drop(CV, 'reply');
  expect(there).toBeNull();
});

test('a text of another device is not overwritten, and the own one is kept', async () => {
  type('one');
  await settled();
  write('theirs');
  type('one and two');
  await settled();
  expect(there?.text).toBe('theirs');
  expect(conflict()?.text).toBe('theirs');
  expect(drafts.read(CV, 'reply')?.text).toBe('one and two');
});

test('what was deleted on another device does not come back by itself', async () => {
  type('one');
  await settled();
  there = null;
  type('one and two');
  await settled();
  expect(there).toBeNull();
  expect(conflict()).toBeNull();
});

test.each(['lost', 'unreachable'] as const)('a request that is %s is repeated, and is no conflict with itself', async (how) => {
  type('one');
  await settled();
  next = how;
  type('one and two');
  await vi.advanceTimersByTimeAsync(2000);
  type('one, two and three');
  await settled();
  expect(conflict()).toBeUndefined();
  expect(there?.text).toBe('one, two and three');
});

test('a draft whose answer was lost is deleted all the same', async () => {
  next = 'lost';
  type('one');
  await vi.advanceTimersByTimeAsync(2000);
  await drop(CV, 'reply');
  expect(there).toBeNull();
});

test('a draft that is dropped while it is being saved is deleted', async () => {
  type('one');
  await settled();
  type('one and two');
  vi.advanceTimersByTime(1000);
  await drop(CV, 'reply');
  expect(there).toBeNull();
});

test('sending here does not delete what was written on another device since', async () => {
  type('one');
  await settled();
  write('theirs');
  await drop(CV, 'reply');
  expect(there?.text).toBe('theirs');
});

test('an unsaved text is not overwritten at the start', async () => {
  drafts.put(CV, 'reply', { text: 'only here', seen: 1, at: Date.now(), version: 'v0' });
  write('theirs');
  await loadDrafts('');
  expect(drafts.read(CV, 'reply')?.text).toBe('only here');
  expect(conflict()?.text).toBe('theirs');
});

test('a saved text is replaced by a newer one at the start', async () => {
  type('one');
  await settled();
  write('theirs');
  await loadDrafts('');
  expect(drafts.read(CV, 'reply')?.text).toBe('theirs');
  expect(conflict()).toBeUndefined();
});

test('files are saved with the text, those of this browser first found after a start are added, and they go with the draft', async () => {
  takeFiles(CV, [log]);
  touch(CV);
  await settled();
  expect(there).toBeNull(); // there is no text yet
  write('theirs', [plan]);
  await loadDrafts('');
  expect(idsOf(CV)).toEqual([plan.id, log.id]);
  await settled();
  expect(there?.attachments).toEqual([plan, log]);
  takeFiles(CV, [log]);
  touch(CV);
  await settled();
  expect(there).toMatchObject({ text: 'theirs', attachments: [log] });
  await loadDrafts('');
  expect(idsOf(CV)).toEqual([log.id]);
  there = null; // it was sent on another device
  await loadDrafts('');
  expect(idsOf(CV)).toEqual([]);
});

test('other files of another device are not overwritten', async () => {
  type('one');
  await settled();
  write('one', [plan]);
  takeFiles(CV, [log]);
  touch(CV);
  type('one and two');
  await settled();
  expect(there?.attachments).toEqual([plan]);
  expect(conflict()?.attachments).toEqual([plan]);
  expect(idsOf(CV)).toEqual([log.id]);
});

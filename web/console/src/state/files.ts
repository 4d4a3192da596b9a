// Attaching files: they are uploaded at once, and the draft remembers which they are.
import { say } from '../text/say';
import { size } from '../text/time';
import { upload } from '../upload';
import { type File, filesOf, idsOf, newKey, setFiles } from './kept';
import { touch } from './sync';
import { reason } from './toast';

export { filesOf, recallFiles } from './kept';

/** What all files of a reply may have, in bytes. */
export const LIMIT = 25_000_000;
const uploads = new Map<number, AbortController>();

function set(list: string, files: readonly File[]): void {
  const before = idsOf(list).join();
  setFiles(list, files);
  if (idsOf(list).join() !== before) touch(list);
}

function change(conversation: string, key: number, what: Partial<File>): void {
  if (filesOf(conversation).some((file) => file.key === key)) {
    set(conversation, filesOf(conversation).map((file) => (file.key === key ? { ...file, ...what } : file)));
  }
}

/** Uploads a file; returns its id, or an empty string if it failed or was removed. */
export async function attach(conversation: string, blob: globalThis.File): Promise<string> {
  const key = newKey();
  const ending = new AbortController();
  const file: File = { key, id: '', name: blob.name, size: blob.size, picture: false, done: 0, failure: '', at: Date.now() };
  if (blob.size > LIMIT) {
    set(conversation, [...filesOf(conversation), { ...file, failure: say('files.tooLarge', { limit: size(LIMIT) }) }]);
    return '';
  }
  set(conversation, [...filesOf(conversation), file]);
  uploads.set(key, ending);
  try {
    const stored = await upload(blob, (done) => change(conversation, key, { done }), ending.signal);
    change(conversation, key, { id: stored.id, name: stored.name, size: stored.size, picture: stored.picture.startsWith('image/'), done: 1 });
    return filesOf(conversation).some((one) => one.key === key) ? stored.id : '';
  } catch (error) {
    change(conversation, key, { failure: reason(error) });
    return '';
  } finally {
    uploads.delete(key);
  }
}

export function detach(conversation: string, key: number): void {
  uploads.get(key)?.abort();
  set(conversation, filesOf(conversation).filter((file) => file.key !== key));
}

/** Forgets the files; they come back with the returned function. */
export function dropFiles(conversation: string): () => void {
  const before = filesOf(conversation);
  for (const { key } of before) uploads.get(key)?.abort();
  set(conversation, []);
  return () => set(conversation, before);
}

const MENTION = /\b(attach(ed|ing|ment)s?|enclosed|angehängt|anhang|beigefügt|anbei|ci-joint|pi[èe]ces? jointes?|adjunt[oa]s?|anexo|em anexo)\b|添付/iu;

/** Reports whether a text promises a file; what it quotes does not count. */
export function mentionsFile(text: string): boolean {
  return MENTION.test(text.replace(/^>.*$/gm, ''));
}

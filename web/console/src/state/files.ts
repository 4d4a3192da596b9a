// The files that a reply will have. They are uploaded at once; the server keeps them for
// two days, and this browser remembers which they are.
import { signal } from '@preact/signals';
import { say } from '../text/say';
import { size } from '../text/time';
import { upload } from '../upload';
import { reason } from './toast';
import { drafts } from './sync';

export interface File {
  /** Names it here, before the server does. */
  key: number;
  /** The server's id; empty while it is on its way. */
  id: string;
  name: string;
  size: number;
  /** It can be shown in the text. */
  picture: boolean;
  /** How much of it is uploaded, from 0 to 1. */
  done: number;
  failure: string;
  at: number;
}

/** What all files of a reply may have, in bytes. */
export const LIMIT = 25_000_000;
const KEEP_MS = 47 * 60 * 60 * 1000;

const lists = signal<Readonly<Record<string, readonly File[]>>>({});
const uploads = new Map<number, AbortController>();
let keys = 0;

const nameOf = (conversation: string) => `switchboard.files.${drafts.agent}.${conversation}`;

/** The files of a conversation's next reply. */
export function filesOf(conversation: string): readonly File[] {
  return lists.value[conversation] ?? [];
}

/** Finds the files that were uploaded before the page was loaded. */
export function recallFiles(conversation: string): void {
  if (lists.value[conversation]) return;
  let known: File[] = [];
  try {
    known = (JSON.parse(localStorage.getItem(nameOf(conversation)) ?? '[]') as File[]).filter((file) => file.at > Date.now() - KEEP_MS);
  } catch {
    // not readable: there are none
  }
  set(conversation, known.map((file) => ({ ...file, key: ++keys })));
}

function set(conversation: string, files: readonly File[]): void {
  lists.value = { ...lists.value, [conversation]: files };
  const stored = files.filter((file) => file.id !== '');
  try {
    if (stored.length > 0) localStorage.setItem(nameOf(conversation), JSON.stringify(stored));
    else localStorage.removeItem(nameOf(conversation));
  } catch {
    // The browser's storage is full: they are only known to this page.
  }
}

function change(conversation: string, key: number, what: Partial<File>): void {
  if (filesOf(conversation).some((file) => file.key === key)) {
    set(conversation, filesOf(conversation).map((file) => (file.key === key ? { ...file, ...what } : file)));
  }
}

/** Uploads a file; returns its id, or an empty string if it failed or was removed. */
export async function attach(conversation: string, blob: globalThis.File): Promise<string> {
  const key = ++keys;
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

// What this browser keeps of drafts: their texts, and which files they have. sync.ts keeps
// both on the server.
import { signal } from '@preact/signals';
import type { Upload } from '../wire';
import { Drafts, type Kept } from './draft';

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

export const drafts = new Drafts(localStorage);

/** The server keeps files without a draft for two days. */
const KEEP_MS = 47 * 60 * 60 * 1000;

const lists = signal<Readonly<Record<string, readonly File[]>>>({});
let keys = 0;
export const newKey = () => ++keys;

const nameOf = (list: string) => `switchboard.files.${drafts.agent}.${list}`;

/** The name of the list of a draft's files. */
export const listOf = (conversation: string, kind: Kept) => (kind === 'forward' ? `${conversation}.forward` : conversation);

/** The draft that a list is of. */
export function draftOf(list: string): { conversation: string; kind: Kept } {
  const [conversation = '', kind] = list.split('.');
  return { conversation, kind: kind === 'forward' ? kind : 'reply' };
}

/** The files of a conversation's next reply, or of another list. */
export function filesOf(list: string): readonly File[] {
  return lists.value[list] ?? [];
}

/** The ids of what is uploaded, in order. */
export const idsOf = (list: string) => filesOf(list).flatMap(({ id }) => (id ? [id] : []));

/** Finds the files that were uploaded before the page was loaded. */
export function recallFiles(list: string): void {
  if (lists.value[list]) return;
  const { conversation, kind } = draftOf(list);
  const kept = drafts.read(conversation, kind) !== null;
  let known: File[] = [];
  try {
    known = (JSON.parse(localStorage.getItem(nameOf(list)) ?? '[]') as File[]).filter((file) => kept || file.at > Date.now() - KEEP_MS);
  } catch {
    // not readable: there are none
  }
  setFiles(list, known.map((file) => ({ ...file, key: newKey() })));
}

export function setFiles(list: string, files: readonly File[]): void {
  lists.value = { ...lists.value, [list]: files };
  const stored = files.filter((file) => file.id !== '');
  try {
    if (stored.length > 0) localStorage.setItem(nameOf(list), JSON.stringify(stored));
    else localStorage.removeItem(nameOf(list));
  } catch {
    // The browser's storage is full: they are only known to this page.
  }
}

/** Replaces the files by those that the server has, before `more` that it does not have. */
export function takeFiles(list: string, theirs: readonly Upload[], more: readonly File[] = []): void {
  const files = theirs.map(({ id, name, size, picture, created_at }): File => ({ key: newKey(), id, name, size, picture: picture.startsWith('image/'), done: 1, failure: '', at: Date.parse(created_at) }));
  setFiles(list, [...files, ...more.filter((file) => !file.id || !files.some(({ id }) => id === file.id))]);
}

// Operations on many conversations: the requests, and what came of them. Loaded with
// their part of the console.
import { batch, signal } from '@preact/signals';
import { api, call, Problem } from '../api';
import { say } from '../text/say';
import type { BulkArgs, BulkInputBody, BulkResult, Conversation } from '../wire';
import { told } from './actions';
import { place, refreshCounts } from './desk';
import { dialog } from './dialog';
import { loadList } from './list';
import { orderOf } from './order';
import { queryOf } from './search';
import { choose, chosen, clear, everything, outcome } from './selection';
import { reason, tell } from './toast';

/** How many one request changes, so that there is progress to show. */
export const CHUNK = 50;
const PAGE = 200;
/** The limit of the server for counting, and of this page for one operation. */
export const MOST = 1000;

export const requests = {
  bulk: (body: BulkInputBody) => call<{ results: BulkResult[] | null; undo: string | null }>('POST', '/conversations/bulk', body),
  count: (q: string, signal?: AbortSignal) => call<{ count: number; more: boolean }>('GET', `/conversations/count?q=${encodeURIComponent(q)}`, undefined, signal),
};

/** What is running; null: nothing. */
export const running = signal<{ done: number; all: number } | null>(null);
export const stopping = signal(false);

/** All that match the view, in its order, as they are now. */
async function all(): Promise<Conversation[]> {
  const { view } = place.value;
  const found: Conversation[] = [];
  let cursor: string | null = null;
  do {
    const page = await api.conversations({ q: queryOf(view), sort: orderOf(view), limit: PAGE, cursor });
    found.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor && found.length < MOST);
  return found.slice(0, MOST);
}

export interface Work { op: BulkInputBody['op']; args: BulkArgs }
export interface Done { results: BulkResult[]; tokens: string[] }

/** Splits what is to be done into requests, and does one after the other until told to stop. */
export async function inChunks(ids: readonly string[], work: readonly Work[], send: typeof requests.bulk, step: (done: number) => void, stop: () => boolean): Promise<Done> {
  const results: BulkResult[] = [], tokens: string[] = [];
  for (let from = 0; from < ids.length && !stop(); from += CHUNK) {
    const chunk = ids.slice(from, from + CHUNK);
    const errors = new Map<string, string>();
    for (const { op, args } of work) {
      const left = chunk.filter((id) => !errors.has(id));
      if (left.length === 0) break;
      try {
        const answer = await send({ ids: left, op, args });
        if (answer.undo) tokens.push(answer.undo);
        for (const one of answer.results ?? []) if (!one.ok) errors.set(one.id, one.error ?? '');
      } catch (error) {
        // What is wrong with the request itself is wrong with all of them.
        if (error instanceof Problem && error.status >= 400 && error.status < 500 && results.length === 0 && tokens.length === 0) throw error;
        for (const id of left) errors.set(id, error instanceof Problem && error.status === 0 ? say('bulk.unknown') : reason(error));
      }
    }
    results.push(...chunk.map((id) => ({ id, ok: !errors.has(id), error: errors.get(id) ?? null })));
    step(results.length);
  }
  return { results, tokens };
}

/** Does something with the selected conversations; `text` says what was done with how many. Throws what is wrong with the request. */
export async function run(work: readonly Work[], text: (n: number) => string): Promise<void> {
  if (running.value) return;
  stopping.value = false;
  running.value = { done: 0, all: everything.value ?? chosen.value.length };
  try {
    const list = everything.value === null ? chosen.value : await all();
    running.value = { done: 0, all: list.length };
    const { results, tokens } = await inChunks(list.map((row) => row.id), work, requests.bulk, (done) => { running.value = { done, all: list.length }; }, () => stopping.value);
    finish(list, results, tokens, text(results.filter((one) => one.ok).length));
  } finally {
    running.value = null;
  }
}

function finish(list: readonly Conversation[], results: readonly BulkResult[], tokens: readonly string[], what: string): void {
  const failed = results.filter((one) => !one.ok);
  batch(() => {
    if (results.some((one) => one.ok)) told(what, ...tokens);
    if (failed.length === 0 && results.length === list.length) {
      clear();
      dialog.value = null;
      return;
    }
    // Those that are left stay selected, for another try.
    const changed = new Set(results.filter((one) => one.ok).map((one) => one.id));
    choose(list.filter((row) => !changed.has(row.id)).map((row) => row.id));
    outcome.value = { failed, names: new Map(list.map((row) => [row.id, `#${row.number} ${row.subject || say('row.noSubject')}`])), missed: list.length - results.length };
    dialog.value = 'bulk';
  });
  void refreshCounts();
  void loadList(place.value.view, { quiet: true });
}

/** Selects all that match the view. */
export async function selectAll(): Promise<void> {
  try {
    const found = await requests.count(queryOf(place.value.view));
    if (found.more) return void tell(say('bulk.allMore', { n: found.count }), { bad: true });
    everything.value = found.count;
  } catch (error) {
    tell(reason(error), { bad: true });
  }
}


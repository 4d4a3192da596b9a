import { signal } from '@preact/signals';
import type { FunctionComponent, RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import { tell } from '../state/desk';
import { dialog } from '../state/dialog';
import { passing } from '../state/passing';
import { say, type Sentence } from '../text/say';
import type { Conversation, Delivery, Message, Unreachable } from '../wire';

type Parts = typeof import('./later');
type Post = typeof import('./outbox');
type MacroParts = typeof import('./macros');
type ArticleParts = typeof import('./articles');
type Causes = typeof import('./rootcauses');

/** What is loaded with one file. */
interface Chunk<M> { loaded: { readonly value: M | null }; load: () => Promise<void> }

function chunk<M>(load: () => Promise<M>): Chunk<M> {
  const loaded = signal<M | null>(null);
  return { loaded, load: async () => { loaded.value ??= await load(); } };
}

const parts = chunk(() => import('./later'));
const team = chunk(() => import('./team'));
const first = chunk(() => import('./first'));
const hooks = chunk(() => import('./webhooks'));
const post = chunk(() => import('./outbox'));
const macros = chunk(() => import('./macros'));
const articles = chunk(() => import('./articles'));
const forward = chunk(() => import('./forward'));
const when = chunk(() => import('./sendlater'));
const measured = chunk(() => import('./reports'));
const judged = chunk(() => import('./reviews'));
const rules = chunk(() => import('./policy'));
const books = chunk(() => import('./runbooks'));
const causes = chunk(() => import('./rootcauses'));
const many = chunk(() => import('./bulk'));
const edits = chunk(() => import('./edit'));
const views = chunk(() => import('./views'));
const programs = chunk(() => import('./mailprograms'));
const notices = chunk(() => import('./advisories'));

/** Loads what follows the first screen, and then what keys open, so that nothing that is typed after them gets lost. */
export async function loadLater(): Promise<void> {
  await parts.load();
  await Promise.all([edits.load(), many.load()]);
}

/** A chunk, which starts loading when it is shown first. */
function useChunk<M>({ loaded, load }: Chunk<M>): M | null {
  useEffect(() => {
    load().catch(() => {
      // The server is away, or has a new version that does not have this page's files.
      dialog.value = null;
      tell(say('net.later'), { bad: true });
    });
  }, []);
  return loaded.value;
}

/** What is shown of a part: the part, and until it is loaded, a page without anything. */
function show(Part: unknown, props: object, title?: Sentence, key?: string) {
  const Loaded = Part as FunctionComponent<object> | undefined;
  return Loaded ? <Loaded key={key} {...props} /> : title ? <main class="page" aria-busy="true" aria-label={say(title)} /> : null;
}

/** A part of the page that is loaded after the first screen. */
export function Later({ part, ...props }: { part: Exclude<keyof Parts, 'addFiles'>; conversation?: string; disabled?: boolean; message?: Message }) {
  return show(useChunk(parts)?.[part], props);
}

/** The pages that are loaded when they are opened. */
export const Agents = () => show(useChunk(team)?.Agents, {}, 'view.agents');
export const Advisories = () => show(useChunk(notices)?.Page, {}, 'view.advisories');
export const Webhooks = () => show(useChunk(hooks)?.Webhooks, {}, 'view.webhooks');
export const Reports = () => show(useChunk(measured)?.Reports, {}, 'view.reports');
export const Reviews = () => show(useChunk(judged)?.Reviews, {}, 'view.reviews');
export const Policy = () => show(useChunk(rules)?.Policy, {}, 'view.policy');

/** What there is about outgoing mail: the page, and what a conversation shows of failures. */
export function Outgoing({ part, ...props }: { part: keyof Post; conversation?: Conversation; delivery?: Delivery; list?: readonly Unreachable[] }) {
  return show(useChunk(post)?.[part], props, part === 'Outbox' ? 'view.outbox' : undefined);
}

/** What there is about macros: the page, and what the composer shows. */
export function Macros({ part, ...props }: { part: keyof MacroParts; conversation?: Conversation; field?: RefObject<HTMLTextAreaElement> }) {
  return show(useChunk(macros)?.[part], props, part === 'Page' ? 'view.macros' : undefined);
}

/** What there is about articles: the page, and what the composer inserts. */
export function Articles({ part, ...props }: { part: Exclude<keyof ArticleParts, 'draftOf'>; field?: RefObject<HTMLTextAreaElement>; close?: () => void }) {
  return show(useChunk(articles)?.[part], props, part === 'Page' ? 'view.articles' : undefined);
}

/** What there is for many conversations at once: the bar above the list, and the dialogs. */
export const Bulk = ({ part }: { part: keyof typeof import('./bulk') }) => show(useChunk(many)?.[part], {});

/** The dialogs that change what describes a conversation. */
export const Edit = ({ part, ...props }: { part: keyof typeof import('./edit'); conversation: Conversation }) => show(useChunk(edits)?.[part], props);

/** The saved views in the rail. */
export const SavedViews = () => show(useChunk(views)?.Views, {});
export const ViewDialog = ({ part }: { part: 'ViewDialog' | 'ViewsDialog' }) => show(useChunk(views)?.[part], {});

/** The runbooks of a conversation. */
export function Runbooks({ conversation }: { conversation: Conversation }) {
  return show(useChunk(books)?.Runbooks, { conversation }, undefined, conversation.id);
}

/** What there is about root causes: the page, and those that a conversation is linked to. */
export function RootCauses({ part, ...props }: { part: keyof Causes; conversation?: Conversation }) {
  return show(useChunk(causes)?.[part], props, part === 'Page' ? 'view.rootcauses' : undefined, props.conversation?.id);
}

/** The forms for agents and accounts, which are loaded when one is opened. */
export function TeamDialog({ part, ...props }: { part: 'AgentDialog' | 'ProfileDialog' } | { part: 'AccountDialog'; conversation: Conversation }) {
  return show(useChunk(team)?.[part], props);
}

/** The passwords of one's mail programs. */
export function MailProgramsDialog() {
  return show(useChunk(programs)?.MailProgramsDialog, {});
}

/** Asks when a reply is sent; loaded when it is opened. */
export function SendLater(props: { conversation: Conversation }) {
  return show(useChunk(when)?.SendLaterDialog, props);
}

/** The form for a message to somebody who has not written, which is loaded when it is opened. */
export const StartDialog = () => show(useChunk(first)?.StartDialog, {});

/** The form for mail to third parties, which is loaded when it is opened. */
export function Forwarding(props: { conversation: Conversation; messages: Message[] }) {
  const Part = useChunk(forward)?.Forwarding;
  return Part ? <Part key={JSON.stringify(passing.value)} {...props} /> : <footer class="composer editor" aria-busy="true" />;
}

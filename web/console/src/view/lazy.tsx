import { signal } from '@preact/signals';
import type { FunctionComponent, RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import { tell } from '../state/desk';
import { dialog } from '../state/dialog';
import { passing } from '../state/passing';
import { say, type Sentence } from '../text/say';
import type { Conversation, Delivery, Message, Unreachable } from '../wire';

type Parts = typeof import('./later');
type Team = typeof import('./team');
type First = typeof import('./first');
type Post = typeof import('./outbox');
type MacroParts = typeof import('./macros');
type ArticleParts = typeof import('./articles');
type Forward = typeof import('./forward');
type When = typeof import('./sendlater');
type Books = typeof import('./runbooks');
const parts = signal<Parts | null>(null);
const team = signal<Team | null>(null);
const first = signal<First | null>(null);
const post = signal<Post | null>(null);
const macros = signal<MacroParts | null>(null);
const articles = signal<ArticleParts | null>(null);
const forward = signal<Forward | null>(null);
const when = signal<When | null>(null);
const books = signal<Books | null>(null);

export async function loadLater(): Promise<void> {
  parts.value ??= await import('./later');
}

async function loadTeam(): Promise<void> {
  team.value ??= await import('./team');
}

async function loadFirst(): Promise<void> {
  first.value ??= await import('./first');
}

async function loadPost(): Promise<void> {
  post.value ??= await import('./outbox');
}

async function loadMacros(): Promise<void> {
  macros.value ??= await import('./macros');
}

async function loadArticles(): Promise<void> {
  articles.value ??= await import('./articles');
}

async function loadForward(): Promise<void> {
  forward.value ??= await import('./forward');
}

async function loadBooks(): Promise<void> {
  books.value ??= await import('./runbooks');
}

async function loadWhen(): Promise<void> {
  when.value ??= await import('./sendlater');
}

/** Starts loading a part when it is shown first. */
function useLoaded(load: () => Promise<void>): void {
  useEffect(() => {
    load().catch(() => {
      // The server is away, or has a new version that does not have this page's files.
      dialog.value = null;
      tell(say('net.later'), { bad: true });
    });
  }, []);
}

/** A page that is loaded when it is opened. */
function page<T>(load: () => Promise<T>, pick: (loaded: T) => FunctionComponent, title: Sentence): FunctionComponent {
  const loaded = signal<T | null>(null);
  return () => {
    useLoaded(async () => { loaded.value ??= await load(); });
    const Part = loaded.value && pick(loaded.value);
    return Part ? <Part /> : <main class="page" aria-busy="true" aria-label={say(title)} />;
  };
}

/** A part of the page that is loaded after the first screen. */
export function Later({ part, ...props }: { part: Exclude<keyof Parts, 'addFiles'>; conversation?: string; disabled?: boolean; message?: Message }) {
  useLoaded(loadLater);
  const Part = parts.value?.[part] as FunctionComponent<object> | undefined;
  return Part ? <Part {...props} /> : null;
}

/** The page of the agents, which is loaded when it is opened. */
export function Agents() {
  useLoaded(loadTeam);
  const Part = team.value?.Agents;
  return Part ? <Part /> : <main class="page" aria-busy="true" aria-label={say('view.agents')} />;
}

/** The page of the webhooks, which is loaded when it is opened. */
export const Webhooks = page(() => import('./webhooks'), (it) => it.Webhooks, 'view.webhooks');

/** The page of measures, which is loaded when it is opened. */
export const Reports = page(() => import('./reports'), (it) => it.Reports, 'view.reports');

/** The page of reviews of answers, which is loaded when it is opened. */
export const Reviews = page(() => import('./reviews'), (it) => it.Reviews, 'view.reviews');

/** The page of the routing policy, which is loaded when it is opened. */
export const Policy = page(() => import('./policy'), (it) => it.Policy, 'view.policy');

/** What there is about outgoing mail: the page, and what a conversation shows of failures. */
export function Outgoing({ part, ...props }: { part: keyof Post; conversation?: Conversation; delivery?: Delivery; list?: readonly Unreachable[] }) {
  useLoaded(loadPost);
  const Part = post.value?.[part] as FunctionComponent<object> | undefined;
  return Part ? <Part {...props} /> : part === 'Outbox' ? <main class="page" aria-busy="true" aria-label={say('view.outbox')} /> : null;
}

/** What there is about macros: the page, and what the composer shows. */
export function Macros({ part, ...props }: { part: keyof MacroParts; conversation?: Conversation; field?: RefObject<HTMLTextAreaElement> }) {
  useLoaded(loadMacros);
  const Part = macros.value?.[part] as FunctionComponent<object> | undefined;
  return Part ? <Part {...props} /> : part === 'Page' ? <main class="page" aria-busy="true" aria-label={say('view.macros')} /> : null;
}

/** What there is about articles: the page, and what the composer inserts. */
export function Articles({ part, ...props }: { part: Exclude<keyof ArticleParts, 'draftOf'>; field?: RefObject<HTMLTextAreaElement>; close?: () => void }) {
  useLoaded(loadArticles);
  const Part = articles.value?.[part] as FunctionComponent<object> | undefined;
  return Part ? <Part {...props} /> : part === 'Page' ? <main class="page" aria-busy="true" aria-label={say('view.articles')} /> : null;
}

/** The runbooks of a conversation. */
export function Runbooks({ conversation }: { conversation: Conversation }) {
  useLoaded(loadBooks);
  const Part = books.value?.Runbooks;
  return Part ? <Part key={conversation.id} conversation={conversation} /> : null;
}

/** The forms for agents and accounts, which are loaded when one is opened. */
export function TeamDialog({ part, ...props }: { part: 'AgentDialog' | 'ProfileDialog' } | { part: 'AccountDialog'; conversation: Conversation }) {
  useLoaded(loadTeam);
  const loaded = team.value;
  if (!loaded) return null;
  return part === 'AgentDialog' ? <loaded.AgentDialog /> : part === 'ProfileDialog' ? <loaded.ProfileDialog /> : <loaded.AccountDialog conversation={(props as { conversation: Conversation }).conversation} />;
}

/** Asks when a reply is sent; loaded when it is opened. */
export function SendLater({ conversation }: { conversation: Conversation }) {
  useLoaded(loadWhen);
  const Part = when.value?.SendLaterDialog;
  return Part ? <Part conversation={conversation} /> : null;
}

/** The form for a message to somebody who has not written, which is loaded when it is opened. */
export function StartDialog() {
  useLoaded(loadFirst);
  const Part = first.value?.StartDialog;
  return Part ? <Part /> : null;
}

/** The form for mail to third parties, which is loaded when it is opened. */
export function Forwarding(props: { conversation: Conversation; messages: Message[] }) {
  useLoaded(loadForward);
  const Part = forward.value?.Forwarding;
  return Part ? <Part key={JSON.stringify(passing.value)} {...props} /> : <footer class="composer editor" aria-busy="true" />;
}

// The knowledge base: the calls, and what the page and the composer make of the answers.
import { call, type Problem } from '../api';
import { signal } from '@preact/signals';
import type { Article, ArticleDiff, ArticleDraft, ArticleFields, ArticleGap, ArticlePreview, ArticleRow, ArticleVersion } from '../wire';
import { go, reason, tell } from './desk';
import { sentence } from './people';

const at = (id: string) => `/articles/${encodeURIComponent(id)}`;

export const articles = {
  list: (filter: { q?: string; status?: string; owner?: string; review?: string; cursor?: string; limit?: number }) => call<{ data: ArticleRow[]; next_cursor: string | null }>('GET', `/articles?${new URLSearchParams(Object.entries(filter).flatMap(([name, value]) => (value ? [[name, String(value)]] : [])))}`),
  one: (id: string) => call<Article>('GET', at(id)),
  create: (body: ArticleFields) => call<Article>('POST', '/articles', body),
  change: (id: string, body: ArticleFields & { based_on: string }) => call<Article>('PATCH', at(id), body),
  publish: (id: string, based_on: string) => call<Article>('POST', `${at(id)}/publish`, { based_on }),
  archive: (id: string) => call<Article>('POST', `${at(id)}/archive`),
  versions: async (id: string) => (await call<{ data: ArticleVersion[] }>('GET', `${at(id)}/versions`)).data,
  version: (id: string, version: number) => call<ArticleDiff>('GET', `${at(id)}/versions/${version}`),
  gaps: async () => (await call<{ data: ArticleGap[] }>('GET', '/articles/gaps')).data,
  fromMessage: (message_id: string) => call<ArticleDraft>('POST', '/articles/from-message', { message_id }),
  preview: async (text: string) => (await call<ArticlePreview>('POST', '/articles/preview', { text })).html,
};

/** The draft that was made of an answer, until the page of articles shows it. */
export const drafted = signal<ArticleDraft | null>(null);

/** Makes a draft of an answer, and opens it. */
export async function draftOf(message: string): Promise<void> {
  try {
    drafted.value = await articles.fromMessage(message);
    go({ kind: 'articles' });
  } catch (error) {
    tell(reason(error), { bad: true });
  }
}

/** The placeholders that the server puts in the place of what it removed. */
export const holds = (text: string): boolean => /\[(name|company|address|phone|number|link)\]/.test(text);

/** What is wrong with an article, by field; '' is for the rest. */
export function wrongsOfArticle(problem: Problem): Record<string, string> {
  const out: Record<string, string> = {};
  for (const { location = '', message = '' } of problem.errors) {
    const field = location.replace(/^body\./, '');
    out[field] = [out[field], sentence(message)].filter(Boolean).join(' ');
  }
  return problem.errors.length > 0 ? out : { '': sentence(problem.detail || problem.title) };
}

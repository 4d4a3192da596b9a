import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { articles, drafted } from '../state/articles';
import { agents, me, now, reason, tell } from '../state/desk';
import { count, say } from '../text/say';
import { moment } from '../text/time';
import type { Article, ArticleDraft, ArticleRow } from '../wire';
import { ArticleForm } from './articleform';
import { Gaps } from './articlegaps';
import { Icon } from './icon';

/** The articles of the knowledge base. */
export function Page() {
  const [list, setList] = useState<readonly ArticleRow[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [failure, setFailure] = useState('');
  const [query, setQuery] = useState('');
  const [status, setStatus] = useState('');
  const [owner, setOwner] = useState('');
  const [due, setDue] = useState(false);
  const [editing, setEditing] = useState<Article | ArticleDraft | { topic: string } | null>(drafted.value);
  const asked = useRef(0);
  const load = (cursor = '') => {
    const turn = ++asked.current; // a slow answer does not replace a later one
    return articles.list({ q: query.trim(), status, owner, review: due ? 'due' : '', cursor, limit: 50 }).then((page) => {
      if (turn !== asked.current) return;
      setList((before) => (cursor && before ? [...before, ...page.data] : page.data));
      setNext(page.next_cursor);
      setFailure('');
    }, (error: unknown) => { if (turn === asked.current) setFailure(reason(error)); });
  };
  useEffect(() => { if (drafted.value) { setEditing(drafted.value); drafted.value = null; } }, [drafted.value]);
  useEffect(() => {
    const timer = setTimeout(() => void load(), query ? 120 : 0);
    return () => clearTimeout(timer);
  }, [query, status, owner, due]);
  const filtered = query || status || owner || due;
  const edit = (id: string) => articles.one(id).then(setEditing, (error: unknown) => tell(reason(error), { bad: true }));
  if (editing) {
    return (
      <main class="page articles" aria-label={say('view.articles')}>
        <ArticleForm key={'topic' in editing ? '' : editing.id} article={'topic' in editing ? null : editing} topic={'topic' in editing ? editing.topic : ''} removed={'removed' in editing ? editing.removed : []} done={() => { setEditing(null); void load(); }} />
      </main>
    );
  }
  return (
    <main class="page articles" aria-label={say('view.articles')}>
      <header class="page-head">
        <h1>{say('view.articles')}</h1>
        <p class="muted">{say('articles.explain')}</p>
        <p class="article-tools">
          <button class="button button-primary" onClick={() => setEditing({ topic: '' })}><Icon name="plus" size={16} />{say('articles.add')}</button>
          <input class="field" type="search" value={query} placeholder={say('articles.search')} aria-label={say('articles.search')} onInput={(event) => setQuery(event.currentTarget.value)} />
          <select class="field" aria-label={say('articles.status')} value={status} onChange={(event) => setStatus(event.currentTarget.value)}>
            {(['', 'draft', 'published', 'archived'] as const).map((one) => <option key={one} value={one}>{say(one ? `articles.status.${one}` : 'articles.status.all')}</option>)}
          </select>
          <select class="field" aria-label={say('articles.owner')} value={owner} onChange={(event) => setOwner(event.currentTarget.value)}>
            {(['', 'me', 'none'] as const).map((one) => <option key={one} value={one}>{say(`articles.owner.${one || 'all'}`)}</option>)}
            {agents.value.filter(({ id }) => id !== me.value.id).map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
          </select>
          <label class="target"><input type="checkbox" checked={due} onChange={(event) => setDue(event.currentTarget.checked)} /><span>{say('articles.reviewDue')}</span></label>
        </p>
      </header>
      {failure && <div class="empty" role="alert"><p>{say('articles.unloaded', { reason: failure })}</p><button class="button" onClick={() => void load()}>{say('net.retry')}</button></div>}
      {!list && !failure && <div class="skeleton" aria-hidden="true">{[1, 2, 3].map((i) => <div class="bones" key={i}><i /><i class="short" /></div>)}</div>}
      {list?.length === 0 && !failure && <div class="empty"><Icon name="book" size={30} /><p>{say(filtered ? 'articles.noMatch' : 'articles.none')}</p>{!filtered && <p class="muted">{say('articles.none.hint')}</p>}</div>}
      {!filtered && <Gaps write={(topic) => setEditing({ topic })} edit={(id) => void edit(id)} />}
      {list && list.length > 0 && <ul class="raws" aria-label={say('view.articles')} title={say('articles.keys')} onKeyDown={walk}>{list.map((one) => <Line key={one.id} article={one} edit={() => void edit(one.id)} />)}</ul>}
      {next && <p class="article-tools"><button class="button" onClick={() => void load(next)}>{say('articles.more')}</button></p>}
    </main>
  );
}

/** Goes from one article to the next, as through the list of conversations. */
function walk(event: JSX.TargetedKeyboardEvent<HTMLUListElement>) {
  const step = event.key === 'j' || event.key === 'ArrowDown' ? 1 : event.key === 'k' || event.key === 'ArrowUp' ? -1 : 0;
  if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>('.raw-tools button')];
  const at = all.findIndex((one) => one.closest('li')!.contains(document.activeElement));
  all[at + step]?.focus();
  event.preventDefault();
  event.stopPropagation();
}

function Line({ article, edit }: { article: ArticleRow; edit: () => void }) {
  const newer = article.status === 'published' && article.live_version !== article.version;
  const due = article.review_on && article.review_on <= new Date(now.value).toISOString().slice(0, 10);
  const votes = article.helpful + article.unhelpful;
  return (
    <li class="raw article" aria-label={article.title}>
      <Icon name="book" />
      <div class="raw-body">
        <p class="channel-head"><b dir="auto" lang={article.language}>{article.title}</b>
          <span class={`chip article-${article.status}`}>{say(`articles.status.${article.status}`)}</span>
          <span class="chip">{say(article.public ? 'articles.public' : 'articles.internal')}</span>
          <span class="chip">{article.language}</span>
          {newer && <span class="chip">{say('articles.newer')}</span>}
          {due && <span class="chip article-due">{say('articles.due')}</span>}
        </p>
        {article.summary && <p class="muted" dir="auto" lang={article.language}>{article.summary}</p>}
        <p class="muted article-facts"><span>{moment(article.updated_at, now.value)}</span>{article.owner && <span>{article.owner.id === me.value.id ? say('articles.yours') : article.owner.name}</span>}
          {votes > 0 && <span>{count('articles.votes', votes, { helpful: article.helpful })}</span>}
          {article.url && <a href={article.url} target="_blank" rel="noopener">{say('articles.open')}<span class="sr">: {article.title}</span></a>}</p>
      </div>
      <div class="raw-tools"><button class="button" aria-label={say('articles.editOf', { title: article.title })} onClick={edit}>{say('macros.edit')}</button></div>
    </li>
  );
}

// Articles in the composer: a search, whose results are inserted as a link or as text.
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { articles } from '../state/articles';
import { reason, tell } from '../state/desk';
import { say } from '../text/say';
import type { ArticleRow } from '../wire';
import { Icon } from './icon';

/** Puts a text at the cursor as if it were typed, so that the browser can undo it. */
function put(area: HTMLTextAreaElement, text: string): void {
  area.focus();
  if (document.execCommand('insertText', false, text)) return;
  area.setRangeText(text, area.selectionStart, area.selectionEnd, 'end');
  area.dispatchEvent(new InputEvent('input', { bubbles: true }));
}

export function Insert({ field, close }: { field: RefObject<HTMLTextAreaElement>; close: () => void }) {
  const [query, setQuery] = useState('');
  const [list, setList] = useState<readonly ArticleRow[] | null>(null);
  const [failure, setFailure] = useState('');
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => search.current?.focus(), []);
  useEffect(() => {
    let gone = false;
    const timer = setTimeout(() => void articles.list({ q: query.trim(), status: 'published', limit: 5 }).then((page) => { if (!gone) { setList(page.data); setFailure(''); } }, (error: unknown) => setFailure(reason(error))), query ? 100 : 0);
    return () => { gone = true; clearTimeout(timer); };
  }, [query]);
  const leave = () => { close(); field.current?.focus(); };
  const link = (one: ArticleRow) => { close(); put(field.current!, `[${one.title}](${new URL(one.url, location.href).href})`); };
  const text = (one: ArticleRow) => articles.one(one.id).then((article) => { close(); put(field.current!, article.live_text ?? ''); }, (error: unknown) => tell(reason(error), { bad: true }));
  return (
    <section class="article-insert" aria-label={say('articles.insert')} onKeyDown={(event) => { if (event.key === 'Escape') { event.preventDefault(); event.stopPropagation(); leave(); } }}>
      <p class="article-tools">
        <input ref={search} class="field" type="search" value={query} placeholder={say('articles.search')} aria-label={say('articles.search')} onInput={(event) => setQuery(event.currentTarget.value)} />
        <button type="button" class="tool" title={say('articles.insert.close')} onClick={leave}><Icon name="close" size={15} /><span class="sr">{say('articles.insert.close')}</span></button>
      </p>
      {failure && <p class="failed" role="alert">{failure}</p>}
      {list?.length === 0 && <p class="muted" role="status">{say(query ? 'articles.noMatch' : 'articles.none')}</p>}
      <ul>{list?.map((one) => (
        <li key={one.id} aria-label={one.title}>
          <span class="article-found"><b dir="auto" lang={one.language}>{one.title}</b>{!one.public && <span class="chip">{say('articles.internal')}</span>}<span class="muted" dir="auto" lang={one.language}>{one.summary}</span></span>
          {one.url && <button type="button" class="button" aria-label={`${say('articles.insert.link')}: ${one.title}`} onClick={() => link(one)}>{say('articles.insert.link')}</button>}
          <button type="button" class="button" aria-label={`${say('articles.insert.text')}: ${one.title}`} onClick={() => void text(one)}>{say('articles.insert.text')}</button>
        </li>
      ))}</ul>
    </section>
  );
}

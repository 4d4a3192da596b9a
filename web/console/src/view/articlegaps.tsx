import { useEffect, useState } from 'preact/hooks';
import { articles } from '../state/articles';
import { reason } from '../state/desk';
import { count, say } from '../text/say';
import type { ArticleGap } from '../wire';
import { Icon } from './icon';

/** So many topics are shown first. */
const FIRST = 3;

const percent = (share: number, sign = false) => share.toLocaleString(undefined, { style: 'percent', maximumFractionDigits: 0, ...(sign && { signDisplay: 'exceptZero' as const }) });

/** Topics of conversations about which there is no public article. */
export function Gaps({ write, edit }: { write: (topic: string) => void; edit: (id: string) => void }) {
  const [list, setList] = useState<readonly ArticleGap[] | null>(null);
  const [failure, setFailure] = useState('');
  const [whole, setWhole] = useState(false);
  const load = () => articles.gaps().then((gaps) => { setList(gaps); setFailure(''); }, (error: unknown) => setFailure(reason(error)));
  useEffect(() => void load(), []);
  return (
    <section class="article-gaps" aria-labelledby="article-gaps">
      <h2 id="article-gaps">{say('articles.gaps')}</h2>
      {failure ? <p role="alert">{say('articles.gaps.unloaded', { reason: failure })} <button class="button" onClick={() => void load()}>{say('net.retry')}</button></p>
        : <p class="muted" aria-busy={!list}>{say(list?.length === 0 ? 'articles.gaps.none' : 'articles.gaps.explain')}</p>}
      {list && list.length > 0 && <ul class="raws" aria-label={say('articles.gaps')}>{list.slice(0, whole ? undefined : FIRST).map((one) => <Gap key={`${one.kind} ${one.topic}`} gap={one} write={write} edit={edit} />)}</ul>}
      {list && list.length > FIRST && !whole && <button class="button button-quiet" onClick={() => setWhole(true)}>{say('articles.gaps.all', { n: list.length })}</button>}
    </section>
  );
}

function Gap({ gap, write, edit }: { gap: ArticleGap; write: (topic: string) => void; edit: (id: string) => void }) {
  const { topic, nearest } = gap;
  return (
    <li class="raw article" aria-label={topic}>
      <Icon name="search" />
      <div class="raw-body">
        <p class="channel-head"><b dir="auto">{topic}</b><span class="chip">{say(gap.kind === 'tag' ? 'articles.gaps.tag' : 'articles.gaps.word')}</span></p>
        <p class="muted article-facts"><span>{count('articles.gaps.count', gap.count)}</span>
          <span>{gap.growth === null ? say('articles.gaps.new') : say('articles.gaps.growth', { percent: percent(gap.growth, true) })}</span>
          {gap.tier_one_share !== null && <span>{say('articles.gaps.tier', { percent: percent(gap.tier_one_share), n: gap.resolved })}</span>}
          {nearest && <span>{say('articles.gaps.nearest')} <button class="quiet" lang={nearest.language} onClick={() => edit(nearest.id)}>{nearest.title}</button> ({say(nearest.status === 'draft' ? 'articles.status.draft' : nearest.public ? 'articles.public' : 'articles.internal')})</span>}
        </p>
        <details><summary>{say('articles.gaps.shown', { topic })}</summary>
          <ul>{gap.conversations.map((one) => <li key={one.id}><a dir="auto" href={`#/c/${one.id}`}>#{one.number} {one.subject}</a></li>)}</ul>
        </details>
      </div>
      <div class="raw-tools"><button class="button" aria-label={say('articles.gaps.writeAbout', { topic })} onClick={() => write(topic)}>{say('articles.gaps.write')}</button></div>
    </li>
  );
}

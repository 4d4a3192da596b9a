import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../api';
import { articles, holds, wrongsOfArticle } from '../state/articles';
import { now, reason, tell } from '../state/desk';
import { say } from '../text/say';
import { moment } from '../text/time';
import type { Article, ArticleDiff, ArticleVersion, Removed } from '../wire';
import { Text } from './fields';
import { Icon } from './icon';

interface Values { title: string; text: string; language: string; tags: string; slug: string; review_on: string; public: boolean; routes: string; shownTags: string; inboxes: string }

const valuesOf = (a: Article | null): Values => ({ title: a?.title ?? '', text: a?.text ?? '', language: a?.language ?? 'en', tags: a?.tags.join(', ') ?? '', slug: a?.slug ?? '', review_on: a?.review_on ?? '', public: a?.public ?? true, routes: a?.attach.routes.join(', ') ?? '', shownTags: a?.attach.tags.join(', ') ?? '', inboxes: a?.attach.inboxes.join(', ') ?? '' });

/** The fields that say where a runbook is shown. */
const PLACES = ['routes', 'shownTags', 'inboxes'] as const;

/** Writes an article, or changes and publishes one. A topic is where a new one begins; what was removed from the answer that it is made of is shown. */
export function ArticleForm({ article, topic = '', removed = [], done }: { article: Article | null; topic?: string; removed?: readonly Removed[]; done: () => void }) {
  const [base, setBase] = useState(article);
  const [values, setValues] = useState(() => ({ ...valuesOf(article), ...(topic && { title: topic.charAt(0).toUpperCase() + topic.slice(1), tags: topic }) }));
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [theirs, setTheirs] = useState<Article | null>(null);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const was = valuesOf(base);
  const changed = (Object.keys(values) as (keyof Values)[]).filter((name) => values[name] !== was[name]);
  const set = (change: Partial<Values>) => { setValues((before) => ({ ...before, ...change })); setWrong({}); };
  useEffect(() => form.current?.querySelector('input')?.focus(), []);

  const failed = async (error: unknown) => {
    setBusy(false);
    if (!(error instanceof Problem) || error.status === 0) return setWrong({ '': reason(error) });
    const stored = base && error.status === 409 ? await articles.one(base.id).catch(() => null) : null;
    if (stored && stored.updated_at !== base!.updated_at) return setTheirs(stored);
    setWrong(wrongsOfArticle(error));
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  const store = async (on: Article | null): Promise<Article> => {
    const body = { title: values.title, text: values.text, language: values.language, slug: values.slug, review_on: values.review_on, public: values.public, tags: values.tags.split(','), attach: { routes: values.routes.split(','), tags: values.shownTags.split(','), inboxes: values.inboxes.split(',') } };
    if (!on) return articles.create(body);
    const fields = Object.fromEntries(changed.map((name) => (name === 'routes' || name === 'shownTags' || name === 'inboxes' ? ['attach', body.attach] : [name, body[name]])));
    return changed.length > 0 ? articles.change(on.id, { ...fields, based_on: on.updated_at }) : on;
  };
  const save = async (publish: boolean, on = base) => {
    if (busy) return;
    if (!values.title.trim()) return setWrong({ title: say('articles.title.missing') });
    if (publish && holds(values.title + values.text) && !confirm(say('articles.holds.sure'))) return;
    setBusy(true);
    try {
      let saved = await store(on);
      setBase(saved);
      setValues(valuesOf(saved));
      if (publish) saved = await articles.publish(saved.id, saved.updated_at);
      tell(say(publish ? 'articles.published' : 'articles.saved', { title: saved.title }));
      done();
    } catch (error) {
      await failed(error);
    }
  };
  const archive = async () => {
    if (!base || !confirm(say('articles.archive.sure', { title: base.title }))) return;
    try {
      await articles.archive(base.id);
      tell(say('articles.archived', { title: base.title }));
      done();
    } catch (error) {
      await failed(error);
    }
  };
  const title = base ? say('articles.editOf', { title: base.title }) : say('articles.add');
  return (
    <form ref={form} class="article-form" noValidate aria-label={title} onSubmit={(event) => { event.preventDefault(); void save(false); }}>
      <h1>{title}</h1>
      {theirs && <div class="asked" role="alert"><Icon name="warn" size={16} /><span>{say('articles.conflict')}</span>
        <div class="asked-tools">
          <button type="button" class="button" onClick={() => { setBase(theirs); setValues(valuesOf(theirs)); setTheirs(null); }}>{say('macros.conflict.theirs')}</button>
          <button type="button" class="button" onClick={() => { setBase(theirs); setTheirs(null); }}>{say('composer.elsewhere.keep')}</button>
        </div>
      </div>}
      {removed.length > 0 && <details class="article-removed" open><summary>{say('articles.removed')}</summary><p class="hint">{say('articles.removed.hint')}</p>
        <ul>{removed.map((one, i) => <li key={i}><b>{say(`articles.removed.${one.kind}`)}</b> <del dir="auto">{one.text}</del>{one.with && <> → <code>{one.with}</code></>}</li>)}</ul>
      </details>}
      <Text name="title" label={say('articles.title')} wrong={wrong.title} value={values.title} change={(text) => set({ title: text })} />
      <div class="article-write">
        <Text name="text" label={say('macros.text')} hint={say('articles.text.hint')} wrong={wrong.text} value={values.text} rows={16} change={(text) => set({ text })} />
        <Preview text={values.text} language={values.language} />
      </div>
      <fieldset class="labelled"><legend>{say('articles.readers')}</legend><div class="target-inboxes">
        {[true, false].map((one) => <label class="target" key={String(one)}><input type="radio" name="public" checked={values.public === one} onChange={() => set(one ? { public: one, routes: '', shownTags: '', inboxes: '' } : { public: one })} /><span>{say(one ? 'articles.public.all' : 'articles.internal.all')}</span></label>)}
      </div></fieldset>
      {!values.public && <fieldset class="labelled" aria-invalid={wrong.attach ? 'true' : undefined}><legend>{say('articles.runbook')}</legend><p class="hint">{say('articles.runbook.hint')}</p><div class="article-fields">
        {PLACES.map((name) => <Text key={name} name={name} label={say(`articles.runbook.${name}`)} value={values[name]} change={(text) => set({ [name]: text })} />)}
      </div><p class="wrong">{wrong.attach}</p></fieldset>}
      <div class="article-fields">
        <Text name="tags" label={say('articles.tags')} hint={say('articles.tags.hint')} wrong={wrong.tags} value={values.tags} change={(tags) => set({ tags })} />
        <Text name="language" label={say('articles.language')} wrong={wrong.language} value={values.language} change={(language) => set({ language: language.trim() })} />
        <Text name="slug" label={say('articles.slug')} hint={say('articles.slug.hint')} wrong={wrong.slug} value={values.slug} change={(slug) => set({ slug })} />
        <Text name="review_on" label={say('articles.review')} hint={say('articles.review.hint')} wrong={wrong.review_on} value={values.review_on} change={(day) => set({ review_on: day })} />
      </div>
      {holds(values.title + values.text) && <p class="article-holds"><Icon name="warn" size={14} /> {say('articles.holds')}</p>}
      {base && <Versions article={base} />}
      <p class="wrong" role="alert">{wrong['']}</p>
      <p class="article-tools">
        <button type="button" class="button button-primary" disabled={busy} onClick={() => void save(true)}>{say('articles.publish')}</button>
        <button class="button" disabled={busy}>{say('articles.save')}</button>
        <button type="button" class="button button-quiet" onClick={() => { if (changed.length === 0 || confirm(say('articles.leave.sure'))) done(); }}>{say('dialog.cancel')}</button>
        {base && base.status !== 'archived' && <button type="button" class="button button-quiet" disabled={busy} onClick={() => void archive()}>{say('articles.archive')}</button>}
      </p>
    </form>
  );
}

/** The text as readers will see it. The server makes HTML of it in which nothing runs. */
function Preview({ text, language }: { text: string; language: string }) {
  const [html, setHtml] = useState('');
  useEffect(() => {
    let gone = false;
    const timer = setTimeout(() => void articles.preview(text).then((made) => { if (!gone) setHtml(made); }, () => undefined), 250);
    return () => { gone = true; clearTimeout(timer); };
  }, [text]);
  return <section class="article-preview" aria-label={say('macros.preview')}><h2>{say('macros.preview')}</h2>{text.trim() ? <div dir="auto" lang={language} dangerouslySetInnerHTML={{ __html: html }} /> : <p class="muted">{say('articles.preview.none')}</p>}</section>;
}

function Versions({ article }: { article: Article }) {
  const [list, setList] = useState<readonly ArticleVersion[] | null>(null);
  const [shown, setShown] = useState<ArticleDiff | null>(null);
  const show = (version: number) => void articles.version(article.id, version).then(setShown, (error: unknown) => tell(reason(error), { bad: true }));
  return (
    <details class="article-versions" onToggle={(event) => { if (event.currentTarget.open) void articles.versions(article.id).then(setList, (error: unknown) => tell(reason(error), { bad: true })); }}>
      <summary>{say('articles.versions', { n: article.version })}</summary>
      <ul>{list?.map((one) => (
        <li key={one.version}><button type="button" class="quiet" aria-expanded={shown?.version === one.version} onClick={() => show(one.version)}>{say('articles.version', { n: one.version })}</button>{' '}
          <span class="muted">{one.author?.name} · {moment(one.created_at, now.value)}{one.version === article.live_version && article.status === 'published' && ` · ${say('articles.status.published')}`}</span></li>
      ))}</ul>
      {shown && <pre class="article-diff" tabIndex={0} aria-label={say('articles.version', { n: shown.version })}>{shown.diff ? shown.diff.split('\n').map((line, i) => (line.startsWith('+') ? <ins key={i}>{line}{'\n'}</ins> : line.startsWith('-') ? <del key={i}>{line}{'\n'}</del> : `${line}\n`)) : shown.text}</pre>}
    </details>
  );
}

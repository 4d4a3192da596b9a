// Reviews of answers: the queue, and a conversation beside its scorecard. Loaded when the page is opened.
import '../text/reviews';
import '../style/reviews.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { call } from '../api';
import { now, openConversation, reason, tell } from '../state/desk';
import { say } from '../text/say';
import { exact, moment } from '../text/time';
import type { Message, Review, ReviewScore } from '../wire';
import { Icon } from './icon';

interface Listed { data: Review[]; next_cursor: string | null }
type State = Review['state'];

/** Reviews that the agent may see. */
export function Reviews() {
  const [state, setState] = useState<State>('open');
  const [list, setList] = useState<readonly Review[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [failure, setFailure] = useState('');
  const [open, setOpen] = useState<Review | null>(null);
  const load = (cursor = '') => call<Listed>('GET', `/reviews?${new URLSearchParams({ state, ...(cursor && { cursor }) })}`).then((page) => {
    setList((before) => (cursor ? [...before ?? [], ...page.data] : page.data));
    setNext(page.next_cursor);
    setFailure('');
    return page.data;
  }, (error: unknown) => { setFailure(reason(error)); return null; });
  useEffect(() => { setList(null); void load().then((found) => { if (state === 'open' && found?.length === 0) setState('done'); }); }, [state]);
  if (open) {
    // The next one of those that are left; the list is the state when this one was opened.
    const saved = (done: boolean) => {
      const rest = (list ?? []).filter((one) => one.id !== open.id);
      if (done && open.state === 'open') setList(rest);
      setOpen(done && open.state === 'open' ? rest[0] ?? null : null);
      if (!done || open.state !== 'open' || rest.length === 0) void load();
    };
    return <One key={open.id} review={open} saved={saved} again={setOpen} back={() => { setOpen(null); void load(); }} />;
  }
  return (
    <main class="page reviews" aria-label={say('view.reviews')}>
      <header class="page-head">
        <h1>{say('view.reviews')}</h1>
        <p class="muted">{say('reviews.explain')}</p>
        <div class="review-tools" role="group" aria-label={say('reviews.state')}>
          {(['open', 'done'] as const).map((one) => <button key={one} class={one === state ? 'button button-primary' : 'button'} aria-pressed={one === state} onClick={() => setState(one)}>{say(`reviews.${one}`)}</button>)}
        </div>
      </header>
      {failure && <div class="empty" role="alert"><p>{say('reviews.failed', { reason: failure })}</p><button class="button" onClick={() => void load()}>{say('net.retry')}</button></div>}
      {!list && !failure && <div class="skeleton" aria-hidden="true">{[1, 2, 3].map((i) => <div class="bones" key={i}><i /><i class="short" /></div>)}</div>}
      {list?.length === 0 && !failure && <div class="empty"><Icon name="done" size={30} /><p>{say(state === 'open' ? 'reviews.none' : 'reviews.none.done')}</p><p class="muted">{say(state === 'open' ? 'reviews.none.hint' : 'reviews.none.done.hint')}</p></div>}
      {list && list.length > 0 && <ul class="raws" aria-label={say('view.reviews')}>{list.map((one) => <Line key={one.id} review={one} open={() => setOpen(one)} />)}</ul>}
      {next && <button class="button" onClick={() => void load(next)}>{say('reviews.more')}</button>}
    </main>
  );
}

/** What the scores have on average; null: there are none. */
function mean(scores: readonly ReviewScore[]): number | null {
  const known = scores.flatMap((one) => one.score ?? []);
  return known.length > 0 ? known.reduce((a, b) => a + b, 0) / known.length : null;
}

const titleOf = ({ conversation }: Review) => conversation.subject || say('row.noSubject');

function Line({ review, open }: { review: Review; open: () => void }) {
  const value = mean(review.scores);
  const label = say(review.state === 'open' ? 'reviews.open.one' : 'reviews.read.one', { subject: titleOf(review) });
  return (
    <li class="raw" aria-label={titleOf(review)}>
      <Icon name={review.state === 'open' ? 'circle' : 'done'} />
      <div class="raw-body">
        <p class="channel-head"><b dir="auto">{titleOf(review)}</b> <span class="number">#{review.conversation.number}</span>
          {review.state === 'done' && value !== null && <span class="review-mean">{say('reviews.score', { score: Math.round(value * 10) / 10 })}</span>}</p>
        <p class="muted review-line"><span>{say('reviews.line', { agent: review.agent.name, inbox: review.inbox.name })}</span>
          <span>{review.done_at ? moment(review.done_at, now.value) : say('reviews.week', { week: review.week })}</span>
          {review.reviewer.id && <span>{say(review.state === 'open' ? 'reviews.begun' : 'reviews.by', { name: review.reviewer.name })}</span>}</p>
        {review.state === 'done' && review.note && <p dir="auto">{review.note}</p>}
      </div>
      <div class="raw-tools"><button class="button" aria-label={label} onClick={open}>{say(review.state === 'open' ? 'reviews.begin' : 'reviews.read')}</button></div>
    </li>
  );
}

/** A conversation beside its scorecard. */
function One({ review, saved, again, back }: { review: Review; saved: (done: boolean) => void; again: (review: Review) => void; back: () => void }) {
  const [messages, setMessages] = useState<readonly Message[] | null>(null);
  const [failure, setFailure] = useState('');
  const id = review.conversation.id;
  const read = () => call<{ data: Message[] }>('GET', `/conversations/${id}/messages?limit=200`).then(({ data }) => { setMessages(data); setFailure(''); }, (error: unknown) => setFailure(reason(error)));
  useEffect(() => { void read(); }, [id]);
  return (
    <main class="page reviews" aria-label={say('view.reviews')}>
      <header class="page-head">
        <button class="button" onClick={back}><Icon name="back" size={16} />{say('reviews.back')}</button>
        <h1 dir="auto">{titleOf(review)}</h1>
        <p class="muted">{say('reviews.line', { agent: review.agent.name, inbox: review.inbox.name })}</p>
      </header>
      <div class="review-both">
        <section aria-labelledby="review-thread">
          <h2 id="review-thread">{say('reviews.thread')}<button class="quiet" onClick={() => openConversation(id)}>{say('reviews.thread.open')}</button></h2>
          {failure && <p class="wrong" role="alert">{say('reviews.thread.failed', { reason: failure })} <button class="quiet" onClick={() => void read()}>{say('net.retry')}</button></p>}
          {!messages && !failure && <div class="skeleton" aria-hidden="true">{[1, 2].map((i) => <div class="bones" key={i}><i /><i class="short" /></div>)}</div>}
          <ol class="review-thread">{messages?.map((one) => (
            <li key={one.id} class={one.author?.id === review.agent.id && one.direction === 'outbound' ? 'review-theirs' : ''}>
              <p><b dir="auto">{one.author?.name ?? (one.from[0]?.name || one.from[0]?.email || '')}</b> <time class="muted" dateTime={one.received_at || one.sent_at} title={exact(one.received_at || one.sent_at)}>{moment(one.received_at || one.sent_at, now.value)}</time></p>
              <p class="review-text" dir="auto">{one.reply_text || one.text}</p>
            </li>
          ))}</ol>
        </section>
        <Card review={review} saved={saved} again={again} />
      </div>
    </main>
  );
}

function Card({ review, saved, again }: { review: Review; saved: (done: boolean) => void; again: (review: Review) => void }) {
  const [scores, setScores] = useState(review.scores);
  const [note, setNote] = useState(review.note);
  const [active, setActive] = useState(0);
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const card = useRef<HTMLFormElement>(null);
  useEffect(() => { if (review.editable) card.current?.focus({ preventScroll: true }); }, [review.id]);
  const complete = scores.every((one) => one.score !== null || one.none);
  const set = (at: number, score: number | null, none = false) => {
    setScores(scores.map((one, i) => (i === at ? { criterion: one.criterion, score, ...(none && { none }) } : one)));
    setWrong('');
  };
  const save = async (done: boolean) => {
    if (busy) return;
    if (done && !complete) {
      const open = scores.findIndex((one) => one.score === null && !one.none);
      setActive(open);
      return setWrong(say('reviews.incomplete'));
    }
    setBusy(true);
    try {
      await call('PATCH', `/reviews/${review.id}`, { scores, note, ...(done && { state: 'done' }), based_on: review.updated_at });
      tell(done && review.state === 'open' ? say('reviews.finished', { agent: review.agent.name }) : say('reviews.kept'));
      saved(done);
    } catch (error) {
      setWrong(reason(error));
      const stored = await call<Review>('GET', `/reviews/${review.id}`).catch(() => null);
      if (stored && stored.updated_at !== review.updated_at) {
        tell(say('reviews.changed'), { bad: true });
        again(stored);
      }
    } finally {
      setBusy(false);
    }
  };
  // Only while the card has the focus, and not in its text (WCAG 2.1 §2.1.4).
  const onKey = (event: KeyboardEvent) => {
    if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') {
      event.preventDefault();
      return void save(true);
    }
    if (!review.editable || event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLTextAreaElement) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (/^[0-5]$/.test(event.key)) {
      const score = Number(event.key);
      set(active, score || null, score === 0);
      setActive(Math.min(active + 1, scores.length - 1));
    } else if (step) setActive(Math.min(Math.max(active + step, 0), scores.length - 1));
    else return;
    event.preventDefault();
    event.stopPropagation();
    card.current?.focus({ preventScroll: true });
  };
  const off = !review.editable;
  return (
    <form class="review-card" ref={card} tabIndex={-1} aria-labelledby="review-card" onKeyDown={onKey} onSubmit={(event) => { event.preventDefault(); void save(true); }}>
      <h2 id="review-card">{say('reviews.card')}</h2>
      {!off && <p class="muted">{say('reviews.card.hint')}</p>}
      {scores.map((one, i) => (
        <fieldset key={one.criterion} class={!off && i === active ? 'review-active' : ''} disabled={off} onFocusIn={() => setActive(i)}>
          <legend>{one.criterion}</legend>
          <div class="review-choices">
            {[1, 2, 3, 4, 5].map((n) => <label key={n}><input type="radio" name={`score-${i}`} value={n} checked={one.score === n} onChange={() => set(i, n)} />{n}</label>)}
            <label title={say('reviews.na')}><input type="radio" name={`score-${i}`} aria-label={say('reviews.na')} checked={one.none === true} onChange={() => set(i, null, true)} />{say('reviews.na.short')}</label>
          </div>
        </fieldset>
      ))}
      {off ? <p class="review-text" dir="auto">{review.note || say('reviews.note.none')}</p> : (
        <label>{say('reviews.note', { agent: review.agent.name })}
          <textarea class="field" value={note} maxLength={4000} dir="auto" aria-describedby="review-note-hint" onInput={(event) => setNote(event.currentTarget.value)} />
          <span class="muted" id="review-note-hint">{say('reviews.note.hint', { agent: review.agent.name })}</span>
        </label>
      )}
      {wrong && <p class="wrong" role="alert">{wrong}</p>}
      {!off && (
        <footer>
          <button class="button button-primary" disabled={busy} aria-keyshortcuts="Control+Enter">{say(review.state === 'open' ? 'reviews.finish' : 'reviews.save')}</button>
          {review.state === 'open' && <button class="button" type="button" disabled={busy} onClick={() => void save(false)}>{say('reviews.later')}</button>}
        </footer>
      )}
    </form>
  );
}

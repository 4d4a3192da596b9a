// The runbooks of a conversation, in the side panel. Loaded when a conversation is open.
import '../text/runbooks';
import '../style/runbooks.css';
import { useEffect, useState } from 'preact/hooks';
import { call } from '../api';
import { now, reason, tell } from '../state/desk';
import { say } from '../text/say';
import { moment } from '../text/time';
import type { Conversation, Runbook, RunbookPart } from '../wire';

const at = (id: string) => `/conversations/${encodeURIComponent(id)}/runbooks`;

export function Runbooks({ conversation }: { conversation: Conversation }) {
  const { id, inbox, tags, last_seq } = conversation;
  const [list, setList] = useState<readonly Runbook[]>([]);
  const [failure, setFailure] = useState('');
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let gone = false;
    call<{ data: Runbook[] }>('GET', at(id)).then(({ data }) => { if (!gone) { setList(data); setFailure(''); } }, (error: unknown) => { if (!gone) setFailure(reason(error)); });
    return () => { gone = true; };
  }, [id, inbox.key, tags.join('\n'), last_seq, turn]);
  const tick = async (book: Runbook, part: RunbookPart, done: boolean) => {
    try {
      const changed = await call<Runbook>('PUT', `${at(id)}/${book.id}/steps/${part.step}`, { done });
      setList((before) => before.map((one) => (one.id === changed.id ? changed : one)));
    } catch (error) {
      tell(say('done.failed', { reason: reason(error) }), { bad: true });
      setTurn(turn + 1); // the runbook may have been changed
    }
  };
  if (failure) return <section><h4>{say('runbooks.label')}</h4><p role="alert">{say('runbooks.failed', { reason: failure })}</p><button class="quiet" onClick={() => setTurn(turn + 1)}>{say('runbooks.retry')}</button></section>;
  if (list.length === 0) return null;
  return (
    <section>
      <h4>{say('runbooks.label')}</h4>
      {list.map((book) => (
        <details class="runbook" key={book.id} open={list.length === 1}>
          <summary><b dir="auto">{book.title}</b>{book.steps > 0 && <span class="muted">{say('runbooks.progress', { done: book.done, steps: book.steps })}</span>}</summary>
          <div class="runbook-body" lang={book.language}>{book.parts.map((part, i) => (part.step ? <Step key={part.step} part={part} tick={(done) => void tick(book, part, done)} /> : <div key={i} dir="auto" dangerouslySetInnerHTML={{ __html: part.html }} />))}</div>
        </details>
      ))}
    </section>
  );
}

function Step({ part, tick }: { part: RunbookPart; tick: (done: boolean) => void }) {
  return (
    <div class={`runbook-step${part.done ? ' runbook-done' : ''}`}>
      <input type="checkbox" aria-label={part.text} checked={part.done !== null} onChange={(event) => tick(event.currentTarget.checked)} />
      <div class="runbook-text" dir="auto" dangerouslySetInnerHTML={{ __html: part.html }} />
      {part.done && <p class="muted">{say('runbooks.by', { name: part.done.by.name, time: moment(part.done.at, now.value) })}</p>}
    </div>
  );
}

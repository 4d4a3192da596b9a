import { useEffect, useState } from 'preact/hooks';
import { api } from '../api';
import { merge } from '../state/actions';
import { now, reason } from '../state/desk';
import { say } from '../text/say';
import { moment } from '../text/time';
import type { Conversation } from '../wire';
import { Icon } from './icon';
import { close, Modal } from './modal';

const PAUSE_MS = 150;

/** Merges a conversation with another one of the same account: first which, then which of the two goes on. */
export function MergeDialog({ conversation }: { conversation: Conversation }) {
  const [other, setOther] = useState<Conversation | null>(null);
  return (
    <Modal title={say('merge.title', { number: conversation.number })}>
      {other ? <Confirm conversation={conversation} other={other} back={() => setOther(null)} /> : <Find conversation={conversation} pick={setOther} />}
    </Modal>
  );
}

/** Finds the other one by number or words. */
function Find({ conversation, pick }: { conversation: Conversation; pick: (other: Conversation) => void }) {
  const [text, setText] = useState('');
  const [found, setFound] = useState<Conversation[] | null>(null);
  const [wrong, setWrong] = useState('');

  useEffect(() => {
    const stop = new AbortController();
    const wait = setTimeout(() => {
      const words = text.trim();
      const q = /^#?\d+$/.test(words) ? `#${words.replace('#', '')}` : words;
      api.conversations({ q, account: conversation.account.id, limit: 9 }, stop.signal)
        .then((page) => { setFound(page.data.filter((one) => one.id !== conversation.id)); setWrong(''); })
        .catch((error: unknown) => { if (!stop.signal.aborted) { setFound([]); setWrong(reason(error)); } });
    }, text ? PAUSE_MS : 0);
    return () => { clearTimeout(wait); stop.abort(); };
  }, [text, conversation.id]);

  return (
    <>
      <form onSubmit={(event) => { event.preventDefault(); if (found?.length === 1) pick(found[0]!); }}>
        <label class="labelled"><span>{say('merge.find')}</span>
          <input autofocus class="field" value={text} onInput={(event) => setText(event.currentTarget.value)} placeholder="#1042" aria-describedby="merge-effect merge-wrong" />
        </label>
      </form>
      <p id="merge-effect" class="muted">{say('merge.effect')}</p>
      <p id="merge-wrong" class="wrong" role="alert">{wrong}</p>
      <ul class="choices">
        {found?.map((one) => (
          <li key={one.id}>
            <button class="choice" title={one.preview} onClick={() => pick(one)}>
              <Icon name="merge" size={16} /><span>#{one.number}</span><span dir="auto">{one.subject || say('row.noSubject')}</span>
            </button>
          </li>
        ))}
        {found?.length === 0 && !wrong && <li class="muted">{say('merge.none', { account: conversation.account.name })}</li>}
      </ul>
    </>
  );
}

/** Asks which of the two goes on; usually the older one. */
function Confirm({ conversation, other, back }: { conversation: Conversation; other: Conversation; back: () => void }) {
  const pair = [conversation, other].sort((a, b) => a.number - b.number) as [Conversation, Conversation];
  const [into, setInto] = useState(pair[0]);
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const from = into === pair[0] ? pair[1] : pair[0];
  const go = async () => {
    if (busy) return;
    setBusy(true);
    try {
      await merge(from, into.id);
      close();
    } catch (error) {
      setWrong(reason(error));
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); void go(); }}>
      <fieldset class="labelled merge-pair"><legend>{say('merge.which')}</legend>
        {pair.map((one) => (
          <label class="target" key={one.id}>
            <input type="radio" name="into" autofocus={one === into} checked={one === into} onChange={() => setInto(one)} />
            <span>#{one.number} <b dir="auto">{one.subject || say('row.noSubject')}</b> <span class="muted">{say('merge.since', { time: moment(one.created_at, now.value) })}</span></span>
          </label>
        ))}
      </fieldset>
      <p role="status">{say('merge.moves', { from: from.number, into: into.number })}</p>
      <p class="wrong" role="alert">{wrong}</p>
      <footer class="modal-foot">
        <button class="button button-primary" disabled={busy}>{say('merge.go', { from: from.number, into: into.number })}</button>
        <button type="button" class="button button-quiet" onClick={back}>{say('merge.back')}</button>
      </footer>
    </form>
  );
}

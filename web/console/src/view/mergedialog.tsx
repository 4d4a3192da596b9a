import { useEffect, useState } from 'preact/hooks';
import { api } from '../api';
import { merge } from '../state/actions';
import { reason } from '../state/desk';
import { say } from '../text/say';
import type { Conversation } from '../wire';
import { Icon } from './icon';
import { close, Modal } from './modal';

const PAUSE_MS = 150;

/** Asks for the conversation to merge into: one of the same account, by number or words. */
export function MergeDialog({ conversation }: { conversation: Conversation }) {
  const [text, setText] = useState('');
  const [found, setFound] = useState<Conversation[] | null>(null);
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);

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

  const pick = async (into: Conversation) => {
    if (busy) return;
    setBusy(true);
    try {
      await merge(conversation, into.id);
      close();
    } catch (error) {
      setWrong(reason(error));
      setBusy(false);
    }
  };

  return (
    <Modal title={say('merge.title', { number: conversation.number })}>
      <form onSubmit={(event) => { event.preventDefault(); if (found?.length === 1) void pick(found[0]!); }}>
        <label class="labelled"><span>{say('merge.find')}</span>
          <input autofocus class="field" value={text} onInput={(event) => setText(event.currentTarget.value)} placeholder="#1042" aria-describedby="merge-effect merge-wrong" />
        </label>
      </form>
      <p id="merge-effect" class="muted">{say('merge.effect')}</p>
      <p id="merge-wrong" class="wrong" role="alert">{wrong}</p>
      <ul class="choices">
        {found?.map((one) => (
          <li key={one.id}>
            <button class="choice" disabled={busy} title={one.preview} onClick={() => void pick(one)}>
              <Icon name="merge" size={16} /><span>#{one.number}</span><span dir="auto">{one.subject || say('row.noSubject')}</span>
            </button>
          </li>
        ))}
        {found?.length === 0 && !wrong && <li class="muted">{say('merge.none', { account: conversation.account.name })}</li>}
      </ul>
    </Modal>
  );
}

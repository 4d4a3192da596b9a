import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { count, say } from '../text/say';
import { askedFor, emailOf, includes, stoppedOf } from '../state/asked';
import { choose, chooseBlind, replyToAsked, sendFrom, undoAsked, type Writing } from '../state/writing';
import type { Conversation, Message, Unreachable } from '../wire';
import { Icon } from './icon';

/** The name of an address as entered, and the address alone. */
function parts(entry: string): { name: string; email: string } {
  const email = emailOf(entry);
  const name = entry.replace(/<[^<>]*>\s*$/, '').replace(/"/g, '').trim();
  return { name: name && name !== email ? name : email, email };
}

/** Everyone whom the reply goes to; each can be removed, and others added. */
export function RecipientFields({ writing }: { writing: Writing }) {
  const { to, cc, bcc } = writing;
  const [blind, setBlind] = useState(false);
  if (!to || !cc) return null;
  return (
    <div class="recipients">
      <Field label={say('composer.to')} list={to} stopped={writing.adds?.unreachable} change={(list) => choose(list, cc)} />
      <Field label={say('composer.cc')} list={cc} stopped={writing.adds?.unreachable} change={(list) => choose(to, list)}>
        {!blind && bcc.length === 0 && <button type="button" class="quiet" title={say('composer.bcc.hint')} onClick={() => setBlind(true)}>{say('composer.bcc')}</button>}
      </Field>
      {(blind || bcc.length > 0) && <Field label={say('composer.bcc')} list={bcc} stopped={writing.adds?.unreachable} change={chooseBlind} />}
      {writing.adds && writing.adds.from.length > 1 && (
        <label class="recipient-field">
          <span class="recipient-label">{say('composer.sender')}</span>
          <select disabled={writing.sending} value={writing.from || writing.adds.from[0]} onChange={(event) => sendFrom(event.currentTarget.value)}>
            {writing.adds.from.map((from) => <option key={from} value={from}>{from}</option>)}
          </select>
        </label>
      )}
      {writing.omitted > 0 && <p class="muted">{count('composer.omitted', writing.omitted)}</p>}
    </div>
  );
}

/** What the inbox adds below the text. */
export function Added({ adds }: { adds: Writing['adds'] }) {
  if (!adds || (!adds.signature && adds.quotes === 'none')) return null;
  return (
    <div class="added muted" role="group" aria-label={say('composer.added')}>
      {adds.signature && <p dir="auto">{`-- \n${adds.signature}`}</p>}
      {adds.quotes !== 'none' && <p>{say(`composer.quotes.${adds.quotes}`)}</p>}
    </div>
  );
}

/** Warns that the newest message asks for replies to an address that nothing confirms, and lets the author choose it. */
export function Asked({ writing, conversation, messages }: { writing: Writing; conversation: Conversation; messages: readonly Message[] }) {
  const asked = askedFor(messages);
  const { to, cc } = writing;
  if (!asked || !to || !cc) return null;
  const chosen = includes(to, asked);
  return (
    <div class="asked" role="status">
      <Icon name="warn" size={16} />
      <span>{say(chosen ? 'composer.asked.chosen' : 'composer.asked', { address: asked })}</span>
      <button type="button" class="button" disabled={writing.sending} onClick={() => (chosen ? undoAsked(conversation) : replyToAsked(conversation, asked))}>
        {say(chosen ? 'undo' : 'composer.asked.use')}
      </button>
    </div>
  );
}

interface Box { label: string; list: string[]; stopped?: readonly Unreachable[] | undefined; change: (list: string[]) => void; children?: ComponentChildren }

export function Field({ label, list, stopped = [], change, children }: Box) {
  const [text, setText] = useState('');
  const add = () => {
    const added = text.split(/[,;\n]+/).map((one) => one.trim()).filter((one) => one !== '' && !list.includes(one));
    setText('');
    if (added.length > 0) change([...list, ...added]);
  };
  return (
    <div class="recipient-field">
      <span class="recipient-label" aria-hidden="true">{label}</span>
      <ul>
        {list.map((entry) => {
          const { name, email } = parts(entry);
          return (
            <li class={`recipient${/^\S+@\S+$/.test(email) && stoppedOf(stopped, { to: [entry], cc: null }).length === 0 ? '' : ' recipient-wrong'}`} key={entry} title={email}>
              <span>{name}</span>
              <button type="button" onClick={() => change(list.filter((other) => other !== entry))}><Icon name="close" size={12} /><span class="sr">{say('composer.remove', { field: label, name })}</span></button>
            </li>
          );
        })}
      </ul>
      <input type="text" inputMode="email" autocomplete="off" spellcheck={false} value={text} aria-label={say('composer.add', { field: label })}
        placeholder={list.length === 0 ? say('composer.addHint') : ''} onInput={(event) => setText(event.currentTarget.value)} onBlur={add}
        onKeyDown={(event) => {
          if ((event.key === 'Enter' || event.key === ',') && !event.isComposing && !event.ctrlKey && !event.metaKey) { event.preventDefault(); add(); }
          if (event.key === 'Backspace' && text === '' && list.length > 0) change(list.slice(0, -1));
        }} />
      {children}
    </div>
  );
}

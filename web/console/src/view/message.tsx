import { useState } from 'preact/hooks';
import { folded } from '../text/body';
import { nameOf } from '../text/person';
import { count, isolated, say, sayIf } from '../text/say';
import { exact, moment } from '../text/time';
import { copied, forwardable, pass } from '../state/passing';
import { takeBack, waits } from '../state/sending';
import { me, now, place } from '../state/desk';
import type { Address, Conversation, Delivery, Message } from '../wire';
import { Avatar } from './avatar';
import { Files } from './files';
import { Icon } from './icon';
import { Later, Outgoing } from './lazy';
import { Linked } from './linked';
import { guessHeight, MailFrame } from './mailframe';
import { Seals } from './signature';

interface Props { message: Message; conversation: Conversation; last: boolean }

const people = (list: Address[]) => list.map((one) => isolated(one.name || one.email)).join(', ');

export function MessageCard({ message, conversation, last }: Props) {
  const note = message.direction === 'note';
  const who = authorOf(message, conversation);
  return (
    <article class={`message message-${message.direction}${message.third_party ? ' message-third' : ''}${last ? ' message-last' : ''}`} aria-label={note ? say('thread.noteBy', { name: who }) : who} data-seq={message.seq}>
      <header class="message-head">
        <Avatar name={message.author?.name || message.from[0]?.name || message.from[0]?.email || who} />
        <div class="message-who">
          <b dir="auto">{who}</b>
          {message.third_party && <span class="chip chip-third">{say('thread.third')}</span>}
          {note && <span class="chip chip-note">{say('thread.note')}</span>}
          {message.auto_submitted && message.auto_submitted !== 'none' && <span class="chip">{sayIf(`thread.auto.${message.auto_submitted}`, message.auto_submitted)}</span>}
          {message.authentication?.trust === 'forged' && <span class="chip chip-forged" title={message.authentication.reason}>{say('thread.forged')}</span>}
          <Doubt message={message} />
          <Seals message={message} />
          <div class="message-to muted">
            {note ? say('composer.noteOnly') : message.direction === 'inbound'
              ? (message.from[0]?.email ?? '')
              : message.to.length > 0 && say('thread.to', { names: people(message.to) })}
            {message.cc.length > 0 && ` · ${say('thread.cc', { names: people(message.cc) })}`}
            {message.bcc.length > 0 && ` · ${say('thread.bcc', { names: people(message.bcc) })}`}
          </div>
          {message.third_party && <div class="message-third-note"><Icon name={copied(message) ? 'warn' : 'lock'} size={13} />{say(copied(message) ? 'thread.third.copied' : message.thread.method === 'redirect' ? 'thread.third.passed' : 'thread.third.hint')}</div>}
        </div>
        <time dateTime={message.received_at} title={exact(message.received_at)}>{moment(message.received_at, now.value)}</time>
      </header>
      <Body message={message} who={who} conversation={conversation} />
      {message.problems.length > 0 && (
        <details class="problems">
          <summary>{count('thread.problems', message.problems.length)}</summary>
          <ul>{message.problems.map((problem, i) => <li key={i}><code>{problem.code}</code> {problem.detail}</li>)}</ul>
        </details>
      )}
      {message.deliveries.length > 0 && <ul class="deliveries">{message.deliveries.map((one) => <DeliveryLine key={one.id} delivery={one} message={message} conversation={conversation} />)}</ul>}
      {message.deliveries.some(({ attempts }) => attempts > 0) && message.channel !== 'chat' && <Details message={message} />}
      {waits(message) && <p class="message-tools"><button class="quiet" onClick={() => void takeBack(place.value.open!, message)}>{say(message.deliveries[0]!.state === 'scheduled' ? 'delivery.cancelScheduled' : 'delivery.takeBack')}</button></p>}
    </article>
  );
}

const DOUBTS = ['unverified-sender', 'unverified-address', 'unverified-customer', 'agent-address'];

/** Says that nothing confirms who sent the message, with the reasons. */
function Doubt({ message }: { message: Message }) {
  const doubts = message.problems.filter((problem) => DOUBTS.includes(problem.code));
  if (doubts.length === 0) return null;
  return <span class="chip chip-doubt" title={doubts.map((problem) => problem.detail).join('\n')}>{say('thread.unverified')}</span>;
}

function authorOf(message: Message, conversation: Conversation): string {
  if (message.author) return message.author.id === me.value.id ? say('thread.you') : message.author.name;
  const from = message.from[0];
  if (message.direction !== 'inbound') return from?.name || say('actor.system');
  return from?.name || conversation.contact.name || from?.email || nameOf(conversation.contact);
}

/** The new text; quoted text and the original layout on request. */
function Body({ message, who, conversation: { id, allowed } }: { message: Message; who: string; conversation: Conversation }) {
  const rich = message.html !== '' && message.html_url !== '' && message.display !== 'text';
  const shortened = message.display === 'reply_text';
  const [whole, setWhole] = useState(!shortened);
  const [plain, setPlain] = useState(false);
  const [images, setImages] = useState(false);
  const [large, setLarge] = useState(false);
  const framed = whole && rich && !plain;
  const offered = message.channel !== 'chat' && forwardable(message) && allowed.includes('forward');
  return (
    <>
      {framed
        ? <MailFrame key={String(images)} url={message.html_url + (images ? '?images=true' : '')} title={say('thread.html', { name: who })} guess={guessHeight(message.text, message.html, images)} large={large} />
        : <Text text={(whole ? message.text : message.reply_text).trimEnd()} />}
      <p class="message-tools">
        {shortened && <button class="quiet" aria-expanded={whole} onClick={() => setWhole(!whole)}>{say(whole ? 'thread.short' : 'thread.whole')}</button>}
        {whole && rich && <button class="quiet" aria-pressed={plain} onClick={() => setPlain(!plain)}>{say(plain ? 'thread.original' : 'thread.plain')}</button>}
        {framed && message.remote_images && !images && <button class="quiet" title={say('thread.images.hint')} onClick={() => setImages(true)}>{say('thread.images')}</button>}
        {framed && <button class="quiet" aria-pressed={large} title={say('thread.larger.hint')} onClick={() => setLarge(!large)}>{say(large ? 'thread.smaller' : 'thread.larger')}</button>}
        {message.direction === 'inbound' && message.channel === 'email' && message.raw_url && <a class="quiet" href={message.raw_url} target="_blank" rel="noopener">{say('thread.raw')}</a>}
        {offered && message.third_party && message.direction === 'inbound' && <button class="quiet" onClick={() => pass(id, { answers: message.id })}>{say('thread.third.answer')}</button>}
        {offered && <button class="quiet" onClick={() => pass(id, { messages: [message.id] })}>{say('thread.forward')}</button>}
        {offered && message.direction === 'inbound' && message.raw_url && <button class="quiet" title={say('thread.redirect.hint')} onClick={() => pass(id, { redirect: message.id })}>{say('thread.redirect')}</button>}
        {message.author && <Later part="DraftArticle" message={message} />}
      </p>
      <Files message={message} framed={framed} />
    </>
  );
}

/** A message's text. Very long texts are folded. */
function Text({ text }: { text: string }) {
  const [open, setOpen] = useState(false);
  if (text.trim() === '') return <p class="message-text muted">{say('thread.empty')}</p>;
  const fold = folded(text);
  if (!fold) return <p class="message-text" dir="auto"><Linked text={text} /></p>;
  return (
    <>
      <p class={`message-text${open ? '' : ' message-folded'}`} dir="auto"><Linked text={open ? text : fold.head} /></p>
      <p class="message-tools"><button class="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? say('thread.fold') : say('thread.unfold', { n: fold.lines.toLocaleString() })}</button></p>
    </>
  );
}

/** What happened on the way, loaded when it is opened. */
function Details({ message }: { message: Message }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <p class="message-tools"><button class="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>{say('trail.details')}</button></p>
      {open && <Later part="Trail" message={message} />}
    </>
  );
}

function DeliveryLine({ delivery, message, conversation }: { delivery: Delivery; message: Message; conversation: Conversation }) {
  // A chat line that was sent is stored, but the visitor may have left.
  const state = delivery.state === 'scheduled' && delivery.next_attempt_at ? say('delivery.scheduledFor', { time: moment(delivery.next_attempt_at, now.value) }) : say(message.channel === 'chat' && delivery.state === 'sent' ? 'delivery.unseen' : delivery.on_hold ? 'delivery.onHold' : `delivery.${delivery.state}`);
  const code = [delivery.code || '', delivery.enhanced_code].filter(Boolean).join(' ');
  const trouble = delivery.state === 'failed' || delivery.state === 'delayed' || delivery.state === 'unknown';
  const single = message.deliveries.length === 1 && message.to.length <= 1;
  return (
    <li class={`delivery delivery-${delivery.state}`}>
      <Icon name={trouble ? 'warn' : delivery.state === 'sent' || delivery.state === 'delivered' ? 'check' : 'clock'} size={14} />
      <span>{single ? state : say('delivery.to', { state, recipient: delivery.recipient })}</span>
      {code && <code>{code}</code>}
      {trouble && delivery.detail && <span class="delivery-detail">{delivery.detail}</span>}
      {delivery.state === 'delayed' && !delivery.on_hold && delivery.next_attempt_at && <span class="muted">{say('delivery.next', { time: moment(delivery.next_attempt_at, now.value) })}</span>}
      {message.channel !== 'chat' && (trouble || delivery.on_hold || delivery.state === 'cancelled') && <Outgoing part="DeliveryTools" delivery={delivery} conversation={conversation} />}
    </li>
  );
}

import { useRef, useState } from 'preact/hooks';
import { folded, isShortened } from '../text/body';
import { nameOf } from '../text/person';
import { count, say, sayIf } from '../text/say';
import { exact, moment, size } from '../text/time';
import { me, now } from '../state/desk';
import type { Address, Conversation, Delivery, Message } from '../wire';
import { Avatar } from './avatar';
import { Icon } from './icon';
import { Linked } from './linked';
import { Seals } from './signature';

interface Props { message: Message; conversation: Conversation; last: boolean }

const DETACHED = ['application/pkcs7-signature', 'application/x-pkcs7-signature', 'application/pgp-signature'];

const people = (list: Address[]) => list.map((one) => one.name || one.email).join(', ');

export function MessageCard({ message, conversation, last }: Props) {
  const note = message.direction === 'note';
  const who = authorOf(message, conversation);
  // A signature that is shown next to the sender is not listed as an attachment.
  const files = message.attachments.filter((file) => file.disposition !== 'inline' && !(message.signature && DETACHED.includes(file.type)));
  return (
    <article class={`message message-${message.direction}${last ? ' message-last' : ''}`} aria-label={note ? say('thread.noteBy', { name: who }) : who} data-seq={message.seq}>
      <header class="message-head">
        <Avatar name={message.author?.name || message.from[0]?.name || message.from[0]?.email || who} />
        <div class="message-who">
          <b>{who}</b>
          {note && <span class="chip chip-note">{say('thread.note')}</span>}
          {message.auto_submitted && message.auto_submitted !== 'none' && <span class="chip">{sayIf(`thread.auto.${message.auto_submitted}`, message.auto_submitted)}</span>}
          {message.authentication?.trust === 'forged' && <span class="chip chip-forged" title={message.authentication.reason}>{say('thread.forged')}</span>}
          <Seals message={message} />
          <div class="message-to muted">
            {note ? say('composer.noteOnly') : message.direction === 'inbound'
              ? (message.from[0]?.email ?? '')
              : message.to.length > 0 && say('thread.to', { names: people(message.to) })}
            {message.cc.length > 0 && ` · ${say('thread.cc', { names: people(message.cc) })}`}
          </div>
        </div>
        <time dateTime={message.received_at} title={exact(message.received_at)}>{moment(message.received_at, now.value)}</time>
      </header>
      <Body message={message} who={who} />
      {files.length > 0 && (
        <ul class="files">
          {files.map((file) => (
            <li key={file.part_id}>
              <a href={file.url} download={file.name} title={say('thread.attachment', { name: file.name, size: size(file.size) })}>
                <Icon name="clip" size={15} /><span>{file.name}</span><span class="muted">{size(file.size)}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
      {message.problems.length > 0 && (
        <details class="problems">
          <summary>{count('thread.problems', message.problems.length)}</summary>
          <ul>{message.problems.map((problem, i) => <li key={i}><code>{problem.code}</code> {problem.detail}</li>)}</ul>
        </details>
      )}
      {message.deliveries.length > 0 && <ul class="deliveries">{message.deliveries.map((one) => <DeliveryLine key={one.id} delivery={one} message={message} />)}</ul>}
    </article>
  );
}

function authorOf(message: Message, conversation: Conversation): string {
  if (message.author) return message.author.id === me.value.id ? say('thread.you') : message.author.name;
  const from = message.from[0];
  if (message.direction !== 'inbound') return from?.name || say('actor.system');
  return from?.name || conversation.contact.name || from?.email || nameOf(conversation.contact);
}

/** The new text; quoted text and the original layout on request. */
function Body({ message, who }: { message: Message; who: string }) {
  const rich = message.html !== '' && message.html_url !== '';
  const shortened = message.direction === 'inbound' && isShortened(message.reply_text, message.text);
  const [whole, setWhole] = useState(!shortened);
  const [plain, setPlain] = useState(false);
  const [images, setImages] = useState(false);
  const framed = whole && rich && !plain;
  return (
    <>
      {framed
        ? <MailFrame key={String(images)} url={message.html_url + (images ? '?images=true' : '')} title={say('thread.html', { name: who })} guess={Math.max(guessHeight(message.text, message.html), images ? PICTURED : 0)} />
        : <Text text={(whole ? message.text : message.reply_text).trimEnd()} />}
      <p class="message-tools">
        {shortened && <button class="quiet" aria-expanded={whole} onClick={() => setWhole(!whole)}>{say(whole ? 'thread.short' : 'thread.whole')}</button>}
        {whole && rich && <button class="quiet" aria-pressed={plain} onClick={() => setPlain(!plain)}>{say(plain ? 'thread.original' : 'thread.plain')}</button>}
        {framed && message.remote_images && !images && <button class="quiet" title={say('thread.images.hint')} onClick={() => setImages(true)}>{say('thread.images')}</button>}
        {message.direction === 'inbound' && message.channel === 'email' && message.raw_url && <a class="quiet" href={message.raw_url} target="_blank" rel="noopener">{say('thread.raw')}</a>}
      </p>
    </>
  );
}

/** A message's text. Very long texts are folded. */
function Text({ text }: { text: string }) {
  const [open, setOpen] = useState(false);
  if (text.trim() === '') return <p class="message-text muted">{say('thread.empty')}</p>;
  const fold = folded(text);
  if (!fold) return <p class="message-text"><Linked text={text} /></p>;
  return (
    <>
      <p class={`message-text${open ? '' : ' message-folded'}`}><Linked text={open ? text : fold.head} /></p>
      <p class="message-tools"><button class="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? say('thread.fold') : say('thread.unfold', { n: fold.lines.toLocaleString() })}</button></p>
    </>
  );
}

const FRAME_LIMIT = 4000;
/** The minimum height of a message with remote images, whose height is unknown. */
const PICTURED = 480;

/** Estimates the height of an HTML message, from its lines and blocks, for frames that cannot be measured. */
function guessHeight(text: string, html: string): number {
  const blocks = html.match(/<(?:p|h[1-6]|tr|table|ul|ol|blockquote|hr|img)[\s>]/gi)?.length ?? 0;
  const lines = text.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / 84)), 0);
  return Math.min(Math.max(lines * 22 + 40 + Math.min(blocks * 20, 240), 90), 560);
}

/**
 * An HTML message in a sandboxed frame with its own content security policy; no script runs in it. If the
 * height of the page can be read, the frame fits it; otherwise it scrolls and can be resized.
 */
function MailFrame({ url, title, guess }: { url: string; title: string; guess: number }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const [height, setHeight] = useState(guess);
  return (
    <iframe ref={frame} class="mail" src={url} title={title} height={height} loading="lazy" referrerpolicy="no-referrer"
      sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
      onLoad={() => {
        const page = frame.current?.contentDocument;
        if (page?.documentElement) setHeight(Math.min(page.documentElement.scrollHeight + 4, FRAME_LIMIT));
      }} />
  );
}

function DeliveryLine({ delivery, message }: { delivery: Delivery; message: Message }) {
  const state = say(`delivery.${delivery.state}`);
  const code = [delivery.code || '', delivery.enhanced_code].filter(Boolean).join(' ');
  const trouble = delivery.state === 'failed' || delivery.state === 'delayed' || delivery.state === 'unknown';
  const single = message.deliveries.length === 1 && message.to.length <= 1;
  return (
    <li class={`delivery delivery-${delivery.state}`}>
      <Icon name={trouble ? 'warn' : delivery.state === 'sent' || delivery.state === 'delivered' ? 'check' : 'clock'} size={14} />
      <span>{single ? state : say('delivery.to', { state, recipient: delivery.recipient })}</span>
      {code && <code>{code}</code>}
      {trouble && delivery.detail && <span class="delivery-detail">{delivery.detail}</span>}
      {delivery.state === 'delayed' && delivery.next_attempt_at && <span class="muted">{say('delivery.next', { time: moment(delivery.next_attempt_at, now.value) })}</span>}
    </li>
  );
}

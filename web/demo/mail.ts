// A minimal mail client for the demo's customers.

export interface Mail {
  from: string;
  to: string;
  subject: string;
  message_id: string;
  in_reply_to: string;
  references: string[];
  reply_to?: string;
  text: string;
  raw: string;
  /** "in": to the customer; "out": from the customer. */
  direction: string;
  at: string;
}

export interface Letter {
  from: string;
  name?: string;
  to: string;
  subject: string;
  text: string;
  in_reply_to?: string;
  references?: string[];
  via: 'smtp' | 'imap';
}

export async function mailbox(address: string): Promise<Mail[]> {
  const answer = await fetch(`/demo/api/mailbox?address=${encodeURIComponent(address)}`);
  if (!answer.ok) throw new Error(`The mailbox answered ${answer.status}.`);
  const { data } = (await answer.json()) as { data: Mail[] | null };
  return (data ?? []).sort((a, b) => (a.at < b.at ? 1 : -1));
}

export async function send(letter: Letter): Promise<void> {
  const answer = await fetch('/demo/api/send', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(letter) });
  if (answer.ok) return;
  const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
  throw new Error(problem.detail || `Sending failed (${answer.status}).`);
}

/** The bare address of "Name <address>". */
export function bare(address: string): string {
  return /<([^>]+)>/.exec(address)?.[1] ?? address.trim();
}

/** A reply as a mail client prepares it: recipients, subject, threading (RFC 5322 §3.6.4), quoted text. */
export function replyTo(mail: Mail, as: string): Letter {
  const own = mail.direction === 'out';
  return {
    from: as,
    to: bare(own ? mail.to : mail.reply_to || mail.from),
    subject: /^re:/i.test(mail.subject) ? mail.subject : `Re: ${mail.subject}`,
    text: `\n\nOn ${new Date(mail.at).toLocaleString()}, ${own ? as : mail.from} wrote:\n${mail.text.trimEnd().replace(/^/gm, '> ')}`,
    in_reply_to: mail.message_id,
    references: [...(mail.references ?? []), mail.message_id].filter(Boolean),
    via: 'smtp',
  };
}

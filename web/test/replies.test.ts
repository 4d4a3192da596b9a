// Reads the replies that outbound/render writes with a parser that is not ours: every field
// must be what the Go side meant.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { domainToASCII } from 'node:url';
import { simpleParser } from 'mailparser';
import { expect, test } from 'vitest';

interface Address { name: string; email: string }
interface Reply {
  name: string; from: Address[]; to: Address[]; cc: Address[]; subject: string; message_id: string; in_reply_to: string[]; references: string[]; date: string;
  text: string; html: string; files: { name: string; type: string; cid: string; sha256: string }[]; eml: string[];
}

const replies = JSON.parse(readFileSync(join(__dirname, '../../outbound/render/testdata/replies.json'), 'utf8')) as Reply[];

const ascii = (email: string) => email.replace(/@(.*)$/, (_, domain: string) => `@${domainToASCII(domain)}`);
const digest = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
const ids = (list: string[] | string | undefined) => [list ?? []].flat().flatMap((value) => value.split(/\s+/)).map((id) => id.replace(/^<|>$/g, ''));

test('there are 60 replies', () => expect(replies).toHaveLength(60));

test.each(replies.map((reply) => [reply.name, reply] as const))('%s', async (_, reply) => {
  const mail = await simpleParser(`${reply.eml.join('\r\n')}\r\n`, { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true });
  const people = (list: typeof mail.to) => [list ?? []].flat().flatMap((one) => one.value).map(({ name, address }) => ({ name, email: ascii(address ?? '') }));
  expect({
    from: people(mail.from), to: people(mail.to), cc: people(mail.cc), subject: mail.subject ?? '', message_id: ids(mail.messageId)[0], in_reply_to: ids(mail.inReplyTo),
    references: ids(mail.references), date: mail.date?.toISOString(), text: mail.text ?? '', html: mail.html ? digest(mail.html) : '',
    files: mail.attachments.map((file) => ({ name: file.filename ?? '', type: (file.headers.get('content-type') as { value: string }).value, cid: file.cid ?? '', sha256: digest(file.content) })),
  }).toEqual({
    from: reply.from, to: reply.to, cc: reply.cc, subject: reply.subject, message_id: reply.message_id, in_reply_to: reply.in_reply_to,
    references: reply.references, date: new Date(reply.date).toISOString(), text: reply.text, html: reply.html, files: reply.files,
  });
});

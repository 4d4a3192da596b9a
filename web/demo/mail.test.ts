import { expect, test } from 'vitest';
import { bare, replyTo, type Mail } from './mail';

const mail: Mail = {
  from: 'Demo Shop <support@demo.example>', to: 'jo@acme.example', subject: 'Your order', message_id: 'b@demo', in_reply_to: 'a@acme', references: ['a@acme'],
  text: 'Hello\nJo\n', raw: '', direction: 'in', at: '2026-03-04T10:00:00Z',
};

test('a reply has threading headers, a quote and the sender as recipient', () => {
  const reply = replyTo(mail, 'jo@acme.example');
  expect(reply).toMatchObject({ from: 'jo@acme.example', to: 'support@demo.example', subject: 'Re: Your order', in_reply_to: 'b@demo', references: ['a@acme', 'b@demo'] });
  expect(reply.text).toContain('> Hello\n> Jo');
  expect(replyTo({ ...mail, subject: 'RE: Your order' }, 'x@y.example').subject).toBe('RE: Your order');
});

test('a reply goes to Reply-To', () => expect(replyTo({ ...mail, reply_to: 'Desk <r+1@demo.example>' }, 'jo@acme.example').to).toBe('r+1@demo.example'));

test('replying to an own message goes to its recipient', () =>
  expect(replyTo({ ...mail, direction: 'out', to: 'billing@demo.example' }, 'jo@acme.example').to).toBe('billing@demo.example'));

test('an address is extracted from a header field', () => {
  expect(bare('Jo <jo@acme.example>')).toBe('jo@acme.example');
  expect(bare(' jo@acme.example ')).toBe('jo@acme.example');
});

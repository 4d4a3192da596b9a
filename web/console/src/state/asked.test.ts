import { describe, expect, test } from 'vitest';
import type { Message } from '../wire';
import { askedFor, emailOf, includes, redirected } from './asked';

const message = (change: Partial<Message>) => ({ direction: 'inbound', auto_submitted: 'none', problems: [], ...change }) as unknown as Message;
const asking = (address: string, change: Partial<Message> = {}) => message({ problems: [{ code: 'unverified-sender', detail: '' }, { code: 'unverified-reply-to', detail: '', address }], ...change });

describe('the address asked for', () => {
  test.each<[string, Message[], string]>([
    ['is that of the newest message', [asking('a@x.example'), asking('b@x.example')], 'b@x.example'],
    ['is no longer asked for by a later message without one', [asking('a@x.example'), message({})], ''],
    ['stays after our own answer and notes', [asking('a@x.example'), message({ direction: 'outbound' }), message({ direction: 'note' })], 'a@x.example'],
    ['stays after a bounce and an absence notice', [asking('a@x.example'), message({ auto_submitted: 'bounce' }), message({ auto_submitted: 'auto-reply' })], 'a@x.example'],
    ['is never taken from a bounce', [asking('a@x.example', { auto_submitted: 'bounce' })], ''],
    ['is empty in an empty conversation', [], ''],
  ])('%s', (_, messages, address) => expect(askedFor(messages)).toBe(address));
});

describe('a reply to it', () => {
  test.each<[string, { to: string[]; cc: string[] }, { to: string[]; cc: string[] }]>([
    ['replaces the usual address', { to: ['"Jo" <JO@acme.example>'], cc: ['sam@acme.example'] }, { to: ['eve@x.example'], cc: ['sam@acme.example'] }],
    ['leaves others whom the author added', { to: ['lee@acme.example', 'jo@acme.example'], cc: [] }, { to: ['lee@acme.example', 'eve@x.example'], cc: [] }],
    ['adds it when the usual address was removed', { to: ['lee@acme.example'], cc: [] }, { to: ['eve@x.example', 'lee@acme.example'], cc: [] }],
    ['takes it out of the copies', { to: ['jo@acme.example'], cc: ['Eve <Eve@x.example>'] }, { to: ['eve@x.example'], cc: [] }],
    ['names it once', { to: ['jo@acme.example', 'eve@x.example'], cc: [] }, { to: ['eve@x.example'], cc: [] }],
  ])('%s', (_, before, after) => expect(redirected(before, 'jo@acme.example', 'eve@x.example')).toEqual(after));
});

test('addresses are compared without names and case', () => {
  expect(emailOf('"Eve" <eve@x.example> ')).toBe('eve@x.example');
  expect(includes(['Eve <EVE@x.example>'], 'eve@x.example')).toBe(true);
  expect(includes(['steve@x.example'], 'eve@x.example')).toBe(false);
});

import { expect, test } from 'vitest';
import { addressOf, nameOf } from './person';

const SESSION = 'vs_01a1fec9c80e78d1a3a9cb549695891a';

test('a contact is shown by name, else by address; never by chat session ID', () => {
  expect(nameOf({ name: 'Jo', address: 'jo@acme.example' })).toBe('Jo');
  expect(nameOf({ name: '', address: 'jo@acme.example' })).toBe('jo@acme.example');
  expect(nameOf({ name: '', address: 'vs_ivan@acme.example' })).toBe('vs_ivan@acme.example');
  expect(nameOf({ name: '', address: SESSION })).toBe('Visitor');
  expect(addressOf({ address: SESSION })).toBe('');
});

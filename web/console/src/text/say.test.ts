import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pieces } from '../view/linked';
import { count, isolated, say, sayIf } from './say';
import strings from './strings.json';

test('texts are filled in and pluralized', () => {
  expect(say('composer.send', { to: 'jo@acme.example' })).toBe('Send to jo@acme.example');
  expect(count('composer.sendAnyway', 1)).toBe('Send anyway (1 new message)');
  expect(count('composer.sendAnyway', 2)).toBe('Send anyway (2 new messages)');
  expect(sayIf('status.unknown', 'fallback')).toBe('fallback');
});

test('words from right to left do not reorder a sentence', () => {
  expect(say('thread.noteBy', { name: 'דנה' })).toBe(say('thread.noteBy', { name: 'X' }).replace('X', '\u2068דנה\u2069'));
  expect(isolated('Jo Doe')).toBe('Jo Doe');
  expect(isolated('Zoë 日本')).toBe('Zoë 日本');
  expect(isolated('ملف.pdf')).toBe('\u2068ملف.pdf\u2069');
  expect(isolated('a\u202eb')).toBe('\u2068a\u202eb\u2069');
  expect(isolated('\u2067דנה')).toBe('\u2068\u2067דנה\u2069\u2069');
});

test('every text of the catalogue is used', () => {
  const source = (readdirSync(join(__dirname, '..'), { recursive: true }) as string[])
    .filter((name) => /\.tsx?$/.test(name) && !name.includes('.test.'))
    .map((name) => readFileSync(join(__dirname, '..', name), 'utf8'))
    .join('\n');
  const computed = [...source.matchAll(/`([\w.]+)\.\$\{/g)].map((found) => found[1] + '.');
  const unused = Object.keys(strings).filter((key) => {
    const stem = key.replace(/\.(one|other)$/, '');
    return !source.includes(`'${stem}'`) && !computed.some((prefix) => key.startsWith(prefix));
  });
  expect(unused).toEqual([]);
});

test('URLs become links without the surrounding punctuation', () => {
  expect(pieces('See https://a.example/x?y=1. Or (http://b.example/z), thanks')).toEqual([
    { text: 'See ' }, { text: 'https://a.example/x?y=1', href: 'https://a.example/x?y=1' }, { text: '. Or (' },
    { text: 'http://b.example/z', href: 'http://b.example/z' }, { text: '), thanks' },
  ]);
  expect(pieces('javascript:alert(1) and data:text/html,x')).toEqual([{ text: 'javascript:alert(1) and data:text/html,x' }]);
});

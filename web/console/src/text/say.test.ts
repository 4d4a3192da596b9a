import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pieces } from '../view/linked';
import { count, say, sayIf } from './say';
import strings from './strings.json';

test('sentences are filled in and counted', () => {
  expect(say('composer.send', { to: 'jo@acme.example' })).toBe('Send to jo@acme.example');
  expect(count('composer.sendAnyway', 1)).toBe('1 new message – send anyway');
  expect(count('composer.sendAnyway', 2)).toBe('2 new messages – send anyway');
  expect(sayIf('status.unheard', 'unheard')).toBe('unheard');
});

test('every sentence of the catalogue is said somewhere', () => {
  const source = (readdirSync(join(__dirname, '..'), { recursive: true }) as string[])
    .filter((name) => /\.tsx?$/.test(name) && !name.includes('.test.'))
    .map((name) => readFileSync(join(__dirname, '..', name), 'utf8'))
    .join('\n');
  const unsaid = Object.keys(strings).filter((key) => {
    const stem = key.replace(/\.(one|other)$/, '');
    const made = [...source.matchAll(/`([\w.]+)\.\$\{/g)].map((found) => found[1] + '.');
    return !source.includes(`'${stem}'`) && !made.some((prefix) => key.startsWith(prefix));
  });
  expect(unsaid).toEqual([]);
});

test('web addresses become links, and the sentence around them does not', () => {
  expect(pieces('See https://a.example/x?y=1. Or (http://b.example/z), thanks')).toEqual([
    { text: 'See ' }, { text: 'https://a.example/x?y=1', href: 'https://a.example/x?y=1' }, { text: '. Or (' },
    { text: 'http://b.example/z', href: 'http://b.example/z' }, { text: '), thanks' },
  ]);
  expect(pieces('javascript:alert(1) and data:text/html,x')).toEqual([{ text: 'javascript:alert(1) and data:text/html,x' }]);
});

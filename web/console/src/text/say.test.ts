import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { pieces } from '../view/linked';
import './pages';
import { count, isolated, say, sayIf } from './say';

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

const folder = join(__dirname, '..');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const catalogues = readdirSync(join(folder, 'text')).filter((name) => name.endsWith('.json')).map((name) => JSON.parse(read(`text/${name}`)) as Record<string, string>);
const later = catalogues.filter((one) => !('app.name' in one));

/** The keys of a catalogue that a source names, literally or by a computed prefix. */
function named(catalogue: object, source: string): string[] {
  const computed = [...source.matchAll(/`([\w.]+)\.\$\{/g)].map((found) => found[1] + '.');
  return Object.keys(catalogue).filter((key) => source.includes(`'${key.replace(/\.(one|other)$/, '')}'`) || computed.some((prefix) => key.startsWith(prefix)));
}

test('every text of the catalogues is used', () => {
  const source = (readdirSync(folder, { recursive: true }) as string[]).filter((name) => /\.tsx?$/.test(name) && !name.includes('.test.')).map(read).join('\n');
  for (const catalogue of catalogues) expect(named(catalogue, source)).toEqual(Object.keys(catalogue));
});

/** The files that a file loads with itself. */
function loaded(name: string, all = new Set<string>()): Set<string> {
  if (all.has(name)) return all;
  all.add(name);
  for (const [, from] of read(name).matchAll(/^(?:import|export) (?!type)(?:[^;']*? from )?'(\.[^']+)'/gm)) {
    const path = normalize(join(dirname(name), from ?? ''));
    const file = [`${path}.ts`, `${path}.tsx`].find((one) => existsSync(join(folder, one)));
    if (file) loaded(file, all);
  }
  return all;
}

test('the first screen needs no text that is loaded later, and the rest loads its texts', () => {
  const first = [...loaded('main.tsx')];
  expect(first).toContain('view/list.tsx');
  expect(first).not.toContain('text/pages.ts');
  for (const catalogue of later) expect(named(catalogue, first.map(read).join('\n'))).toEqual([]);
  for (const [, from] of read('view/lazy.tsx').matchAll(/await import\('\.\/(\w+)'\)/g)) {
    const file = [`view/${from}.ts`, `view/${from}.tsx`].find((one) => existsSync(join(folder, one)));
    expect([...loaded(file ?? '')], `import ../text/pages in ${from}`).toContain('text/pages.ts');
  }
});

test('URLs become links without the surrounding punctuation', () => {
  expect(pieces('See https://a.example/x?y=1. Or (http://b.example/z), thanks')).toEqual([
    { text: 'See ' }, { text: 'https://a.example/x?y=1', href: 'https://a.example/x?y=1' }, { text: '. Or (' },
    { text: 'http://b.example/z', href: 'http://b.example/z' }, { text: '), thanks' },
  ]);
  expect(pieces('javascript:alert(1) and data:text/html,x')).toEqual([{ text: 'javascript:alert(1) and data:text/html,x' }]);
});

// Shared by the browser tests: a running demo, a browser, a mail client.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const here = dirname(fileURLToPath(import.meta.url));
const artifacts = join(here, 'artifacts');
const BIN = process.env.SWITCHBOARD_BIN ?? join(here, '../../bin/switchboard');
const AXE = readFileSync(join(here, '../node_modules/axe-core/axe.min.js'), 'utf8');
const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
mkdirSync(artifacts, { recursive: true });

/** Starts `switchboard demo` on free ports and fresh data; stop() ends it and removes the data. */
export async function startDemo() {
  const data = mkdtempSync(join(tmpdir(), 'switchboard-e2e-'));
  const child = spawn(BIN, ['demo', '--addr', '127.0.0.1:0', '--data', data, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk) => (log = (log + chunk).slice(-8000)));
  const ended = once(child, 'exit').then(([code]) => { throw new Error(`the demo ended with ${code}:\n${log}`); });
  ended.catch(() => undefined);
  const line = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended]);
  const ends = JSON.parse(line[0]);
  return {
    ...ends,
    log: () => log,
    async stop() {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
      rmSync(data, { recursive: true, force: true });
    },
  };
}

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
}

/** A page that fails the test on script errors, refused content and unexpected console errors. What arrived last is on top, unless the usual order is asked for. */
export async function open(context, url, { usualOrder = false } = {}) {
  const page = await context.newPage();
  if (!usualOrder) await page.addInitScript(() => {
    const views = ['all', 'mine', 'unassigned', 'inbox/integrations'].map((view) => [`#/${view}`, 'newest']);
    if (self === top) localStorage.setItem('switchboard.order', JSON.stringify(Object.fromEntries(views))); // frames are sandboxed
  });
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(error.message));
  page.on('console', (message) => { if (message.type() === 'error') page.complaints.push(`${message.text()} ${message.location().url}`); });
  await page.goto(url);
  return page;
}

export const shot = (page, name) => page.screenshot({ path: join(artifacts, `${name}.png`) });

/** Fails on any violation of WCAG 2.0 to 2.2, level A and AA. */
export async function accessible(page, where) {
  // Once per document: code that has run before is compiled already.
  if (!await page.evaluate('!!globalThis.axe')) await page.evaluate(AXE);
  const { violations } = await page.evaluate(async () => {
    // Check colours after all animations have ended.
    await Promise.allSettled(document.getAnimations({ subtree: true }).filter((one) => one.effect?.getTiming().iterations !== Infinity).map((one) => one.finished));
    return globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
  });
  const found = violations.map((one) => `${one.id}: ${one.help}\n    ${one.nodes.slice(0, 4).map((node) => `${node.html.slice(0, 160)} (${node.any[0]?.message ?? ''})`).join('\n    ')}`);
  assert.deepEqual(found, [], where);
}

/**
 * One state in both themes and at three widths: no violation, and nothing scrolls sideways. Not every theme at every
 * width: colours hardly depend on the width, and what is checked takes a second each time.
 */
export async function everywhere(page, name) {
  for (const [colorScheme, width] of [['dark', 1024], ['light', 390], ['light', 1440]]) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await accessible(page, `${name}, ${colorScheme}, ${width}`);
    await shot(page, `${name}-${colorScheme}-${width}`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `${name} scrolls sideways at ${width}`);
  }
}

let serial = 0;

/** Sends a plain mail by SMTP, one command at a time; answers when it was accepted. */
export async function mail(addr, { from, name = '', to = 'support@demo.example', subject, text, headers = [] }) {
  const [host, port] = addr.split(':');
  const socket = net.connect(Number(port), host);
  const lines = createInterface({ input: socket, crlfDelay: Infinity })[Symbol.asyncIterator]();
  const expect = async (code) => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done || !value.startsWith(code)) throw new Error(`SMTP: wanted ${code}, got ${value}`);
      if (value[3] !== '-') return;
    }
  };
  const say = async (command, code) => { socket.write(command + '\r\n'); await expect(code); };
  const id = `e2e-${Date.now()}-${++serial}@${from.split('@')[1]}`;
  await expect('220');
  await say('EHLO customer.example', '250');
  await say(`MAIL FROM:<${from}>`, '250');
  await say(`RCPT TO:<${to}>`, '250');
  await say('DATA', '354');
  const head = [`From: ${name} <${from}>`, `To: <${to}>`, `Subject: ${subject}`, `Message-ID: <${id}>`, `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`, ...headers];
  const body = text.replace(/\r?\n/g, '\r\n').replace(/^\./gm, '..');
  await say(`${head.join('\r\n')}\r\n\r\n${body}\r\n.`, '250');
  socket.end('QUIT\r\n');
  return id;
}

/** Waits for a mail that the customers' mail server received. */
export async function received(demo, to, matches) {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const answer = await fetch(`${demo.sink_api}?to=${encodeURIComponent(to)}`);
    const { data } = await answer.json();
    const found = (data ?? []).find(matches);
    if (found) return found;
    assert.ok(Date.now() < deadline, `no such mail to ${to} among ${JSON.stringify((data ?? []).map((one) => one.subject))}\n${demo.log()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export async function ask(demo, path) {
  const answer = await fetch(demo.api + path, { headers: { Authorization: `Bearer ${demo.api_key}` } });
  assert.equal(answer.status, 200, path);
  return answer.json();
}

/** Starts `switchboard serve` with a configuration and one admin on fresh data; stop() ends it and removes the data. */
export async function startServer(toml, admin, addr = '127.0.0.1:0') {
  const data = mkdtempSync(join(tmpdir(), 'switchboard-e2e-'));
  const config = join(data, 'switchboard.toml');
  writeFileSync(config, `addr = "${addr}"\ndata = ${JSON.stringify(join(data, 'data'))}\n${toml}`);
  const child = spawn(BIN, ['serve', '--config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const lines = createInterface({ input: child.stderr });
  const log = [];
  const console = await new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      log.push(line);
      const { msg, http } = JSON.parse(line);
      if (msg === 'Serving') resolve(`http://${http}/`);
    });
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}:\n${log.join('\n')}`)));
  });
  const add = spawn(BIN, ['user', 'add', admin.email, '--config', config, '--name', admin.name, '--admin'], { stdio: ['pipe', 'ignore', 'ignore'] });
  add.stdin.end(`${admin.password}\n`);
  assert.deepEqual(await once(add, 'exit'), [0, null]);
  return {
    console,
    async stop() {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Starts ClamAV's daemon with one signature of our own, which the text `virus` matches. */
export async function startScanner() {
  const dir = mkdtempSync(join(tmpdir(), 'switchboard-clamd-'));
  const socket = join(dir, 'clamd.sock'), config = join(dir, 'clamd.conf');
  const virus = 'the test signature that the scanner treats as a virus';
  writeFileSync(join(dir, 'test.ndb'), `Switchboard.Test:0:*:${Buffer.from(virus).toString('hex')}\n`);
  writeFileSync(config, `Foreground yes\nLocalSocket ${socket}\nDatabaseDirectory ${dir}\nLogFile ${join(dir, 'log')}\n`);
  const child = spawn('/usr/sbin/clamd', ['-c', config], { stdio: 'ignore' });
  const exit = once(child, 'exit');
  const ended = exit.then(([code]) => { throw new Error(`clamd ended with ${code}`); });
  ended.catch(() => undefined);
  while (!existsSync(socket)) await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 20))]);
  return {
    socket,
    virus,
    async stop() {
      child.kill('SIGTERM');
      await exit;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A mail server of customers that keeps what it accepts. */
export async function startSink() {
  const mails = [];
  const listener = net.createServer((socket) => {
    const say = (line) => socket.write(`${line}\r\n`);
    let content = null;
    createInterface({ input: socket, crlfDelay: Infinity }).on('line', (line) => {
      if (content && line === '.') { mails.push(content.join('\n')); content = null; return say('250 2.0.0 kept'); }
      if (content) return content.push(line);
      if (/^DATA/i.test(line)) { content = []; return say('354 go on'); }
      if (/^QUIT/i.test(line)) return socket.end('221 bye\r\n');
      return say('250 ok');
    });
    socket.on('error', () => undefined);
    say('220 customers.example');
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return { mails, addr: `127.0.0.1:${listener.address().port}`, stop: () => listener.close() };
}

/** Waits until there is something. */
export async function until(what, look) {
  for (let i = 0; i < 300; i++) {
    const found = look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return assert.fail(what);
}

/** A port of 127.0.0.1 where nothing listens. */
export async function freePort() {
  const taken = net.createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address();
  taken.close();
  return port;
}

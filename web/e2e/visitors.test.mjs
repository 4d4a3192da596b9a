// The customers' side: chat widget, hosted form and demo pages.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { accessible, launch, open, received, shot, startDemo } from './desk.mjs';

let demo, browser, desk, shop;
const panel = () => shop.frameLocator('iframe[title=Chat]');
const launcher = () => shop.locator('switchboard-widget').getByRole('button');

before(async () => {
  demo = await startDemo();
  browser = await launch();
  desk = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console);
  await desk.locator('.row').first().waitFor();
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 } });
  shop = await context.newPage();
  shop.requests = [];
  shop.on('request', (request) => shop.requests.push(new URL(request.url()).pathname));
  await shop.goto(`${demo.demo}/shop`);
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

test('before the first interaction, the shop loads nothing but the loader', async () => {
  await launcher().waitFor();
  assert.deepEqual(shop.requests.filter((path) => path.startsWith('/v1') || path.startsWith('/api') || path === '/chat'), ['/v1/widget.js']);
  assert.equal(await shop.locator('iframe').count(), 0);
});

test('a visitor’s message reaches the console, and the reply the widget', async () => {
  await launcher().click();
  await panel().getByLabel('Name optional').fill('Kim');
  await panel().getByLabel('Message').fill('Is the Fjord lamp in stock?');
  await panel().getByLabel('Message').press('Enter');
  await panel().locator('.line.visitor[data-state=sent]').waitFor();
  await shot(shop, 'chat');

  const row = desk.locator('.row', { hasText: 'Is the Fjord lamp in stock?' }).first();
  await row.waitFor();
  await row.locator('a').click();
  await desk.locator('.message-inbound', { hasText: 'Is the Fjord lamp' }).waitFor();
  await desk.keyboard.press('r');
  await desk.getByRole('button', { name: 'Send to Kim' }).waitFor();
  await desk.keyboard.type('Yes, three of them.');
  await panel().getByText('is typing').waitFor();
  await desk.keyboard.press('Control+Enter');
  await panel().locator('.line.agent', { hasText: 'Yes, three of them.' }).waitFor();
  await panel().locator('.who', { hasText: 'Ana' }).waitFor();
  await desk.locator('.delivery-delivered, .delivery-sent').first().waitFor();
  await shot(shop, 'chat-answer');
});

test('Esc closes the panel and restores the focus; later messages are counted', async () => {
  await panel().getByLabel('Message').press('Escape');
  await shop.locator('switchboard-widget iframe').waitFor({ state: 'hidden' });
  assert.equal(await shop.evaluate(() => document.querySelector('switchboard-widget').shadowRoot.activeElement?.tagName), 'BUTTON');
  await desk.keyboard.press('r');
  await desk.keyboard.type('Shall I put one aside?');
  await desk.keyboard.press('Control+Enter');
  await shop.getByRole('button', { name: 'Open chat, 1 unread' }).waitFor();
});

test('another page of the shop continues the conversation', async () => {
  await shop.reload();
  await shop.getByRole('button', { name: 'Open chat, 1 unread' }).waitFor();
  await launcher().click();
  await panel().locator('.line', { hasText: 'Is the Fjord lamp in stock?' }).waitFor();
  await panel().locator('.line', { hasText: 'Shall I put one aside?' }).waitFor();
  assert.equal(await panel().locator('.line').count(), 3);
});

test('the agent is told when the visitor has left, and when they are back', async () => {
  const left = desk.getByText('The visitor has left the chat. They will see your reply when they open the chat again; it is not sent by email.');
  assert.equal(await left.count(), 0);
  const url = shop.url();
  await shop.goto('about:blank');
  await left.waitFor();
  await accessible(desk, 'when the visitor has left');
  await shot(desk, 'visitor-left');
  await desk.keyboard.press('r');
  await left.waitFor();
  await desk.keyboard.press('Escape');
  await shop.goto(url);
  await left.waitFor({ state: 'detached' });
});

test('the widget promises no answer by email', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${demo.demo}/shop`);
  await page.locator('switchboard-widget').getByRole('button').click();
  const frame = page.frameLocator('iframe[title=Chat]');
  await frame.getByText('So we know who you are. Answers appear here, in this chat.').waitFor();
  await context.close();
});

test('messages written offline are sent after reconnecting', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  let blocked = true;
  await page.routeWebSocket(/\/chat\?/, (socket) => { if (blocked) socket.onMessage(() => socket.close({ code: 1011 })); else socket.connectToServer(); });
  await page.goto(`${demo.demo}/shop`);
  await page.locator('switchboard-widget').getByRole('button').click();
  const frame = page.frameLocator('iframe[title=Chat]');
  await frame.getByLabel('Message').fill('Written in a tunnel');
  await frame.getByLabel('Message').press('Enter');
  await frame.locator('.line[data-state=sending]').waitFor();
  await frame.getByText('Connection lost.').waitFor();
  await shot(page, 'chat-lost');
  blocked = false;
  await frame.locator('.line[data-state=sent]').waitFor();
  await desk.locator('.row', { hasText: 'Written in a tunnel' }).waitFor();
  await context.close();
});

test('the host page’s API', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(() => {
    globalThis.heard = [];
    globalThis.switchboard = (...command) => (globalThis.switchboard.q ??= []).push(command);
    globalThis.switchboard('on', 'open', () => globalThis.heard.push('open'));
    globalThis.switchboard('prefill', 'About order 48213: ');
    globalThis.switchboard('show');
  });
  await page.goto(`${demo.demo}/shop`);
  const frame = page.frameLocator('iframe[title=Chat]');
  await frame.getByLabel('Message').waitFor();
  assert.equal(await frame.getByLabel('Message').inputValue(), 'About order 48213: ');
  assert.deepEqual(await page.evaluate(() => globalThis.heard), ['open']);
  await page.evaluate(() => globalThis.switchboard('hide'));
  await page.locator('switchboard-widget iframe').waitFor({ state: 'hidden' });
  await page.evaluate(() => globalThis.switchboard('destroy'));
  assert.equal(await page.locator('switchboard-widget').count(), 0);
  await context.close();
});

test('the widget works with a policy that allows only its script and frame', async (t) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
  const origin = new URL(demo.console).origin;
  const strict = createServer((_, answer) => {
    answer.writeHead(200, { 'Content-Type': 'text/html', 'Content-Security-Policy': `default-src 'none'; script-src ${origin}; frame-src ${origin}; require-trusted-types-for 'script'` });
    answer.end(`<!doctype html><title>Strict</title><p>Strict</p><script async src="${origin}/v1/widget.js" data-key="wk_demo"></script>`);
  });
  await once(strict.listen(0, '127.0.0.1'), 'listening');
  t.after(() => strict.close());
  await page.goto(`http://127.0.0.1:${strict.address().port}/`);
  await page.locator('switchboard-widget').getByRole('button').click();
  await page.frameLocator('iframe[title=Chat]').getByLabel('Message').waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test('the panel fits a narrow phone', async () => {
  const context = await browser.newContext({ viewport: { width: 320, height: 560 } });
  const page = await open(context, `${demo.demo}/shop`);
  await page.locator('switchboard-widget').getByRole('button').click();
  const frame = page.frameLocator('iframe[title=Chat]');
  await frame.getByLabel('Message').waitFor();
  assert.equal(await frame.locator('body').evaluate((body) => body.scrollWidth <= innerWidth), true);
  await shot(page, 'chat-phone');
  await frame.getByRole('button', { name: 'Close chat' }).click();
  await page.locator('switchboard-widget iframe').waitFor({ state: 'hidden' });
  await context.close();
});

test('the hosted form opens a conversation', async () => {
  const context = await browser.newContext();
  const page = await open(context, demo.form_url);
  await page.getByLabel(/mail/i).first().fill('lou@shopper.example');
  await page.getByLabel(/message/i).first().fill('The form says hello.');
  await shot(page, 'form');
  await page.locator('button[type=submit], form button').first().click();
  await page.waitForLoadState();
  await desk.locator('.row', { hasText: 'The form says hello.' }).waitFor();
  await context.close();
});

test('the demo’s mailbox sends an email and shows the reply', async () => {
  const context = await browser.newContext();
  const page = await open(context, demo.demo);
  await page.getByRole('button', { name: /Where is my order/ }).click();
  await page.getByLabel('Subject').fill('Where are my lamps?');
  await page.getByRole('button', { name: 'Send' }).click();
  const row = desk.locator('.row', { hasText: 'Where are my lamps?' });
  await row.waitFor();
  await row.locator('a').click();
  await desk.locator('.message-inbound').first().waitFor();
  await desk.keyboard.press('r');
  await desk.keyboard.type('In the van.');
  await desk.keyboard.press('Control+Enter');
  await received(demo, 'jo@acme.example', (one) => one.text.includes('In the van.'));
  await page.locator('.mail-row', { hasText: 'Re: Where are my lamps?' }).click();
  await page.getByText('In the van.').waitFor();
  await shot(page, 'demo');
  await page.getByRole('button', { name: 'Reply' }).click();
  await page.getByLabel('Text').fill('Thank you!');
  await page.getByRole('button', { name: 'Send' }).click();
  await desk.locator('.message-inbound', { hasText: 'Thank you!' }).waitFor();
  await context.close();
});

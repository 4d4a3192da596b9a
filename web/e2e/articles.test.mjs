// The knowledge base: an article is written in the console, read as a page, suggested in the chat, and inserted in a reply.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, ask, everywhere, launch, mail, open, shot, startDemo } from './desk.mjs';

let demo, browser, page;
const line = (name) => page.getByRole('listitem', { name, exact: true });

before(async () => {
  demo = await startDemo();
  browser = await launch();
  await mail(demo.smtp, { from: 'ida@shopper.example', subject: 'Sending back a carpet', text: 'How do I send it back?' });
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' }), demo.console);
  page.setDefaultTimeout(10_000);
  await page.locator('.row', { hasText: 'Sending back a carpet' }).waitFor();
});
after(async () => { await browser?.close(); await demo?.stop(); });

test('an article is written with a preview, saved as a draft, and published', async () => {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Articles' }).click();
  await page.getByRole('button', { name: 'New article' }).click();
  const form = page.getByRole('form', { name: 'New article' });
  await form.getByRole('button', { name: 'Save draft' }).click();
  await form.getByText('Give the article a title').waitFor();
  await form.getByLabel('Title', { exact: true }).fill('Returning a carpet');
  await form.getByLabel('Text', { exact: true }).fill('# Within 30 days\n\n1. Roll it up.\n2. Print the **label**.\n\n<b>not bold</b>');
  await form.getByLabel('Topics').fill('Returns, Carpets');
  await form.locator('.article-preview h2', { hasText: 'Within 30 days' }).waitFor();
  await form.locator('.article-preview', { hasText: '<b>not bold</b>' }).waitFor();
  await everywhere(page, 'articles-form');
  await form.getByRole('button', { name: 'Save draft' }).click();
  await line('Returning a carpet').getByText('Draft', { exact: true }).waitFor();
  assert.equal((await fetch(new URL('/help/en/returning-a-carpet', demo.console))).status, 404);

  await page.getByRole('button', { name: 'Edit Returning a carpet' }).click();
  const edit = page.getByRole('form', { name: 'Edit Returning a carpet' });
  await edit.getByLabel('Text', { exact: true }).fill('# Within 30 days\n\n1. Roll it up.\n2. Print the **label**.\n3. Give it to the carrier.');
  await edit.getByRole('button', { name: 'Save and publish' }).click();
  await line('Returning a carpet').getByText('Published', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Edit Returning a carpet' }).click();
  await page.getByText('Versions (2)').click();
  await page.getByRole('button', { name: 'Version 2' }).click();
  await page.locator('.article-diff ins', { hasText: 'Give it to the carrier.' }).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await line('Returning a carpet').waitFor();
  await everywhere(page, 'articles-list');
  assert.deepEqual(page.complaints, []);
});

test('customers read without scripts what they can expect', async () => {
  const reader = await open(await browser.newContext({ javaScriptEnabled: false }), new URL('/service/business/', demo.console).href);
  await reader.getByRole('heading', { name: 'What you can expect: Business' }).waitFor();
  await reader.getByText('First response within 4 business hours, Mon-Fri 09:00-17:00, UTC').waitFor();
  const checked = await open(await browser.newContext(), new URL('/service/enterprise/', demo.console).href);
  await everywhere(checked, 'service');
  await checked.goto(new URL('/service/standard/', demo.console).href);
  await everywhere(checked, 'service-standard');
  await reader.context().close();
  await checked.context().close();
});

test('the help pages are read without scripts', async () => {
  const reader = await (await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1440, height: 900 } })).newPage();
  await reader.goto(new URL('/help', demo.console).href);
  await reader.getByLabel('Search the help pages').fill('return carpets');
  await reader.getByRole('button', { name: 'Search' }).click();
  await reader.getByRole('link', { name: 'Returning a carpet' }).click();
  await reader.getByRole('heading', { name: 'Within 30 days' }).waitFor();
  await reader.getByRole('link', { name: 'Contact us' }).waitFor();
  await reader.getByRole('button', { name: 'Yes' }).click();
  await reader.getByText('Thank you. We are glad that it helped.').waitFor();
  await reader.context().close();
  const seen = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, bypassCSP: true })).newPage();
  for (const [name, path] of [['help-article', '/help/en/returning-a-carpet'], ['help-index', '/help/en'], ['help-search', '/help/en?q=carpet']]) {
    await seen.goto(new URL(path, demo.console).href);
    await everywhere(seen, name);
  }
  await seen.context().close();
});

test('the chat suggests the article while a visitor writes', async () => {
  const shop = await (await browser.newContext({ viewport: { width: 1100, height: 800 } })).newPage();
  await shop.goto(`${demo.demo}/shop`);
  await shop.locator('switchboard-widget').getByRole('button').click();
  const panel = shop.frameLocator('iframe[title=Chat]');
  await panel.getByLabel('Message').pressSequentially('how do I return my carp');
  const link = panel.getByRole('region', { name: 'These articles may help:' }).getByRole('link', { name: /Returning a carpet/ });
  await link.waitFor();
  await accessible(shop, 'chat with suggestions');
  await shot(shop, 'chat-suggestions');
  const [article] = await Promise.all([shop.context().waitForEvent('page'), link.click()]);
  await article.getByRole('heading', { name: 'Returning a carpet' }).waitFor();
  await shop.context().close();
});

test('the form suggests the article while a visitor writes, below a strict policy and without hiding its button', async () => {
  const form = new URL('/f/support', demo.console).href;
  const visitor = await open(await browser.newContext({ viewport: { width: 1100, height: 600 } }), form);
  await visitor.getByLabel('Message').pressSequentially('how do I return my carp');
  const typed = Date.now();
  const link = visitor.locator('#articles').getByRole('link', { name: 'Returning a carpet' });
  await link.waitFor();
  console.log(`# suggested ${Date.now() - typed} ms after the last key`);
  assert.equal(await visitor.getByRole('button', { name: 'Send' }).evaluate((button) => { const at = button.getBoundingClientRect(); return at.top >= 0 && at.bottom <= innerHeight; }), true);
  const [article] = await Promise.all([visitor.context().waitForEvent('page'), link.click()]);
  await article.getByRole('heading', { name: 'Returning a carpet' }).waitFor();
  assert.match(article.url(), /from=form$/);
  await visitor.getByLabel('Message').fill('');
  await link.waitFor({ state: 'detached' });
  assert.deepEqual(visitor.complaints, []);
  await visitor.context().close();
  const seen = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, bypassCSP: true })).newPage();
  await seen.goto(form);
  await seen.getByLabel('Message').pressSequentially('return a carpet');
  await seen.locator('#articles').getByRole('link', { name: 'Returning a carpet' }).waitFor();
  await everywhere(seen, 'form-suggestions');
  await seen.context().close();
  const plain = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await plain.goto(form);
  await plain.getByLabel('Your e-mail address').fill('ned@shopper.example');
  await plain.getByLabel('Message').fill('Where is my carpet?');
  await plain.getByRole('button', { name: 'Send' }).click();
  await plain.getByText('Your message has arrived.').waitFor();
  await plain.context().close();
});

test('a topic without an article becomes one', async () => {
  for (const n of ['one', 'two']) await mail(demo.smtp, { from: `${n}@shopper.example`, subject: `Wobbly spindle ${n}`, text: 'It wobbles.' });
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(`${demo.console}#/all`);
  for (const n of ['one', 'two']) await page.locator('.row', { hasText: `Wobbly spindle ${n}` }).waitFor();
  await page.goto(`${demo.console}#/articles`);
  const section = page.getByRole('region', { name: 'Missing articles' });
  await section.getByRole('listitem').first().waitFor();
  const all = section.getByRole('button', { name: /^Show all/ });
  if (await all.count()) await all.click();
  const gap = section.getByRole('listitem', { name: 'wobbly spindle', exact: true });
  await gap.getByText('2 conversations').waitFor();
  await gap.getByText('Conversations about wobbly spindle').click();
  await gap.getByRole('link', { name: /Wobbly spindle one/ }).waitFor();
  await everywhere(page, 'articles-gaps');
  await gap.getByRole('button', { name: 'Write an article about wobbly spindle' }).click();
  const form = page.getByRole('form', { name: 'New article' });
  assert.equal(await form.getByLabel('Title', { exact: true }).inputValue(), 'Wobbly spindle');
  assert.equal(await form.getByLabel('Topics').inputValue(), 'wobbly spindle');
  await form.getByLabel('Text', { exact: true }).fill('Tighten the screw.');
  await form.getByRole('button', { name: 'Save and publish' }).click();
  await line('Wobbly spindle').getByText('Published', { exact: true }).waitFor();
  await gap.waitFor({ state: 'detached' });
  await page.getByLabel('Owner').selectOption('none');
  await line('Wobbly spindle').waitFor({ state: 'detached' });
  await page.getByLabel('Owner').selectOption('me');
  await line('Wobbly spindle').waitFor();
  await page.getByLabel('Only review due').check();
  await page.getByText('No article matches.').waitFor();
  await page.getByLabel('Only review due').uncheck();
  await page.getByRole('button', { name: 'Edit Wobbly spindle' }).focus();
  await page.keyboard.press('j');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Edit Returning a carpet');
  await page.keyboard.press('k');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Edit Wobbly spindle');
  assert.deepEqual(page.complaints, []);
});

test('an internal article is a checklist beside the conversations of an inbox', async () => {
  await page.goto(`${demo.console}#/articles`);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('button', { name: 'New article' }).click();
  const form = page.getByRole('form', { name: 'New article' });
  await form.getByLabel('Title', { exact: true }).fill('Carpets that come back');
  await form.getByLabel('Text', { exact: true }).fill('Before you answer:\n\n1. Find the **order**\n2. Ask a lead above 50 €');
  await form.getByLabel('Agents only').check();
  await form.getByLabel('Inboxes (keys)').fill(demo.inbox ?? 'frontline');
  await everywhere(page, 'runbook-form');
  await form.getByRole('button', { name: 'Save and publish' }).click();
  await line('Carpets that come back').getByText('Published', { exact: true }).waitFor();
  const visit = async () => {
    await page.goto(`${demo.console}#/all`);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.locator('.row', { hasText: 'Sending back a carpet' }).locator('a').click();
    await page.getByText('Carpets that come back').waitFor();
  };
  await visit();
  await page.getByText('0 of 2 done').waitFor();
  await page.getByRole('checkbox', { name: 'Find the order' }).check();
  await page.getByText('1 of 2 done').waitFor();
  await everywhere(page, 'runbook-side');
  await page.reload();
  await visit();
  assert.equal(await page.getByRole('checkbox', { name: 'Find the order' }).isChecked(), true);
  assert.deepEqual(page.complaints, []);
});

test('the composer inserts an article as a link or as text', async () => {
  await page.goto(`${demo.console}#/all`);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.locator('.row', { hasText: 'Sending back a carpet' }).locator('a').click();
  await page.locator('.message', { hasText: 'How do I send it back?' }).waitFor();
  await page.keyboard.press('r');
  await page.locator('.recipient').first().waitFor();
  await page.locator('.editor').getByRole('button', { name: 'Articles' }).click();
  await page.getByRole('searchbox', { name: 'Search articles' }).fill('carpets');
  await line('Returning a carpet').waitFor();
  await everywhere(page, 'articles-insert');
  await page.getByRole('button', { name: 'Insert link: Returning a carpet' }).click();
  assert.match(await page.locator('.editor textarea').inputValue(), /^\[Returning a carpet\]\(https?:\/\/[^)]*\/help\/en\/returning-a-carpet\)$/);
  await page.locator('.editor').getByRole('button', { name: 'Articles' }).click();
  await page.getByRole('button', { name: 'Insert text: Returning a carpet' }).click();
  await page.waitForFunction(() => document.querySelector('.editor textarea').value.includes('Give it to the carrier.'));
  assert.deepEqual(page.complaints, []);
});

test('an answer becomes a draft without what is personal', async () => {
  const { data: [{ id }] } = await ask(demo, `/conversations?q=${encodeURIComponent('Sending back a carpet')}`);
  const text = 'Hi Ida,\n\nroll it up, and write to ida@shopper.example about order 4711.\n\nBest regards\nAda';
  const sent = await fetch(`${demo.api}/conversations/${id}/replies`, { method: 'POST', headers: { Authorization: `Bearer ${demo.api_key}`, 'Content-Type': 'application/json' }, body: JSON.stringify({ text }) });
  assert.equal(sent.status, 201);
  await page.goto(`${demo.console}#/c/${id}`);
  await page.locator('.message', { hasText: 'roll it up' }).getByRole('button', { name: 'Create article' }).click();
  const form = page.getByRole('form', { name: /^Edit/ });
  await form.getByText('What was removed from the answer').waitFor();
  assert.equal(await form.getByLabel('Text', { exact: true }).inputValue(), 'Roll it up, and write to [address] about order [number].');
  await form.locator('.article-removed').getByText('ida@shopper.example').waitFor();
  await everywhere(page, 'articles-from-answer');
  page.once('dialog', (dialog) => dialog.dismiss());
  await form.getByRole('button', { name: 'Save and publish' }).click();
  await form.getByText('still has placeholders').waitFor();
  await form.getByRole('button', { name: 'Cancel' }).click();
  await line('Sending back a carpet').getByText('Draft', { exact: true }).waitFor();
  assert.deepEqual(page.complaints, []);
});

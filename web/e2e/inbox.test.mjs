// What agents rely on: nothing disappears, nobody is dropped from a reply, drafts and unread marks survive.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, ask, launch, mail, open, received, shot, startDemo } from './desk.mjs';

let demo, browser, page;
const row = (on, subject) => on.locator('.row', { hasText: subject });
const select = async (on, subject) => {
  await row(on, subject).locator('a').click();
  await on.locator('.thread-subject', { hasText: subject }).waitFor();
  await on.locator('.message').first().waitFor();
};
const fresh = async (options = {}) => {
  const other = await open(await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options }), demo.console);
  await other.locator('.row').first().waitFor();
  return other;
};

before(async () => {
  demo = await startDemo();
  browser = await launch();
  page = await fresh();
});
after(async () => { await browser?.close(); await demo?.stop(); });

test('everyone in Cc is a chip, gets the answer, and is in its header', async () => {
  await mail(demo.smtp, { from: 'jo@acme.example', name: 'Jo Hale', subject: 'Four lamps', text: 'Where are they?', headers: ['Cc: "Sam Roe" <sam@acme.example>, support@demo.example, kim@acme.example'] });
  await row(page, 'Four lamps').waitFor();
  await select(page, 'Four lamps');
  await page.keyboard.press('r');
  await page.locator('.recipient', { hasText: 'Sam Roe' }).waitFor();
  assert.deepEqual(await page.locator('.recipient').evaluateAll((list) => list.map((one) => one.title)), ['jo@acme.example', 'sam@acme.example', 'kim@acme.example']);
  await page.getByRole('button', { name: 'Remove kim@acme.example from Cc' }).click();
  await page.getByLabel('Add to Cc').fill('lee@acme.example');
  await page.getByLabel('Add to Cc').press('Enter');
  await page.locator('.editor textarea').fill('They left the warehouse today.');
  await page.getByRole('button', { name: /Send to jo@acme.example and 2 others/ }).waitFor();
  await accessible(page, 'recipients');
  await shot(page, 'recipients');
  await page.locator('.editor textarea').press('Control+Enter');
  for (const to of ['jo', 'sam', 'lee']) {
    const copy = await received(demo, `${to}@acme.example`, (one) => one.text.includes('left the warehouse'));
    assert.ok(copy);
  }
  await page.locator('.editor').waitFor({ state: 'detached' });
  const [conversation] = (await ask(demo, `/conversations?q=${encodeURIComponent('from:jo@acme.example "Four lamps"')}`)).data;
  const sent = (await ask(demo, `/conversations/${conversation.id}/messages`)).data.at(-1);
  assert.deepEqual([sent.to, sent.cc].map((list) => list.map((one) => one.email)), [['jo@acme.example'], ['sam@acme.example', 'lee@acme.example']]);
  assert.equal(sent.deliveries.length, 3);
});

test('what was answered is in Mine and Pending; a move gives it to the receiver', async () => {
  const rail = page.getByRole('navigation', { name: 'Views' });
  await rail.getByRole('link', { name: 'Pending' }).click();
  await row(page, 'Four lamps').waitFor();
  await accessible(page, 'pending');
  await shot(page, 'pending');
  await rail.getByRole('link', { name: 'Mine' }).click();
  await row(page, 'Four lamps').waitFor();
  await select(page, 'Four lamps');
  await page.keyboard.press('t');
  const dialog = page.getByRole('dialog', { name: 'Move to another inbox' });
  await dialog.getByRole('radio', { name: 'Integrations' }).check();
  await dialog.getByLabel('Problem').fill('The tracking link is dead.');
  await dialog.getByLabel('What was tried').fill('Looked in the shipment.');
  await dialog.getByLabel('What the customer was told').fill('A specialist looks into it.');
  await page.keyboard.press('Control+Enter');
  await dialog.waitFor({ state: 'detached' });
  const ben = await fresh();
  await ben.getByLabel('Act as another agent').selectOption('ben@demo.example');
  await ben.locator('.rail .avatar', { hasText: 'BO' }).waitFor();
  await ben.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Unassigned' }).click();
  await row(ben, 'Four lamps').waitFor();
  await ben.context().close();
});

test('snoozed and resolved conversations have a place', async () => {
  await mail(demo.smtp, { from: 'pat@shopper.example', name: 'Pat', subject: 'Later please', text: 'No hurry.' });
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await select(page, 'Later please');
  await page.keyboard.press('s');
  await page.keyboard.type('tomorrow 9:00');
  await page.keyboard.press('Enter');
  const rail = page.getByRole('navigation', { name: 'Views' });
  await rail.getByRole('link', { name: 'Snoozed' }).click();
  await select(page, 'Later please');
  await page.keyboard.press('e');
  await rail.getByRole('link', { name: 'Snoozed' }).click();
  await rail.getByRole('link', { name: 'Resolved' }).click();
  await row(page, /./).first().waitFor();
  await shot(page, 'resolved');
});

test('a draft is on the server: another browser has it, and discarding can be undone', async () => {
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await mail(demo.smtp, { from: 'ray@shopper.example', name: 'Ray', subject: 'Blue chair', text: 'Is it blue?' });
  await select(page, 'Blue chair');
  await page.keyboard.press('r');
  await page.locator('.editor textarea').fill('Dear Ray, it is');
  const until = Date.now() + 8000;
  while (!(await ask(demo, '/drafts')).data.some((one) => one.text === 'Dear Ray, it is')) assert.ok(Date.now() < until);
  const other = await fresh();
  await select(other, 'Blue chair');
  await other.locator('.door-reply .draft-mark').waitFor();
  await other.keyboard.press('r');
  assert.equal(await other.locator('.editor textarea').inputValue(), 'Dear Ray, it is');
  await other.context().close();
  await page.getByRole('button', { name: 'Discard' }).click();
  await page.locator('.notice', { hasText: 'Draft discarded' }).getByRole('button', { name: 'Undo' }).click();
  await page.locator('.editor textarea').waitFor();
  assert.equal(await page.locator('.editor textarea').inputValue(), 'Dear Ray, it is');
  await page.getByRole('button', { name: 'Discard' }).click();
});

test('unread survives a reload, reading does, too, and new mail does not move the selected row', async () => {
  await page.keyboard.press('Escape');
  await mail(demo.smtp, { from: 'uma@shopper.example', name: 'Uma', subject: 'Unread one', text: 'Hello?' });
  await page.locator('.row-new', { hasText: 'Unread one' }).waitFor();
  await page.reload();
  await page.locator('.row-new', { hasText: 'Unread one' }).waitFor();
  await select(page, 'Unread one');
  await page.locator('.row-new', { hasText: 'Unread one' }).waitFor({ state: 'detached' });
  const y = async () => Math.round((await row(page, 'Unread one').boundingBox()).y);
  const before = await y();
  await mail(demo.smtp, { from: 'vic@shopper.example', name: 'Vic', subject: 'Above it', text: 'New.' });
  await page.locator('.pill', { hasText: '1 new' }).waitFor();
  assert.equal(await y(), before);
  await page.reload();
  await row(page, 'Unread one').waitFor();
  assert.equal(await page.locator('.row-new', { hasText: 'Unread one' }).count(), 0);
});

test('phone and medium width', async () => {
  for (const [width, colorScheme] of [[800, 'light'], [390, 'dark']]) {
    const other = await fresh({ viewport: { width, height: 844 }, colorScheme });
    await shot(other, `inbox-list-${width}`);
    await accessible(other, `list at ${width}`);
    await other.locator('.row a').first().click();
    await other.locator('.message').first().waitFor();
    await accessible(other, `thread at ${width}`);
    await shot(other, `inbox-thread-${width}`);
    await other.context().close();
  }
});

test('the browser console has no errors', () => assert.deepEqual(page.complaints, []));

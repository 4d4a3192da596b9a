// A conversation goes from tier to tier: with what the contract asks for, accepted, returned.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, ask, everywhere, launch, mail, open, shot, startDemo } from './desk.mjs';

let demo, browser, page, ben;
const row = (on, subject) => on.locator('.row', { hasText: subject });
const select = async (on, subject) => {
  await row(on, subject).locator('a').click();
  await on.locator('.thread-subject', { hasText: subject }).waitFor();
  await on.locator('.message').first().waitFor();
};
const fresh = async (agent) => {
  const other = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console);
  await other.locator('.row').first().waitFor();
  if (agent) {
    await other.getByLabel('Act as another agent').selectOption(agent);
    await other.locator('.rail .avatar', { hasText: 'BO' }).waitFor();
  }
  return other;
};

before(async () => {
  demo = await startDemo();
  browser = await launch();
  page = await fresh();
});
after(async () => { await browser?.close(); await demo?.stop(); });

test('the dialog asks for what the contract requires and shows the new deadlines', async () => {
  await mail(demo.smtp, { from: 'hal@acme.example', name: 'Hal', subject: 'Door does not close', text: 'The door of the cabinet does not close.' });
  await row(page, 'Door does not close').waitFor();
  await select(page, 'Door does not close');
  await page.keyboard.press('t');
  const dialog = page.getByRole('dialog', { name: 'Move to another inbox' });
  await dialog.getByLabel('Problem').waitFor();
  assert.equal(await dialog.getByLabel('Problem').evaluate((field) => field === document.activeElement), true, 'the first field has the focus');
  const effect = dialog.locator('.effect');
  await effect.getByText('SLA policy t2').waitFor();
  await effect.getByText('resolution').waitFor();
  await effect.getByText('Accept by').waitFor();
  await everywhere(page, 'move');
  await page.keyboard.press('Control+Enter');
  assert.equal(await dialog.getByText('Fill in this field.').count(), 3);
  await dialog.getByLabel('Problem').fill('The hinge is bent.');
  // Another destination keeps what is written.
  await dialog.getByRole('radio', { name: 'Engineering' }).check();
  await dialog.getByText('Required when moving up to Engineering.').waitFor();
  await dialog.getByRole('radio', { name: 'Integrations' }).check();
  await dialog.getByLabel('What was tried').fill('Tightened the screws.');
  assert.equal(await dialog.getByLabel('Problem').inputValue(), 'The hinge is bent.');
  await page.keyboard.press('Control+Enter');
  await dialog.getByText('Fill in this field.').waitFor();
  await accessible(page, 'evidence refused');
  await shot(page, 'evidence-refused');
});

test('evidence that the server refuses is an error of its field, and nothing is lost', async () => {
  const dialog = page.getByRole('dialog', { name: 'Move to another inbox' });
  await dialog.getByLabel('What the customer was told').fill('...');
  await page.keyboard.press('Control+Enter');
  await dialog.getByText('Is required for a move from tier 1 to tier 2.').waitFor();
  assert.equal(await dialog.getByLabel('What was tried').inputValue(), 'Tightened the screws.');
  page.complaints = page.complaints.filter((one) => !one.includes('422'));
  await dialog.getByLabel('What the customer was told').fill('A specialist answers today.');
  await page.keyboard.press('Control+Enter');
  await dialog.waitFor({ state: 'detached' });
  const card = page.getByRole('region', { name: 'Handover' });
  await card.getByText('Frontline → Integrations').waitFor();
  await card.getByText('A specialist answers today.').waitFor();
  await card.getByText(/^Accept by/).waitFor();
  assert.equal(await page.getByText('The hinge is bent.').count(), 1, 'the handover is shown once');
  await everywhere(page, 'handover-pending');
});

test('the receiver accepts it', async () => {
  ben = await fresh('ben@demo.example');
  await ben.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Integrations' }).click();
  await select(ben, 'Door does not close');
  const card = ben.getByRole('region', { name: 'Handover' });
  await card.getByRole('button', { name: 'Accept' }).click();
  await card.getByText(/^Accepted by You/).waitFor();
  assert.equal(await card.getByRole('button', { name: 'Accept' }).count(), 0);
  await page.getByRole('region', { name: 'Handover' }).getByText(/^Accepted by Ben/).waitFor(); // live, at the sender's
  await accessible(ben, 'accepted');
  await shot(ben, 'handover-accepted');
});

test('the receiver returns it with a reason', async () => {
  const card = ben.getByRole('region', { name: 'Handover' });
  await card.getByRole('button', { name: 'Return' }).click();
  const dialog = ben.getByRole('dialog', { name: 'Return to Frontline' });
  await ben.keyboard.press('Control+Enter');
  await dialog.getByText('Say what is missing').waitFor();
  await accessible(ben, 'return');
  await shot(ben, 'return');
  await ben.keyboard.type('Which cabinet is it?');
  await ben.keyboard.press('Control+Enter');
  await dialog.waitFor({ state: 'detached' });
  const here = page.getByRole('region', { name: 'Handover' });
  await here.getByText(/^Returned by Ben/).waitFor();
  await here.getByText('Which cabinet is it?').waitFor();
  await everywhere(page, 'handover-returned');
  const [conversation] = (await ask(demo, `/conversations?q=${encodeURIComponent('"Door does not close"')}`)).data;
  assert.equal(conversation.inbox.key, 'frontline');
});

test('deadlines: late first, explained, in a view of their own, with an order to choose', async () => {
  const desk = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console, { usualOrder: true });
  const rows = desk.locator('.row');
  await rows.first().locator('.due-breached').waitFor();
  assert.match(await rows.first().locator('.due').textContent(), /^Late \u2212\d+[dhm].*· first reply$/);
  const late = Number(await desk.getByRole('link', { name: 'Breaching' }).locator('.entry-count').textContent());
  await desk.keyboard.press('g');
  await desk.keyboard.press('b');
  await desk.getByRole('heading', { name: 'Breaching' }).waitFor();
  await desk.waitForFunction((n) => document.querySelectorAll('.row').length === n, late);
  await everywhere(desk, 'breaching');
  await rows.first().locator('a').click();
  await desk.locator('.where .due-breached').waitFor();
  await desk.locator('.where .due-help button').focus();
  await desk.getByRole('tooltip').getByText(/target/).first().waitFor();
  await accessible(desk, 'what a deadline is');
  await desk.keyboard.press('Escape');
  assert.equal(await desk.getByRole('tooltip').count(), 0);
  await desk.locator('.where .due-breached').waitFor(); // still open
  await desk.locator('.why summary').click();
  await desk.getByRole('cell', { name: 'Late' }).first().waitFor();
  await everywhere(desk, 'why');
  const before = await rows.first().getAttribute('data-id');
  await desk.locator('.sort select').selectOption('newest');
  await desk.waitForFunction((id) => document.querySelector('.row') && document.querySelector('.row').dataset.id !== id, before);
  await desk.reload();
  await rows.first().waitFor();
  assert.equal(await desk.locator('.sort select').inputValue(), 'newest');
  assert.deepEqual(desk.complaints, []);
  await desk.context().close();
});

test('a reply meets the clock: the row leaves the late ones, live', async () => {
  const desk = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console, { usualOrder: true });
  await desk.locator('.row').first().waitFor();
  await desk.keyboard.press('g');
  await desk.keyboard.press('b');
  await desk.getByRole('heading', { name: 'Breaching' }).waitFor();
  const first = desk.locator('.row', { has: desk.locator('.due-breached') }).first();
  await first.waitFor();
  const id = await first.getAttribute('data-id');
  await first.locator('a').click();
  await desk.locator('.message').first().waitFor();
  await desk.keyboard.press('r');
  await desk.keyboard.type('Sorry for the delay.');
  await desk.keyboard.press('Control+Enter');
  await desk.locator(`.row[data-id="${id}"]`).waitFor({ state: 'detached' });
  await desk.context().close();
});

test('the priority by keyboard', async () => {
  await page.keyboard.press('p');
  const dialog = page.getByRole('dialog', { name: 'Priority' });
  await accessible(page, 'priority');
  await dialog.getByRole('button', { name: 'Urgent' }).click();
  await page.locator('.where .priority-urgent').waitFor();
  await page.locator('.notice', { hasText: 'is urgent' }).getByRole('button', { name: 'Undo' }).click();
  await page.locator('.where .priority-urgent').waitFor({ state: 'detached' });
});

test('notices: pages stand out, one is acknowledged, then all; it opens the conversation', async () => {
  await page.keyboard.press('N');
  const dialog = page.getByRole('dialog', { name: 'Notices' });
  await dialog.locator('.alert').first().waitFor();
  const paged = await dialog.locator('.alert-page').count() > 0; // whether a customer of enterprise waits too long depends on the hour
  await everywhere(page, 'notices');
  const all = await dialog.locator('.alert').count();
  await dialog.getByRole('button', { name: /^Acknowledge the notice/ }).last().click();
  await page.waitForFunction((n) => document.querySelectorAll('.alert').length === n, all - 1);
  await dialog.getByRole('button', { name: 'Acknowledge all' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.alert:not(.alert-page)').length === 0);
  if (paged) {
    const subject = await dialog.locator('.alert-subject').first().innerText();
    await dialog.locator('.alert-body').first().click();
    await page.locator('.thread-subject', { hasText: subject.split(' #')[0] }).waitFor();
    await page.keyboard.press('N');
  }
  const pages = dialog.getByRole('button', { name: /^Acknowledge the notice/ });
  while (await pages.count() > 0) await pages.first().click({ timeout: 2000 }).catch(() => undefined); // one may go with another
  await dialog.getByText('No open notices.').waitFor();
  await accessible(page, 'no notices');
  await page.keyboard.press('Escape');
});

test('what the policy does not allow is disabled, and says so', async () => {
  const id = await ben.locator('.row').first().getAttribute('data-id');
  await ben.route(`**/api/v1/conversations/${id}`, async (route) => {
    const answer = await route.fetch();
    const conversation = await answer.json();
    await route.fulfill({ response: answer, json: { ...conversation, allowed: conversation.allowed.filter((one) => one !== 'reply' && one !== 'resolve') } });
  });
  await ben.locator('.row a').first().click();
  const reply = ben.locator('.door-reply[aria-disabled]');
  await reply.waitFor();
  assert.equal(await reply.getAttribute('title'), 'The policy does not allow your tier to reply.');
  await ben.keyboard.press('e');
  await ben.locator('.notice-bad', { hasText: 'does not allow your tier to resolve' }).waitFor();
  await accessible(ben, 'not allowed');
  await shot(ben, 'not-allowed');
});

test('the browser console has no errors', () => assert.deepEqual([...page.complaints, ...(ben?.complaints ?? [])], []));

// Saved views: made from a search, in the rail with a live count, shared, changed and deleted.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, ask, everywhere, launch, mail, open, shot, startDemo } from './desk.mjs';

let demo, browser, page;
const rail = () => page.getByRole('navigation', { name: 'Views' });
const row = (subject) => page.locator('.row', { hasText: subject });
const stored = async () => (await ask(demo, '/views')).data;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console);
  await mail(demo.smtp, { from: 'kim@view.example', name: 'Kim', subject: 'Seen lamp', text: 'It is dark.' });
  await row('Seen lamp').waitFor();
});
after(async () => { await browser?.close(); await demo?.stop(); });

test('a search is saved by keys, and is in the rail with its count, which follows events', async () => {
  await page.keyboard.press('/');
  await page.keyboard.type('is:open from:view.example');
  await page.keyboard.press('Enter');
  await row('Seen lamp').waitFor();
  await page.locator('#search').press('Escape');
  await page.keyboard.press('S');
  const dialog = page.getByRole('dialog', { name: 'Save this search as a view' });
  await dialog.getByLabel('Search').fill('is:open from:view.example is:lost');
  await dialog.getByLabel('Name').fill('Lamps');
  await page.keyboard.press('Enter');
  await dialog.getByText(/is: must be open/).waitFor();
  page.complaints = page.complaints.filter((one) => !one.includes('422'));
  await dialog.getByLabel('Search').fill('is:open from:view.example');
  await dialog.getByLabel('Order').selectOption('oldest');
  await everywhere(page, 'views-dialog');
  await page.setViewportSize({ width: 1440, height: 900 });
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Lamps' }).waitFor();
  const entry = rail().getByRole('link', { name: 'Lamps' });
  await entry.locator('.entry-count', { hasText: /^1$/ }).waitFor();
  assert.equal(await page.locator('.sort select').inputValue(), 'oldest');
  await mail(demo.smtp, { from: 'lee@view.example', name: 'Lee', subject: 'Second lamp', text: 'Mine, too.' });
  await entry.locator('.entry-count', { hasText: /^2$/ }).waitFor();
  await row('Second lamp').waitFor();
  assert.match(await page.locator('.row').first().innerText(), /Seen lamp/);
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await everywhere(page, 'views-rail');
  await page.setViewportSize({ width: 1440, height: 900 });
});

test('it is found by its name, renamed, shared, and deleted', async () => {
  await page.keyboard.press('g');
  await page.keyboard.press('v');
  const choose = page.getByRole('dialog', { name: 'Go to a saved view' });
  await choose.getByRole('button', { name: /Lamps/ }).waitFor();
  await accessible(page, 'choose a view');
  await choose.getByLabel('Find a view').fill('lam');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Lamps' }).waitFor();
  await page.getByRole('button', { name: 'Edit view' }).click();
  const dialog = page.getByRole('dialog', { name: 'Change the view “Lamps”' });
  await dialog.getByLabel('Name').fill('All lamps');
  await dialog.getByLabel('Who sees it').selectOption('all');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('list', { name: 'Views of everybody' }).getByRole('link', { name: 'All lamps' }).waitFor();
  assert.deepEqual((await stored()).map(({ name, scope, sort }) => [name, scope, sort]), [['All lamps', 'all', 'oldest']]);
  await shot(page, 'views-shared');
  await page.getByRole('button', { name: 'Edit view' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await rail().getByRole('link', { name: 'All lamps' }).waitFor({ state: 'detached' });
  assert.deepEqual(await stored(), []);
  await page.locator('.notice', { hasText: 'Deleted the view' }).getByRole('button', { name: /^Undo/ }).click();
  await rail().getByRole('link', { name: 'All lamps' }).waitFor();
  assert.deepEqual(page.complaints, []);
});

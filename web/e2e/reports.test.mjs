// The page of measures: numbers, charts, tables, the conversations behind them, and CSV.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { ask, everywhere, launch, open, startDemo } from './desk.mjs';

let demo, browser, page;
const card = (name) => page.getByRole('listitem').filter({ has: page.getByRole('button', { name: new RegExp(`^${name}`) }) });

before(async () => {
  demo = await startDemo();
  browser = await launch();
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', timezoneId: 'Europe/Berlin' }), demo.console);
  page.setDefaultTimeout(15_000);
});
after(async () => { await browser?.close(); await demo?.stop(); });

test('numbers come first, with the period before and a chart beside each', async () => {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Reports' }).click();
  await page.getByRole('heading', { name: 'Reports', exact: true }).waitFor();
  await card('First reply').locator('.measure-value').waitFor();
  const load = await ask(demo, '/reports/load?by=day&tz=Europe/Berlin');
  assert.ok(load.data.length >= 30, 'a row for each day');
  await card('New conversations').getByRole('img').waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.measure .bones').length === 0);
  await everywhere(page, 'reports');
});

test('a measure has a chart, a table by what is chosen, and the conversations behind each number', async () => {
  await card('First reply').getByRole('button').click();
  await page.getByRole('heading', { name: 'First reply' }).waitFor();
  await page.getByRole('img', { name: /First reply: between/ }).waitFor();
  await page.getByLabel('Group by').selectOption('agent');
  const table = page.getByRole('region', { name: 'Table' });
  await table.getByRole('columnheader', { name: 'Median' }).waitFor();
  const from = new Date(Date.now() - 40 * 86_400_000).toISOString();
  const { data } = await ask(demo, `/reports/first_response?by=agent&from=${from}`);
  const best = data.sort((a, b) => b.n - a.n)[0];
  await table.getByRole('button', { name: best.name }).click();
  const points = page.getByRole('region', { name: `Conversations: ${best.name}` });
  await points.getByRole('link').first().waitFor();
  assert.ok(await points.getByRole('link').count() <= best.n);
  await everywhere(page, 'reports-measure');

  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save as CSV' }).click()]);
  const rows = (await readFile(await file.path(), 'utf8')).trim().split('\r\n');
  assert.equal(rows.length - 1, await table.locator('tbody tr').count());
  assert.ok(rows.some((line) => line.includes(best.name)), rows.join('\n'));

  await points.getByRole('link').first().click();
  await page.locator('.message').first().waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'First reply' }).waitFor();
  assert.deepEqual(page.complaints, []);
});

test('a click on the chart shows the conversations of that day; an hour can be shown, too', async () => {
  await page.getByRole('button', { name: 'All measures' }).click();
  await card('New conversations').getByRole('button').click();
  const chart = page.locator('.chart-pick .u-over');
  await chart.waitFor();
  const { x, y, width, height } = await chart.boundingBox();
  await page.mouse.move(x + width - 8, y + height / 2);
  await page.mouse.click(x + width - 8, y + height / 2);
  await page.getByRole('region', { name: /^Conversations: / }).getByRole('link').first().waitFor();
  await page.getByLabel('Group by').selectOption('day');
  await page.getByRole('region', { name: 'Table' }).getByRole('columnheader', { name: 'Open at the end' }).waitFor();
  await everywhere(page, 'reports-days');
});

test('what is shown can be saved, opened by its link, changed, shared and removed', async () => {
  const saved = page.getByRole('region', { name: 'Saved reports' });
  await page.getByRole('button', { name: 'All measures' }).click();
  await saved.getByText('Save the measures that you look at often').waitFor();
  await page.locator('.page-head .report-tools select').first().selectOption('last_month');
  await saved.getByRole('button', { name: 'Save this selection' }).click();
  const form = saved.getByRole('form', { name: 'Save this selection' });
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('Enter a name.').waitFor();
  assert.equal(await form.getByLabel('Name').evaluate((field) => field === document.activeElement), true, 'the field that is wrong has the focus');
  await form.getByLabel('Name').fill('Monday numbers');
  for (const box of await form.getByRole('checkbox').all()) if (!['load', 'first_response', 'csat'].includes(await box.getAttribute('value'))) await box.uncheck();
  await everywhere(page, 'reports-saving');
  await form.getByLabel('Name').press('Enter');
  const open = saved.getByRole('link', { name: /Monday numbers/ });
  await open.waitFor();
  await page.waitForFunction(() => /^#\/reports\/sr_/.test(location.hash) && document.querySelectorAll('.measure').length === 3);
  assert.equal(await open.getAttribute('aria-current'), 'page');
  assert.equal(await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Reports' }).getAttribute('aria-current'), 'page');
  let [stored] = (await ask(demo, '/saved-reports')).data;
  assert.deepEqual([stored.name, stored.period, stored.tz, stored.scope, stored.measures], ['Monday numbers', 'last_month', 'Europe/Berlin', 'own', ['load', 'first_response', 'csat']]);

  // Another period can be kept; the page is the same after a reload.
  await page.locator('.page-head .report-tools select').first().selectOption('last_7_days');
  await saved.getByRole('button', { name: 'Keep the changed selection' }).click();
  await saved.getByRole('button', { name: 'Keep the changed selection' }).waitFor({ state: 'detached' });
  await page.reload();
  await page.waitForFunction(() => document.querySelectorAll('.measure').length === 3);
  assert.equal(await page.locator('.page-head .report-tools select').first().inputValue(), 'last_7_days');

  await saved.getByRole('button', { name: 'Edit or share' }).click();
  await saved.getByLabel('Name').fill('Weekly numbers');
  await saved.getByLabel('Who sees it').selectOption('all');
  await saved.getByRole('button', { name: 'Save', exact: true }).click();
  await saved.getByRole('link', { name: 'Weekly numbers Shared' }).waitFor();
  [stored] = (await ask(demo, '/saved-reports')).data;
  assert.deepEqual([stored.name, stored.period, stored.scope], ['Weekly numbers', 'last_7_days', 'all']);
});

test('a saved report can be subscribed to, for oneself and others; a link in the mail ends it', async () => {
  const mails = page.getByRole('group', { name: 'By mail' });
  await mails.getByRole('button', { name: 'Send it to me each Monday' }).click();
  await mails.getByText(/^You get this report by mail\. Next: Mon, \w+ \d+, 08:00|^You get this report by mail\. Next: Mon/).waitFor();
  await mails.getByLabel('Send it also to').selectOption({ index: 1 });
  await mails.getByRole('button', { name: /^Unsubscribe ./ }).waitFor();
  await everywhere(page, 'reports-saved');
  const [stored] = (await ask(demo, '/saved-reports')).data;
  assert.equal(stored.subscribers.length, 2);
  await mails.getByRole('button', { name: /^Unsubscribe ./ }).click();
  await mails.getByRole('button', { name: /^Unsubscribe ./ }).waitFor({ state: 'detached' });

  await page.goto(new URL(`#/reports/${stored.id}/unsubscribe`, page.url()).href);
  const asked = page.getByRole('alertdialog');
  await asked.getByRole('button', { name: 'Unsubscribe' }).waitFor();
  await everywhere(page, 'reports-unsubscribe');
  await page.keyboard.press('Enter'); // it has the focus
  await mails.getByText('You do not get this report by mail.').waitFor();
  assert.equal((await ask(demo, '/saved-reports')).data[0].subscribers.length, 0);

  page.once('dialog', (dialog) => dialog.accept());
  await page.getByRole('region', { name: 'Saved reports' }).getByRole('button', { name: 'Remove' }).click();
  await page.getByText('Save the measures that you look at often').waitFor();
  await page.goto(new URL(`#/reports/${stored.id}`, page.url()).href);
  await page.getByText('This report was removed, or is not shared with you any more.').waitFor();
  await page.getByRole('region', { name: 'Saved reports' }).getByRole('button', { name: 'Close' }).click();
  assert.deepEqual(page.complaints, []);
});

test('who leads nothing sees why there are no reports; a failure can be tried again', async () => {
  await page.route('**/reports/flow**', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"title":"The database is not available","status":503}' }));
  await page.goto(new URL('#/reports', page.url()).href);
  await page.reload();
  const flow = card('Flow between inboxes');
  await flow.getByRole('alert').waitFor();
  await page.unroute('**/reports/flow**');
  await flow.getByRole('button', { name: 'Retry' }).click();
  await flow.getByRole('alert').waitFor({ state: 'detached' });
  page.complaints = page.complaints.filter((one) => !one.includes('503'));

  const agents = (await ask(demo, '/agents')).data;
  const plain = agents.find((one) => !one.admin && one.leads.length === 0);
  await page.getByLabel('Act as').selectOption(plain.email).catch(() => page.locator('.switcher select').selectOption(plain.email));
  await page.getByText('Only admins and leads of an inbox can see reports.').waitFor();
  assert.equal(await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Reports' }).count(), 0);
  await everywhere(page, 'reports-denied');
  assert.deepEqual(page.complaints, []);
});

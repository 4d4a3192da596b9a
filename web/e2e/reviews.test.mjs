// Reviews of answers: a lead scores a conversation with the keyboard, and the agent reads it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { everywhere, launch, open, startDemo } from './desk.mjs';

let browser, demo;
before(async () => { [demo, browser] = await Promise.all([startDemo(), launch()]); });
after(async () => { await browser?.close(); await demo?.stop(); });

const api = async (path) => (await fetch(demo.api + path, { headers: { Authorization: `Bearer ${demo.api_key}` } })).json();

test('what was drawn is scored with the keyboard, and counts in reports', async () => {
  const { data } = await api('/reviews?state=open');
  assert.ok(data.length >= 1, `the demo has drawn ${data.length}`);
  const page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console);
  await page.getByRole('link', { name: 'Reviews' }).click();
  await page.getByRole('listitem').filter({ hasText: `#${data[0].conversation.number}` }).waitFor();
  await everywhere(page, 'reviews');
  await page.getByRole('button', { name: /^Review: / }).first().click();
  await page.locator('.review-thread li.review-theirs').first().waitFor();
  await everywhere(page, 'review');
  await page.locator('.review-card').focus();
  await page.keyboard.press('Control+Enter');
  await page.getByRole('alert').getByText('Score each criterion').waitFor();
  for (const key of ['5', '4', '0', '3']) await page.keyboard.press(key);
  assert.equal(await page.locator('.review-card :checked').count(), 4);
  await page.getByLabel(/^Note to/).fill('Read to the end.');
  await page.keyboard.press('Control+Enter');
  await page.getByText('was told.').waitFor();
  await page.locator('.review-card :checked').first().waitFor({ state: 'detached' }); // the next one, or the list
  if (data.length > 1) await page.getByRole('button', { name: 'All reviews' }).click();
  await page.getByRole('button', { name: 'Done', exact: true }).click();
  await page.getByText('4 of 5').waitFor();
  await everywhere(page, 'reviews-done');
  const done = (await api('/reviews?state=done')).data;
  const mine = done.filter((one) => one.note === 'Read to the end.');
  assert.deepEqual(mine.map((one) => one.scores.map(({ score }) => score)), [[5, 4, null, 3]]);
  const report = (await api('/reports/quality?by=agent')).data.find(({ key }) => key === mine[0].agent.id);
  const theirs = done.filter((one) => one.agent.id === mine[0].agent.id).map((one) => one.scores.filter(({ score }) => score).map(({ score }) => (score - 1) / 4));
  const mean = theirs.reduce((sum, card) => sum + card.reduce((a, b) => a + b, 0) / card.length, 0) / theirs.length;
  assert.deepEqual([report.n, report.mean.toFixed(3)], [theirs.length, mean.toFixed(3)]);
  assert.deepEqual(page.complaints, []);
});

// Root causes: conversations are linked in the side panel, and all of their customers get an update in their own conversation.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { everywhere, launch, mail, open, startDemo } from './desk.mjs';

let demo, browser, page;
const row = (subject) => page.locator('.row', { hasText: subject });
const side = () => page.getByRole('complementary');

before(async () => {
  demo = await startDemo();
  browser = await launch();
  await mail(demo.smtp, { from: 'ida.berg@shopper.example', name: 'Ida Berg', subject: 'Blank labels', text: 'The printer prints blank labels.' });
  await mail(demo.smtp, { from: 'kim@buyer.example', name: 'Kim Lee', subject: 'White labels', text: 'All labels are white.' });
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' }), demo.console);
  page.setDefaultTimeout(10_000);
  await row('Blank labels').waitFor();
  await row('White labels').waitFor();
});
after(async () => { await browser?.close(); await demo?.stop(); });

test('a conversation is linked to a new root cause, and another one to the same', async () => {
  await row('Blank labels').locator('a').click();
  await side().getByRole('button', { name: 'Link to a root cause' }).click();
  await page.keyboard.type('Firmware 7');
  await side().getByRole('button', { name: 'Create “Firmware 7” and link it' }).click();
  await side().getByRole('button', { name: 'Open Firmware 7' }).waitFor();
  await page.getByText('linked it to the root cause Firmware 7').waitFor();
  await row('White labels').locator('a').click();
  await page.locator('.message', { hasText: 'All labels are white.' }).waitFor();
  await side().getByRole('button', { name: 'Link to a root cause' }).click();
  await page.keyboard.type('firm');
  await side().getByRole('button', { name: 'Firmware 7', exact: true }).click();
  await side().getByRole('button', { name: 'Open Firmware 7' }).waitFor();
  await everywhere(page, 'rootcauses-side');
  assert.deepEqual(page.complaints, []);
});

test('an update is previewed, sent to all, and shown with what came of it', async () => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(`${demo.console}#/rootcauses`);
  await page.getByRole('button', { name: 'Open Firmware 7' }).waitFor();
  await page.getByRole('button', { name: 'Open Firmware 7' }).click();
  await page.getByText('2 conversations of 2 customers in 2 accounts').waitFor();
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByLabel('Tracked at').fill('tracker');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('must be a web address').waitFor();
  await page.getByLabel('Tracked at').fill('https://tracker.example/7');
  await page.getByLabel('Note').fill('Labels are blank since firmware 7.');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('link', { name: 'Open the tracker' }).waitFor();

  const form = page.getByRole('form', { name: 'Update for all' });
  await form.getByLabel('Text', { exact: true }).fill('Hello {{contact.first_name}}, {{account.nam}}');
  await form.getByRole('button', { name: 'Preview' }).click();
  await form.getByText('there is no variable').waitFor();
  await form.getByLabel('Text', { exact: true }).fill('Hello {{contact.first_name}}, firmware 8 prints labels again.');
  await form.getByRole('button', { name: 'Preview' }).click();
  await form.getByText('2 conversations get it.').waitFor();
  await form.getByText('Ida Berg').click();
  await form.getByText('Hello Ida, firmware 8 prints labels again.').waitFor();
  await everywhere(page, 'rootcauses-preview');
  await page.setViewportSize({ width: 1440, height: 900 });
  await form.getByRole('button', { name: 'Send to 2 customers' }).click();
  await page.getByRole('button', { name: 'Take it back' }).waitFor();
  await page.getByText('2 sent', { exact: true }).waitFor({ timeout: 30_000 });
  await everywhere(page, 'rootcauses-sent');
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(`${demo.console}#/all`);
  await page.goto(`${demo.console}#/pending`);
  await row('Blank labels').locator('a').click();
  await page.locator('.message', { hasText: 'Hello Ida, firmware 8 prints labels again.' }).waitFor();
  page.complaints = page.complaints.filter((one) => !one.includes(' 422 '));
  assert.deepEqual(page.complaints, []);
});

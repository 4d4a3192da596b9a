// Two conversations about one matter become one, and separate again.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, ask, launch, mail, open, shot, startDemo } from './desk.mjs';

let demo, browser, page, older, younger;
const row = (subject) => page.locator('.row', { hasText: subject });
const select = async (subject) => {
  await row(subject).locator('a').click();
  await page.locator('.thread-subject', { hasText: subject }).waitFor();
  await page.locator('.message').first().waitFor();
};
const one = async (subject) => (await ask(demo, `/conversations?q=${encodeURIComponent(`from:may@acme.example "${subject}"`)}`)).data[0];

before(async () => {
  demo = await startDemo();
  browser = await launch();
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console);
  await page.locator('.row').first().waitFor();
  await mail(demo.smtp, { from: 'may@acme.example', name: 'May', subject: 'Cracked shade', text: 'The shade is cracked.' });
  await row('Cracked shade').waitFor();
  await mail(demo.smtp, { from: 'may@acme.example', name: 'May', subject: 'Photos of it', text: 'Here are the photos.' });
  await row('Photos of it').waitFor();
  [older, younger] = [await one('Cracked shade'), await one('Photos of it')];
});
after(async () => { await browser?.close(); await demo?.stop(); });

const mergeInDialog = async () => {
  await select('Photos of it');
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: `Merge #${younger.number} with another conversation` });
  await dialog.getByLabel('Number or words').fill(`${older.number}`);
  await dialog.getByRole('button', { name: `#${older.number} Cracked shade` }).waitFor();
  await accessible(page, 'merge dialog');
  await shot(page, 'merge-dialog');
  await dialog.getByRole('button', { name: `#${older.number} Cracked shade` }).click();
  assert.equal(await dialog.getByRole('radio', { name: `#${older.number} Cracked shade` }).isChecked(), true, 'the older one goes on');
  await accessible(page, 'merge confirmation');
  await shot(page, 'merge-confirm');
  await dialog.getByRole('button', { name: `Merge #${younger.number} into #${older.number}` }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.locator('.thread-subject', { hasText: 'Cracked shade' }).waitFor();
};

test('a merge moves the messages, and the survivor says so', async () => {
  await mergeInDialog();
  await page.locator('.message', { hasText: 'Here are the photos.' }).waitFor();
  await page.locator('.step', { hasText: `merged #${younger.number} into it` }).waitFor();
  await row('Photos of it').waitFor({ state: 'detached' });
  await accessible(page, 'survivor');
  await shot(page, 'merged-survivor');
});

test('the absorbed conversation leads to the survivor, and its banner undoes the merge', async () => {
  await page.goto(`${demo.console}#/c/${younger.id}`);
  const banner = page.locator('.merged');
  await banner.getByRole('link', { name: `#${older.number}` }).waitFor();
  assert.equal(await page.locator('.door').count(), 0);
  await accessible(page, 'absorbed');
  await shot(page, 'merged-absorbed');
  await banner.getByRole('link').click();
  await page.locator('.thread-subject', { hasText: 'Cracked shade' }).waitFor();
  await page.goto(`${demo.console}#/c/${younger.id}`);
  await banner.getByRole('button', { name: 'Undo' }).click();
  await banner.waitFor({ state: 'detached' });
  await page.locator('.message', { hasText: 'Here are the photos.' }).waitFor();
  await row('Photos of it').waitFor();
});

test('the history of the survivor undoes it, too', async () => {
  await mergeInDialog();
  await page.locator('.step', { hasText: `merged #${younger.number} into it` }).getByRole('button', { name: 'Undo' }).click();
  await page.locator('.thread-subject', { hasText: 'Photos of it' }).waitFor();
  await page.locator('.message', { hasText: 'Here are the photos.' }).waitFor();
  await select('Cracked shade');
  await page.locator('.step', { hasText: `undid the merge of #${younger.number}` }).waitFor();
  assert.equal(await page.locator('.message', { hasText: 'Here are the photos.' }).count(), 0);
  assert.equal(await page.locator('.step-undo').count(), 0);
  assert.deepEqual(page.complaints, []);
});

// Agents change the keys of shortcuts (WCAG 2.1 §2.1.4).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, launch, open, shot, startDemo } from './desk.mjs';

let demo, browser, page;
before(async () => {
  demo = await startDemo();
  browser = await launch();
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console);
  await page.locator('.row a').first().click();
  await page.locator('.door-reply kbd', { hasText: 'r' }).waitFor();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

test('a key is changed, shown everywhere, kept over a reload, and reset', async () => {
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  const change = dialog.getByRole('button', { name: 'Change the key of Reply', exact: true });
  const said = dialog.getByRole('status');

  await change.press('Enter');
  await said.getByText('Press the new key for “Reply”.').waitFor();
  await page.keyboard.press('n');
  await said.getByText('n is the key of “Note”. Press another key, or change that one first.').waitFor();
  await page.keyboard.press('Control+w');
  await said.getByText('Ctrl w is needed by the browser').waitFor();
  await page.keyboard.press('ArrowUp');
  await said.getByText('This key cannot be used.').waitFor();
  await accessible(page, 'while a key is awaited');
  await page.keyboard.press('Escape');
  await change.waitFor();
  assert.equal(await dialog.count(), 1, 'Escape cancels the choice and leaves the dialog open');

  await change.click();
  await page.keyboard.press('b');
  await said.getByText('“Reply” now has the key b.').waitFor();
  await dialog.getByRole('button', { name: 'Change the key of Go to: first key' }).click();
  await page.keyboard.press('q');
  await shot(page, 'keys');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });

  await page.locator('.door-reply kbd', { hasText: 'b' }).waitFor();
  await page.reload();
  const door = page.locator('.door-reply');
  await door.locator('kbd', { hasText: 'b' }).waitFor();
  assert.equal(await door.getAttribute('aria-keyshortcuts'), 'b');
  await page.keyboard.press('r');
  assert.equal(await page.locator('.editor').count(), 0, 'the old key does nothing');
  await page.keyboard.press('b');
  await page.locator('.editor-reply').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('q');
  await page.keyboard.press('m');
  await page.waitForURL(/mine/);

  await page.keyboard.press('?');
  await dialog.getByRole('button', { name: 'Reset the key of Reply to r' }).click();
  assert.equal(await change.evaluate((one) => one === document.activeElement), true, 'the focus stays in the row');
  await dialog.getByRole('button', { name: 'Reset all keys' }).click();
  await said.getByText('All shortcuts have their default keys.').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await page.locator('.row a').first().click();
  await page.locator('.door-reply kbd', { hasText: 'r' }).waitFor();
});

test('buttons show no key while the shortcuts are turned off', async () => {
  await page.locator('.thread-actions [aria-keyshortcuts="a"]').waitFor();
  await page.keyboard.press('?');
  await page.getByRole('checkbox', { name: 'Shortcuts of one letter' }).uncheck();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal(await page.locator('.thread-actions [aria-keyshortcuts], .door [aria-keyshortcuts], .door kbd').count(), 0);
  assert.doesNotMatch(await page.locator('.thread-actions button').first().getAttribute('title'), /\(/);
});

test('the browser console has no errors', () => assert.deepEqual(page.complaints, []));

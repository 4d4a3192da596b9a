// An agent writes to somebody who has not written.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, everywhere, launch, open, shot, startDemo } from './desk.mjs';

let demo, browser, ana;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  ana = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console);
  await ana.locator('.row').first().waitFor();
});
after(async () => { await browser?.close(); await demo?.stop(); });

test('a new conversation: what is wrong is said at its field, undo brings the text back, and it waits for the customer', async () => {
  await ana.getByRole('button', { name: 'New conversation' }).waitFor();
  await ana.keyboard.press('c');
  const dialog = ana.getByRole('dialog', { name: 'New conversation' });
  await dialog.waitFor();
  await everywhere(ana, 'first');
  await ana.keyboard.press('Control+Enter');
  await dialog.getByText('Say whom the message is for.').waitFor();
  await dialog.locator('[name=to]').fill('support@demo.example');
  await dialog.locator('[name=subject]').fill('Your order 4711');
  await dialog.locator('[name=text]').fill('It has been sent.');
  await ana.keyboard.press('Control+Enter');
  await dialog.getByText('is one of our own addresses').waitFor();
  ana.complaints = ana.complaints.filter((one) => !one.includes('422'));
  await accessible(ana, 'a new conversation is refused');
  await shot(ana, 'first-refused');
  await dialog.locator('[name=to]').fill('Kim <kim@new.example>');
  await ana.keyboard.press('Control+Enter');
  await dialog.waitFor({ state: 'detached' });
  await ana.locator('.thread-subject', { hasText: 'Your order 4711' }).waitFor();
  await ana.getByRole('button', { name: /^Undo/ }).click();
  await dialog.waitFor();
  assert.equal(await dialog.locator('[name=text]').inputValue(), 'It has been sent.');
  await ana.keyboard.press('Control+Enter');
  await dialog.waitFor({ state: 'detached' });
  await ana.locator('.message', { hasText: 'It has been sent.' }).waitFor();
  await accessible(ana, 'a conversation that was started');
  await shot(ana, 'first-started');
  assert.deepEqual(ana.complaints, []);
});

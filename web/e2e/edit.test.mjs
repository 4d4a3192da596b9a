// Tags, subject and contact of a conversation, changed by keys and buttons, and undone; a merge in the other direction.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, ask, launch, mail, open, shot, startDemo } from './desk.mjs';

let demo, browser, page, id;
const notice = (text) => page.locator('.notice', { hasText: text });
const now = () => ask(demo, `/conversations/${id}`);
const row = (subject) => page.locator('.row', { hasText: subject });

before(async () => {
  demo = await startDemo();
  browser = await launch();
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console);
  for (const [name, subject] of [['May', 'Cold shade'], ['Lee', 'Warm shade']]) {
    await mail(demo.smtp, { from: `${name.toLowerCase()}@shade.example`, name, subject, text: 'It is cold.' });
    await row(subject).waitFor();
  }
  id = (await ask(demo, `/conversations?q=${encodeURIComponent('"Cold shade"')}`)).data[0].id;
  await page.goto(`${demo.console}#/c/${id}`);
  await page.locator('.message').first().waitFor();
});
after(async () => { await browser?.close(); await demo?.stop(); });

test('l changes the tags', async () => {
  const before = (await now()).tags;
  await page.keyboard.press('l');
  const dialog = page.getByRole('dialog', { name: /^Tags of #/ });
  await dialog.getByLabel('Add tags').waitFor();
  await page.keyboard.type('shade,cold,');
  await dialog.getByRole('button', { name: 'Remove cold' }).waitFor();
  await accessible(page, 'tags');
  await shot(page, 'edit-tags');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.locator('.side .tag', { hasText: 'shade' }).waitFor();
  assert.deepEqual((await now()).tags.toSorted(), [...new Set([...before, 'cold', 'shade'])].sort());
  await page.keyboard.press('l');
  await dialog.getByLabel('Add tags').waitFor();
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.keyboard.press('z');
  await page.keyboard.press('z');
  await notice(/Undone: Changed the tags of #\d+/).nth(1).waitFor();
  assert.deepEqual((await now()).tags.toSorted(), before.toSorted());
});

test('the subject, with what is wrong with it', async () => {
  await page.getByRole('button', { name: 'Change the subject' }).click();
  const dialog = page.getByRole('dialog', { name: /^Subject of #/ });
  await dialog.getByLabel('Subject').fill(' ');
  await page.keyboard.press('Enter');
  await dialog.getByText('It cannot be empty.').waitFor();
  page.complaints = page.complaints.filter((one) => !one.includes('422'));
  await dialog.getByLabel('Subject').fill('A cold lampshade');
  await accessible(page, 'subject');
  await page.keyboard.press('Enter');
  await page.locator('.thread-subject', { hasText: 'A cold lampshade' }).waitFor();
  await notice('is “A cold lampshade”').getByRole('button', { name: /^Undo/ }).click();
  await page.locator('.thread-subject', { hasText: 'Cold shade' }).waitFor();
});

test('the contact is another one of the account, and gets the replies', async () => {
  const { contact } = await now();
  await page.getByRole('button', { name: 'Change the contact' }).click();
  const dialog = page.getByRole('dialog', { name: /^Contact of #/ });
  await dialog.getByRole('button', { name: 'Lee' }).waitFor();
  await accessible(page, 'contact');
  await shot(page, 'edit-contact');
  await dialog.getByRole('button', { name: 'Lee' }).click();
  await page.locator('.who', { hasText: 'Lee' }).waitFor();
  assert.equal((await now()).reply.to, 'lee@shade.example');
  await page.keyboard.press('z');
  await page.locator('.who', { hasText: 'May' }).waitFor();
  assert.equal((await now()).contact.id, contact.id);
});

test('a merge into the younger one, and its undo by z', async () => {
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: /^Merge #/ });
  await dialog.getByRole('button', { name: /Warm shade/ }).click();
  await dialog.getByRole('radio', { name: /Warm shade/ }).check();
  await dialog.getByRole('button', { name: /^Merge #\d+ into #\d+/ }).click();
  await page.locator('.thread-subject', { hasText: 'Warm shade' }).waitFor();
  assert.ok((await now()).merged_into);
  await page.keyboard.press('z');
  await page.locator('.thread-subject', { hasText: 'Cold shade' }).waitFor();
  assert.equal((await now()).merged_into, null);
  assert.deepEqual(page.complaints, []);
});

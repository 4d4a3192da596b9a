// Many conversations at once: selection by keys and mouse, operations with a result for each, and undo.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, ask, everywhere, launch, mail, open, shot, startDemo } from './desk.mjs';

let demo, browser, page;
const row = (subject) => page.locator('.row', { hasText: subject });
const bar = () => page.getByRole('group', { name: 'Selected conversations' });
const notice = (text) => page.locator('.notice', { hasText: text });
const found = async (q) => (await ask(demo, `/conversations?q=${encodeURIComponent(q)}`)).data;
const ours = () => found('"Bulk lamp"');

before(async () => {
  demo = await startDemo();
  browser = await launch();
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console);
  await page.locator('.row').first().waitFor();
  for (const n of [1, 2, 3]) {
    await mail(demo.smtp, { from: `kim${n}@acme.example`, name: `Kim ${n}`, subject: `Bulk lamp ${n}`, text: 'It is dark.' });
    await row(`Bulk lamp ${n}`).waitFor();
  }
});
after(async () => { await browser?.close(); await demo?.stop(); });

test('keys select rows and a range, tag them, and one undo takes it back', async () => {
  await row('Bulk lamp 3').locator('a').focus();
  await page.keyboard.press('x');
  await bar().getByText('1 selected').waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('X');
  await bar().getByText('3 selected').waitFor();
  await everywhere(page, 'bulk-bar');
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.keyboard.press('l');
  const dialog = page.getByRole('dialog', { name: 'Tags of 3 conversations' });
  await dialog.getByLabel('Add tags, separated by commas').fill('lamp, dark');
  await accessible(page, 'bulk-tags');
  await shot(page, 'bulk-tags');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await notice('Changed the tags of 3 conversations').waitFor();
  assert.deepEqual((await found('tag:lamp tag:dark')).map((one) => one.subject).sort(), ['Bulk lamp 1', 'Bulk lamp 2', 'Bulk lamp 3']);
  await bar().waitFor({ state: 'detached' });
  await page.keyboard.press('z');
  await notice('Undone: Changed the tags of 3 conversations').waitFor();
  assert.deepEqual(await found('tag:lamp'), []);
});

test('checkboxes select; each operation has its dialog', async () => {
  for (const n of [1, 2]) await page.getByRole('checkbox', { name: `Select: Kim ${n}, Bulk lamp ${n}` }).check();
  await bar().getByText('2 selected').waitFor();
  await bar().getByRole('button', { name: 'Assign' }).click();
  const assign = page.getByRole('dialog', { name: 'Assign 2 conversations' });
  await accessible(page, 'bulk-assign');
  await shot(page, 'bulk-assign');
  await assign.getByRole('button', { name: 'Me' }).click();
  await notice('Assigned 2 conversations to you').waitFor();
  assert.equal((await ours()).filter((one) => one.assignee).length, 2);
  await page.keyboard.press('z');
  await notice('Undone: Assigned 2 conversations to you').waitFor();
  assert.equal((await ours()).filter((one) => one.assignee).length, 0);

  for (const n of [1, 2]) await page.getByRole('checkbox', { name: `Select: Kim ${n}, Bulk lamp ${n}` }).check();
  await page.keyboard.press('p');
  await page.getByRole('dialog', { name: 'Priority of 2 conversations' }).getByRole('button', { name: 'High' }).click();
  await notice('Priority of 2 conversations is high').waitFor();
  for (const n of [1, 2]) await page.getByRole('checkbox', { name: `Select: Kim ${n}, Bulk lamp ${n}` }).check();
  await page.keyboard.press('s');
  const snooze = page.getByRole('dialog', { name: 'Snooze 2 conversations' });
  await snooze.getByRole('textbox').fill('tomorrow 9:00');
  await page.keyboard.press('Enter');
  await notice('Snoozed 2 conversations until').waitFor();
  assert.equal((await ours()).filter((one) => one.status === 'snoozed').length, 2);
  await row('Bulk lamp 1').waitFor({ state: 'detached' });
  await page.keyboard.press('z');
  await notice('Undone: Snoozed 2 conversations').waitFor();
  await row('Bulk lamp 1').waitFor();
  await page.keyboard.press('z');
  await notice('Undone: Priority of 2 conversations is high').waitFor();
  assert.deepEqual([...new Set((await ours()).map((one) => one.priority))], ['normal']);
});

test('what is refused is listed with the reason, and stays selected', async () => {
  for (const n of [1, 2]) await page.getByRole('checkbox', { name: `Select: Kim ${n}, Bulk lamp ${n}` }).check();
  await page.keyboard.press('t');
  const dialog = page.getByRole('dialog', { name: 'Move 2 conversations' });
  await dialog.getByRole('radio').last().check();
  await accessible(page, 'bulk-move');
  await shot(page, 'bulk-move');
  await dialog.getByRole('button', { name: /^Move to/ }).click();
  const outcome = page.getByRole('dialog', { name: '2 conversations were not changed' });
  await outcome.getByRole('link', { name: /Bulk lamp 1/ }).waitFor();
  await everywhere(page, 'bulk-outcome');
  await page.setViewportSize({ width: 1440, height: 900 });
  await outcome.getByRole('link', { name: /Bulk lamp 1/ }).click();
  await page.locator('.thread-subject', { hasText: 'Bulk lamp 1' }).waitFor();
  await bar().getByText('2 selected').waitFor();
  await page.keyboard.press('Escape');
  await bar().waitFor({ state: 'detached' });
});

test('all that match are changed in several steps, and come back with one undo', async () => {
  const all = await found('is:open');
  await page.goto(`${demo.console}#/all`);
  await page.locator('.row a').first().press('x');
  await bar().getByRole('button', { name: 'Select all' }).click();
  const n = Number(/(\d+) selected/.exec(await bar().innerText())[1]);
  assert.ok(n >= all.length && n > 3, `${n} of ${all.length}`);
  await page.keyboard.press('e');
  await page.getByRole('dialog', { name: `Resolve ${n} conversations` }).getByRole('button', { name: 'Resolve' }).click();
  await notice(`Resolved ${n} conversations`).waitFor();
  assert.deepEqual(await found('is:open'), []);
  await page.locator('.row').first().waitFor({ state: 'detached' });
  await shot(page, 'bulk-resolved');
  await page.keyboard.press('z');
  await notice(`Undone: Resolved ${n} conversations`).waitFor();
  await page.locator('.row').first().waitFor();
  assert.equal((await found('is:open')).length, all.length);
});

test('an undo says why it is not possible any more', async () => {
  const [{ id }] = await found('"Bulk lamp 1"');
  await page.goto(`${demo.console}#/c/${id}`);
  await page.locator('.thread-subject', { hasText: 'Bulk lamp 1' }).waitFor();
  await page.keyboard.press('i');
  await notice(/Assigned #\d+ to you/).waitFor();
  const other = (await ask(demo, '/agents')).data.at(-1);
  await fetch(`${demo.api}/conversations/${id}/assign`, { method: 'POST', headers: { Authorization: `Bearer ${demo.api_key}`, 'Content-Type': 'application/json' }, body: JSON.stringify({ assignee: other.id }) });
  await page.keyboard.press('z');
  await notice(/Not undone: Assigned #\d+ to you \(the assignee of conversation #\d+ has changed since/).waitFor();
  await shot(page, 'undo-refused');
  assert.deepEqual(page.complaints, []);
});

// Macros: the page where they are made, and how a reply uses them, down to the customer's mail.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, ask, everywhere, launch, mail, open, received, shot, startDemo } from './desk.mjs';

let demo, browser, page;
const request = (path, body, method = 'POST') => fetch(demo.api + path, { method, headers: { Authorization: `Bearer ${demo.api_key}`, 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
const field = () => page.locator('.editor textarea');
const options = () => page.getByRole('listbox', { name: 'Macros' }).getByRole('option');
const line = (name) => page.getByRole('listitem', { name, exact: true });
const macro = async (name) => (await ask(demo, '/macros')).data.find((one) => one.name === name);
const refused = (status) => { page.complaints = page.complaints.filter((one) => !one.includes(String(status))); };

before(async () => {
  demo = await startDemo();
  browser = await launch();
  await mail(demo.smtp, { from: 'ida@shopper.example', subject: 'A red carpet', text: 'Is it wool?' });
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' }), demo.console);
  page.setDefaultTimeout(10_000);
  await page.locator('.row', { hasText: 'A red carpet' }).waitFor();
});
after(async () => { await browser?.close(); await demo?.stop(); });

test('a macro is made: errors at the fields, variables, a preview, actions', async () => {
  await page.route('**/macros', (route) => route.abort());
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Macros' }).click();
  await page.getByRole('alert').filter({ hasText: 'The macros could not be loaded' }).waitFor();
  page.complaints = [];
  await page.unroute('**/macros');
  await page.getByRole('button', { name: 'Retry' }).click();
  await line('Ask for details').waitFor();
  await everywhere(page, 'macros-list');

  await page.getByRole('button', { name: 'New macro' }).click();
  const form = page.getByRole('form', { name: 'New macro' });
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('Give the macro a name').waitFor();
  await form.getByLabel('Name', { exact: true }).fill('Wool or cotton');
  await form.getByRole('radio', { name: 'All agents' }).check();
  await form.getByLabel('Text', { exact: true }).fill('Dear {{contact.fist_name}},');
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('did you mean "contact.first_name"?').waitFor();
  refused(422);
  await form.getByLabel('Text', { exact: true }).fill('Dear ');
  await form.getByRole('button', { name: 'contact.first_name: the customer\'s first name' }).click();
  await page.keyboard.type(',\n\nyour carpet is **wool**. Number {{conversation.number}}.\n\n{{agent.first_name|Support}}');
  await form.locator('.macro-preview mark', { hasText: 'Jo' }).waitFor();
  await form.getByRole('checkbox', { name: 'without any values' }).check();
  await form.locator('.macro-open', { hasText: '{{contact.first_name}}' }).waitFor();
  const add = form.getByRole('button', { name: 'Add an action' });
  await add.click();
  await form.getByLabel('Value of action 1').fill('carpet');
  await add.click();
  await form.getByLabel('Kind of action 2').selectOption('priority');
  await add.click();
  await form.getByLabel('Kind of action 3').selectOption('status');
  await add.click();
  await form.getByLabel('Kind of action 4').selectOption('move');
  await form.getByLabel('Value of action 4').selectOption('engineering');
  await everywhere(page, 'macros-form');
  await form.getByRole('button', { name: 'Save' }).click();
  await line('Wool or cotton').getByText('status: Resolved').waitFor();
  const made = await macro('Wool or cotton');
  assert.deepEqual([made.scope, made.actions], ['shared', [{ tag: 'carpet' }, { priority: 'high' }, { status: 'resolved' }, { move: 'engineering' }]]);
  assert.deepEqual(page.complaints, []);
});

test('a slash opens the menu; what is missing is asked for, what is impossible says why, what is removed is not done', async () => {
  await page.goto(`${demo.console}#/all`);
  await page.locator('.row', { hasText: 'A red carpet' }).locator('a').click();
  await page.locator('.message', { hasText: 'Is it wool?' }).waitFor();
  const id = /cv_[0-9a-f]+/.exec(page.url())[0];
  await page.keyboard.press('r');
  await page.locator('.recipient').first().waitFor();
  await page.keyboard.type('Both/and. /');
  await options().first().waitFor();
  assert.deepEqual([await field().getAttribute('role'), await field().getAttribute('aria-expanded')], ['combobox', 'true']);
  await everywhere(page, 'macros-menu');
  await page.keyboard.press('Escape');
  await options().first().waitFor({ state: 'detached' });
  assert.equal(await field().getAttribute('role'), null);
  assert.equal(await field().inputValue(), 'Both/and. /', 'Escape closes the menu only');
  await page.keyboard.type('etc');
  assert.equal(await options().count(), 0);
  await field().fill('');
  await page.keyboard.type('/');
  await options().nth(1).waitFor();
  const second = await options().nth(1).getAttribute('id');
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction((wanted) => document.querySelector('.editor textarea').getAttribute('aria-activedescendant') === wanted, second);
  await page.keyboard.type('cot');
  await page.waitForFunction(() => document.querySelectorAll('#macro-list [role=option]').length === 1);
  await page.keyboard.press('Enter');

  const does = page.getByRole('group', { name: /^When you send, “Wool or cotton” does/ });
  await does.getByText('status: Resolved', { exact: true }).waitFor();
  await does.getByText(/^Not possible, so it is left out: move to Engineering/).waitFor();
  assert.match(await field().inputValue(), /^Dear \{\{contact\.first_name\}\},\n\nyour carpet is \*\*wool\*\*\. Number \d+\.\n\nAna$/);
  assert.equal(await field().evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd)), '{{contact.first_name}}');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('alert').filter({ hasText: 'Fill these in before you send' }).waitFor();
  await everywhere(page, 'macros-blanks');
  await page.keyboard.type('Ida');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('.editor textarea').value.startsWith('Dear Ida,'));
  await does.getByRole('button', { name: 'Leave out: priority: High' }).click();
  await does.getByRole('button', { name: 'Restore 1 action' }).waitFor();

  // Taken back, the reply still has its macro; a reload does not lose it either.
  await page.route('**/replies', (route) => route.continue({ postData: JSON.stringify({ ...route.request().postDataJSON(), undo_s: 60 }) }));
  await field().press('Control+Enter');
  await page.locator('.notice', { hasText: 'Sending…' }).waitFor();
  await page.keyboard.press('z');
  await does.getByRole('button', { name: 'Restore 1 action' }).waitFor();
  await page.unroute('**/replies');
  await page.reload();
  await page.locator('.message', { hasText: 'Is it wool?' }).waitFor();
  await page.keyboard.press('r');
  await does.getByText('add tag carpet', { exact: true }).waitFor();
  await page.locator('.recipient').first().waitFor();
  await field().press('Control+Enter');

  const sent = await received(demo, 'ida@shopper.example', (one) => one.text.includes('your carpet is'));
  assert.match(sent.text, /^Dear Ida,\r?\n/);
  const after = await ask(demo, `/conversations/${id}`);
  assert.deepEqual([after.status, after.priority, after.tags.includes('carpet'), after.inbox.key], ['resolved', 'normal', true, 'frontline']);
  const message = (await ask(demo, `/conversations/${id}/messages`)).data.at(-1);
  const applied = (await ask(demo, `/conversations/${id}/events`)).data.filter((one) => one.kind === 'macro.applied').at(-1);
  assert.deepEqual([applied.data.message_id, applied.data.actions], [message.id, [{ tag: 'carpet' }, { status: 'resolved' }]]);
  await page.locator('.step', { hasText: 'used the macro Wool or cotton' }).first().waitFor();
  refused('404'); // the frame of the reply that was taken back
  assert.deepEqual(page.complaints, []);
});

test('a macro without a text is done at once, and by its key', async () => {
  await page.keyboard.press('m');
  await options().first().waitFor();
  await page.keyboard.type('urg');
  await options().filter({ hasText: 'Urgent' }).click();
  await page.getByRole('button', { name: 'Do it now, without a reply' }).click();
  await page.locator('.notice', { hasText: 'Done: Urgent' }).waitFor();
  const id = /cv_[0-9a-f]+/.exec(page.url())[0];
  assert.equal((await ask(demo, `/conversations/${id}`)).priority, 'urgent');
  await page.keyboard.press('Escape');
});

test('a change that meets another one is not lost, and a macro is removed', async () => {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Macros' }).click();
  await page.getByRole('button', { name: 'Edit Wool or cotton' }).click();
  const form = page.getByRole('form', { name: 'Edit Wool or cotton' });
  const { id } = await macro('Wool or cotton');
  assert.equal((await request(`/macros/${id}`, { text: 'Theirs' }, 'PATCH')).status, 200);
  await form.getByLabel('Text', { exact: true }).fill('Mine');
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByRole('alert').filter({ hasText: 'changed by somebody else' }).waitFor();
  refused(409);
  await accessible(page, 'a conflict');
  await shot(page, 'macros-conflict');
  await form.getByRole('button', { name: 'Load their version' }).click();
  assert.equal(await form.getByLabel('Text', { exact: true }).inputValue(), 'Theirs');
  await form.getByLabel('Name', { exact: true }).fill('urgent');
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('There is a shared macro with the name "urgent" already.').waitFor();
  refused(409);
  await form.getByLabel('Name', { exact: true }).fill('Wool');
  await form.getByRole('button', { name: 'Save' }).click();
  await line('Wool').getByText('Theirs').waitFor();
  page.once('dialog', (dialog) => void dialog.accept());
  await page.getByRole('button', { name: 'Remove Wool' }).click();
  await line('Wool').waitFor({ state: 'detached' });
  assert.equal(await macro('Wool'), undefined);
  assert.deepEqual(page.complaints, []);
});

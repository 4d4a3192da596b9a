// An agent writes to somebody who has not written.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, ask, everywhere, launch, mail, open, received, shot, startDemo } from './desk.mjs';

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

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const paste = (area, name, type, data) => area.evaluate((field, [file, kind, bytes]) => {
  field.focus();
  const clipboard = new DataTransfer();
  clipboard.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], file, { type: kind }));
  field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: clipboard, bubbles: true, cancelable: true }));
}, [name, type, data]);

test('a new conversation has files, a sender and an assignee; the mail arrives, and its answer joins it', async () => {
  await ana.keyboard.press('c');
  const dialog = ana.getByRole('dialog', { name: 'New conversation' });
  await dialog.locator('[name=to]').fill('Lou <lou@new.example>');
  await dialog.locator('[name=subject]').fill('A plan for you');
  await dialog.locator('[name=text]').fill('Here is the plan:');
  await dialog.getByText('from support@demo.example').waitFor();
  await paste(dialog.locator('[name=text]'), 'screen.png', 'image/png', PIXEL);
  await ana.waitForFunction(() => /cid:up_[0-9a-f]{32}/.test(document.querySelector('.first-form textarea').value));
  const [chooser] = await Promise.all([ana.waitForEvent('filechooser'), dialog.getByRole('button', { name: 'Attach', exact: true }).click()]);
  await chooser.setFiles([{ name: 'plan.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 plan') }]);
  await dialog.getByTitle('plan.pdf', { exact: true }).waitFor();
  await dialog.getByRole('button', { name: 'Add copies' }).click();
  await dialog.getByLabel('Blind copies to').fill('audit@law.example');
  await dialog.getByLabel('Assignee').selectOption({ label: 'Ben Okafor' });
  await dialog.getByRole('button', { name: 'Send later' }).click();
  await dialog.getByLabel('When', { exact: true }).fill('yesterday');
  await everywhere(ana, 'first-files');
  // Closing keeps what was written.
  await ana.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await ana.keyboard.press('c');
  assert.equal(await dialog.locator('[name=to]').inputValue(), 'Lou <lou@new.example>');
  await dialog.getByTitle('plan.pdf', { exact: true }).waitFor();
  await dialog.getByLabel('When', { exact: true }).fill('tomorrow 9:00');
  await dialog.getByRole('button', { name: 'Schedule' }).click();
  await dialog.waitFor({ state: 'detached' });
  await ana.locator('.message', { hasText: 'Scheduled for' }).waitFor();
  await ana.locator('.notice', { hasText: 'Will be sent' }).getByRole('button', { name: /^Undo/ }).click();
  await dialog.getByTitle('plan.pdf', { exact: true }).waitFor();
  await dialog.getByRole('button', { name: 'Send later' }).click();
  await ana.route('**/conversations', (route) => route.request().method() === 'POST' ? route.continue({ postData: JSON.stringify({ ...route.request().postDataJSON(), undo_s: 0 }) }) : route.continue());
  await dialog.getByRole('button', { name: 'Send', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await ana.unroute('**/conversations');

  const sent = await received(demo, 'lou@new.example', (one) => one.subject === 'A plan for you');
  const blind = await received(demo, 'audit@law.example', (one) => one.subject === 'A plan for you');
  for (const { raw } of [sent, blind]) assert.doesNotMatch(raw, /law\.example/);
  const find = async () => (await ask(demo, `/conversations?q=${encodeURIComponent('from:lou@new.example')}`)).data.filter((one) => one.status !== 'closed');
  const [conversation] = await find();
  assert.equal(conversation.assignee.name, 'Ben Okafor');
  const [message] = (await ask(demo, `/conversations/${conversation.id}/messages`)).data;
  assert.deepEqual(message.attachments.map((one) => one.name).sort(), ['plan.pdf', 'screen.png']);
  await mail(demo.smtp, { from: 'lou@new.example', name: 'Lou', subject: `Re: ${sent.subject}`, text: 'It is too small.', headers: [`In-Reply-To: <${message.message_id}>`, `References: <${message.message_id}>`] });
  await ana.locator('.message', { hasText: 'It is too small.' }).waitFor();
  assert.equal((await find()).length, 1);
  assert.deepEqual(ana.complaints, []);
});

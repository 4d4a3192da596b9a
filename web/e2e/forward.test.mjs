// A message is forwarded to a supplier, who answers by mail; the customer learns nothing of
// it. And the original of a mail is passed on, and a reply has a blind copy.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, ask, everywhere, launch, mail, open, received, shot, startDemo } from './desk.mjs';

let demo, browser, page;
const [KAI, REP, LAW] = ['kai@shopper.example', 'rep@supplier.example', 'audit@law.example'];

before(async () => {
  demo = await startDemo();
  browser = await launch();
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' }), demo.console);
  await mail(demo.smtp, { from: KAI, name: 'Kai Low', subject: 'Lamp LX-4 is dark', text: 'The lamp LX-4 stays dark.' });
  await page.locator('.row', { hasText: 'Lamp LX-4 is dark' }).locator('a').click();
  await page.locator('.message', { hasText: 'stays dark' }).waitFor();
});
after(async () => { await browser?.close(); await demo?.stop(); });

test('forwarding: what is missing is said, the customer is refused, undo brings the text back, and the mail arrives', async () => {
  await page.keyboard.press('f');
  const form = page.locator('.editor-third');
  await form.getByText('The customer sees neither this nor the answers').waitFor();
  await form.getByText('1 message is forwarded').waitFor();
  await form.locator('textarea').fill('Is this a known fault?');
  await page.keyboard.press('Control+Enter');
  await form.getByRole('alert').getByText('Say whom this is for.').waitFor();
  const to = form.getByLabel('Add to To');
  await to.fill(`${KAI},`);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+Enter');
  await form.getByRole('alert').getByText('is the customer').waitFor();
  page.complaints = page.complaints.filter((one) => !one.includes('422'));
  await form.getByRole('button', { name: `Remove ${KAI} from To` }).click();
  await to.fill(`${REP},`);
  await page.keyboard.press('Enter');
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), form.getByRole('button', { name: 'Attach', exact: true }).click()]);
  await chooser.setFiles([{ name: 'wiring.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 wiring') }]);
  await form.getByTitle('wiring.pdf', { exact: true }).waitFor();
  await form.getByRole('checkbox').uncheck();
  const until = Date.now() + 8000;
  while ((await ask(demo, '/drafts')).data.find(({ kind }) => kind === 'forward')?.attachments.length !== 1) assert.ok(Date.now() < until, 'the draft has its file');

  // All that was chosen survives a reload.
  await page.route('**/recipients', async (route) => {
    const answer = await route.fetch();
    const found = await answer.json();
    await route.fulfill({ response: answer, json: { ...found, from: [...found.from, 'ceo@demo.example'] } });
  });
  await page.reload();
  await page.locator('.message', { hasText: 'stays dark' }).waitFor();
  await page.locator('.thread-more .draft-mark').waitFor();
  await page.keyboard.press('f');
  await form.getByTitle('wiring.pdf', { exact: true }).waitFor();
  await form.getByText('No messages are forwarded').waitFor();
  assert.equal(await form.locator('textarea').inputValue(), 'Is this a known fault?');
  await form.getByRole('button', { name: `Remove ${REP} from To` }).waitFor();
  await form.getByRole('checkbox').check();

  // The sender is one of the inbox's addresses.
  await form.getByRole('combobox').selectOption('ceo@demo.example');
  await form.getByRole('button', { name: 'Send later' }).click();
  await form.getByLabel('When', { exact: true }).fill('tomorrow 9:00');
  await everywhere(page, 'forward-form');
  await form.getByRole('button', { name: `Send to ${REP} at` }).click();
  await form.getByRole('alert').getByText('ceo@demo.example').waitFor();
  page.complaints = page.complaints.filter((one) => !one.includes('422'));
  await form.getByRole('combobox').selectOption('support@demo.example');
  await page.unroute('**/recipients');

  await form.getByRole('button', { name: `Send to ${REP} at` }).click();
  await form.waitFor({ state: 'detached' });
  await page.locator('.message-third', { hasText: 'Scheduled for' }).waitFor();
  const back = async () => {
    await page.getByRole('button', { name: /^Undo/ }).last().click();
    await form.getByTitle('wiring.pdf', { exact: true }).waitFor();
    assert.equal(await form.locator('textarea').inputValue(), 'Is this a known fault?');
    assert.equal(await form.getByRole('checkbox', { checked: true }).count(), 1);
  };
  await back();
  await form.getByRole('button', { name: `Forward to ${REP}` }).click();
  await form.waitFor({ state: 'detached' });
  await back();
  await form.locator('textarea').press('Control+Enter');
  await page.locator('.message-third', { hasText: `to ${REP}` }).getByText('The customer does not see this').waitFor();
  const got = await received(demo, REP, (one) => one.subject === 'Fwd: Lamp LX-4 is dark');
  assert.match(got.text, /Is this a known fault\?[^]*Forwarded message[^]*From: Kai Low <kai@shopper.example>[^]*The lamp LX-4 stays dark\./);
  assert.match(got.raw, /wiring\.pdf/);
  assert.match(got.from, /support@demo\.example/);
});

test('their answer is shown marked, with a notice, and an answer goes to them alone', async () => {
  const got = await received(demo, REP, (one) => one.subject === 'Fwd: Lamp LX-4 is dark');
  const replyTo = got.reply_to;
  await mail(demo.smtp, { from: REP, name: 'Rep Ray', to: replyTo, subject: 'Re: Fwd: Lamp LX-4 is dark', text: 'SECRET: the fuse is too weak.', headers: [`In-Reply-To: <${got.message_id}>`] });
  const answer = page.locator('.message-third', { hasText: 'the fuse is too weak' });
  await answer.getByText('Third party', { exact: true }).waitFor();
  await answer.getByText('The customer does not see this').waitFor();
  await everywhere(page, 'forward-thread');
  await page.getByRole('button', { name: /^Notices: / }).click();
  await page.locator('.alert', { hasText: 'SECRET' }).getByText('A third party answered').waitFor();
  await page.keyboard.press('Escape');
  await answer.getByRole('button', { name: 'Answer' }).click();
  const form = page.locator('.editor-third');
  await form.locator('.recipient', { hasText: 'Rep Ray' }).waitFor();
  await form.locator('textarea').fill('Thank you.');
  await form.locator('textarea').press('Control+Enter');
  await received(demo, REP, (one) => one.subject === 'Re: Lamp LX-4 is dark' && one.text.includes('Thank you.'));
});

test('the reply goes to the customer alone, with a blind copy, and has nothing of the third party', async () => {
  await page.keyboard.press('r');
  await page.locator('.recipient').first().waitFor();
  assert.equal(await page.locator('.recipient').count(), 1);
  await page.getByRole('button', { name: 'Bcc' }).click();
  await page.getByLabel('Add to Bcc').fill(`${LAW},`);
  await page.keyboard.press('Enter');
  await page.locator('.editor textarea').fill('We send you a stronger fuse.');
  await shot(page, 'forward-bcc');
  await accessible(page, 'a blind copy');
  await page.keyboard.press('Control+Enter');
  const got = await received(demo, KAI, (one) => one.text.includes('a stronger fuse'));
  assert.doesNotMatch(got.raw, /SECRET|supplier|law\.example/);
  const blind = await received(demo, LAW, (one) => one.text.includes('a stronger fuse'));
  assert.doesNotMatch(blind.raw, /law\.example/);
  await page.getByText(`Blind copy to ${LAW}`).waitFor();
});

test('the original is passed on unchanged', async () => {
  const original = page.locator('.message-inbound', { hasText: 'stays dark' });
  await original.getByRole('button', { name: 'Redirect…' }).click();
  const form = page.locator('.editor-third');
  await form.getByText('answers go to the author, not to you').waitFor();
  await form.getByLabel('Add to To').fill('service@supplier.example,');
  await page.keyboard.press('Enter');
  await accessible(page, 'a redirect');
  await shot(page, 'forward-redirect');
  await form.getByRole('button', { name: 'Redirect to service@supplier.example' }).click();
  await page.locator('.message-third').getByText('Passed on unchanged').waitFor();
  const got = await received(demo, 'service@supplier.example', (one) => one.subject === 'Lamp LX-4 is dark');
  assert.match(got.from, /kai@shopper\.example/);
  assert.deepEqual(page.complaints, []);
});

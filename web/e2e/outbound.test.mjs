// Replies that are taken back, or sent later.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, ask, everywhere, launch, mail, open, received, shot, startDemo } from './desk.mjs';

let demo, browser, page, conversation;
const field = () => page.locator('.editor textarea');
const bar = () => page.locator('.notice', { hasText: 'Sending…' });
const mails = async (to) => (await (await fetch(`${demo.sink_api}?to=${encodeURIComponent(to)}`)).json()).data ?? [];

before(async () => {
  demo = await startDemo();
  browser = await launch();
  await mail(demo.smtp, { from: 'ida@shopper.example', name: 'Ida', subject: 'A red carpet', text: 'Is it wool?' });
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console);
  await page.locator('.row', { hasText: 'A red carpet' }).locator('a').click();
  await page.locator('.door-reply').waitFor();
  await page.locator('.message', { hasText: 'Is it wool?' }).waitFor();
  conversation = /cv_[0-9a-f]+/.exec(page.url())[0];
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

test('a reply that is taken back is a draft again, and nobody receives it', async () => {
  // A minute, so that nothing depends on how busy the machine is.
  await page.route('**/replies', (route) => route.continue({ postData: JSON.stringify({ ...route.request().postDataJSON(), undo_s: 60 }) }));
  await page.keyboard.press('r');
  await page.keyboard.type('Dear Ida, it is cotton.');
  await page.keyboard.press('Control+Enter');
  await bar().waitFor();
  assert.match(await bar().innerText(), /Undo\s*\d+/);
  await page.locator('.message-outbound').locator('.delivery-held').waitFor();
  await accessible(page, 'while a reply is held');
  await shot(page, 'held');
  await page.keyboard.press('z');
  await field().waitFor();
  assert.equal(await field().inputValue(), 'Dear Ida, it is cotton.');
  await page.locator('.message-outbound').waitFor({ state: 'detached' });
  await bar().waitFor({ state: 'detached' });
  assert.equal((await ask(demo, `/conversations/${conversation}`)).status, 'open');

  await page.unroute('**/replies');
  await field().fill('Dear Ida, it is wool.');
  await page.keyboard.press('Control+Enter');
  await received(demo, 'ida@shopper.example', (one) => one.text.includes('it is wool'));
  await page.locator('.message-outbound').locator('.delivery-sent, .delivery-delivered').waitFor();
  await bar().waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Delivery details' }).click();
  await page.locator('.trail code', { hasText: /^250 / }).waitFor();
  await accessible(page, 'with the details of a delivery');
  await shot(page, 'trail');
  assert.equal((await mails('ida@shopper.example')).filter((one) => one.text.includes('cotton')).length, 0);
  assert.equal((await ask(demo, '/drafts')).data.filter((one) => one.conversation_id === conversation).length, 0);
  assert.deepEqual(page.complaints, []);
});

test('a scheduled reply is shown with its time, and can be cancelled', async () => {
  const answer = await fetch(`${demo.api}/conversations/${conversation}/replies`, {
    method: 'POST', headers: { Authorization: `Bearer ${demo.api_key}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ text: 'Good morning, Ida.', send_at: new Date(Date.now() + 3_600_000).toISOString() }),
  });
  assert.equal(answer.status, 201);
  const message = page.locator('.message-outbound').nth(1);
  await message.getByText('Scheduled for').waitFor();
  await accessible(page, 'with a scheduled reply');
  await shot(page, 'scheduled');
  await page.setViewportSize({ width: 390, height: 844 });
  await shot(page, 'scheduled-phone');
  await page.setViewportSize({ width: 1440, height: 900 });
  await message.getByRole('button', { name: 'Cancel' }).click();
  await message.waitFor({ state: 'detached' });
});

test('a reply is scheduled in the composer, and is a draft again if the customer writes first', async () => {
  await page.keyboard.press('r');
  await page.locator('.recipient').first().waitFor();
  await field().fill('See you in the new year, Ida.');
  await page.getByRole('button', { name: 'Send later' }).click();
  const dialog = page.getByRole('dialog', { name: 'Send later' });
  await dialog.getByLabel('When', { exact: true }).fill('yesterday');
  await dialog.getByText('This date or time is not valid.').waitFor();
  assert.ok(await dialog.locator('.button-primary').isDisabled());
  await dialog.getByLabel('When', { exact: true }).fill('tomorrow 9:00');
  const picked = await dialog.getByLabel('Date and time').inputValue();
  assert.match(picked, /T09:00$/);
  await dialog.getByLabel('Date and time').fill(picked.replace('T09:00', 'T10:30'));
  await dialog.getByText('10:30').first().waitFor();
  await dialog.getByText('If Ida writes first, it is not sent').waitFor();
  await everywhere(page, 'send-later');
  await dialog.getByRole('button', { name: /^Send .*10:30/ }).click();
  await page.locator('.notice', { hasText: 'Will be sent' }).waitFor();
  await page.locator('.message-outbound', { hasText: 'new year' }).getByText('Scheduled for').waitFor();
  const { message_id: answered } = (await ask(demo, `/conversations/${conversation}/messages`)).data.find((one) => one.direction === 'outbound');
  await mail(demo.smtp, { from: 'ida@shopper.example', name: 'Ida', subject: 'Re: A red carpet', text: 'I have one more question.', headers: [`In-Reply-To: <${answered}>`, `References: <${answered}>`] });
  await page.locator('.step', { hasText: 'A scheduled reply was not sent' }).waitFor();
  const draft = (await ask(demo, '/drafts')).data.find((one) => one.conversation_id === conversation);
  assert.equal(draft.text, 'See you in the new year, Ida.');
  assert.equal((await mails('ida@shopper.example')).filter((one) => one.text.includes('new year')).length, 0);
});

// A message asks for replies to an address that nothing confirms.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, ask, launch, mail, open, received, shot, startDemo } from './desk.mjs';

const eve = 'eve@elsewhere.example';
let demo, browser, page;
before(async () => {
  demo = await startDemo();
  browser = await launch();
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console);
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

test('the author is warned, chooses the address or not, and the reply goes where they chose', async () => {
  const id = await mail(demo.smtp, { from: 'pat@shopper.example', name: 'Pat', subject: 'A blue vase', text: 'Is it in stock?' });
  await page.locator('.row', { hasText: 'A blue vase' }).locator('a').click();
  await page.locator('.message').first().waitFor();
  await page.keyboard.press('r');
  await page.locator('.recipient', { hasText: 'Pat' }).waitFor();
  assert.equal(await page.locator('.asked').count(), 0);

  await mail(demo.smtp, { from: 'pat@shopper.example', name: 'Pat', subject: 'Re: A blue vase', text: 'Please answer soon.', headers: [`In-Reply-To: <${id}>`, `References: <${id}>`, `Reply-To: ${eve}`] });
  await page.getByText(`This message asks for replies to ${eve}, which could not be verified.`).waitFor();
  await page.getByRole('button', { name: 'Send to pat@shopper.example' }).waitFor();
  await accessible(page, 'with the warning');
  await shot(page, 'asked');

  await page.getByRole('button', { name: 'Reply to this address instead' }).click();
  await page.getByText(`This reply goes to ${eve}, which could not be verified.`).waitFor();
  await page.getByRole('button', { name: `Send to ${eve}` }).waitFor();
  await page.locator('.asked').getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('button', { name: 'Send to pat@shopper.example' }).waitFor();
  assert.deepEqual(await page.locator('.recipient span:first-child').allTextContents(), ['Pat']);

  await page.getByRole('button', { name: 'Reply to this address instead' }).click();
  await page.locator('.editor textarea').fill('It is in stock.');
  await page.keyboard.press('Escape');
  await page.reload(); // the choice is part of the draft
  await page.locator('.door-reply').click();
  await page.getByRole('button', { name: `Send to ${eve}` }).click();
  await page.locator('.editor').waitFor({ state: 'detached' });
  const got = await received(demo, eve, (one) => one.subject.includes('A blue vase'));
  assert.match(got.text, /It is in stock/);
  const [{ id: conversation }] = (await ask(demo, `/conversations?q=${encodeURIComponent('from:pat@shopper.example')}`)).data;
  const sent = (await ask(demo, `/conversations/${conversation}/messages`)).data.filter((one) => one.direction === 'outbound');
  assert.deepEqual(sent.map((one) => one.deliveries.map((delivery) => delivery.recipient)), [[eve]]);
  assert.deepEqual(page.complaints, []);
});

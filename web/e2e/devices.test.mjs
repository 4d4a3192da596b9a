// One agent writes the same draft on two devices.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, ask, launch, mail, open, received, shot, startDemo } from './desk.mjs';

let demo, browser, one, two;
const field = (page) => page.locator('.editor textarea');
const warning = (page) => page.getByText('This draft was changed on another device:');
const stored = async (text) => {
  const until = Date.now() + 8000;
  while (!(await ask(demo, '/drafts')).data.some((draft) => draft.text === text)) assert.ok(Date.now() < until, `"${text}" is not stored`);
};
const device = async () => {
  const page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console);
  await page.locator('.row', { hasText: 'A red carpet' }).locator('a').click();
  await page.locator('.door-reply').click();
  return page;
};
before(async () => {
  demo = await startDemo();
  browser = await launch();
  await mail(demo.smtp, { from: 'ida@shopper.example', name: 'Ida', subject: 'A red carpet', text: 'Is it wool?' });
  [one, two] = [await device(), await device()];
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

test('the later save is refused, no text is lost, and the author chooses', async () => {
  await field(one).fill('Dear Ida, it is wool.');
  await stored('Dear Ida, it is wool.');
  await field(two).fill('Hello Ida, it is cotton.');
  await warning(two).waitFor();
  assert.equal(await field(two).inputValue(), 'Hello Ida, it is cotton.');
  await stored('Dear Ida, it is wool.');
  await accessible(two, 'with two drafts');
  await shot(two, 'devices');

  await two.reload(); // the warning and the text survive
  await two.locator('.door-reply').click();
  await warning(two).waitFor();
  assert.equal(await field(two).inputValue(), 'Hello Ida, it is cotton.');
  await two.getByRole('button', { name: 'Keep mine' }).click();
  await stored('Hello Ida, it is cotton.');
  assert.equal(await warning(two).count(), 0);

  await field(one).fill('Dear Ida, it is wool, I think.');
  await warning(one).waitFor();
  await one.getByRole('button', { name: 'Use that one' }).click();
  assert.equal(await field(one).inputValue(), 'Hello Ida, it is cotton.');
  await one.locator('.notice').getByRole('button', { name: 'Undo' }).click();
  assert.equal(await field(one).inputValue(), 'Dear Ida, it is wool, I think.');
  await stored('Dear Ida, it is wool, I think.');
});

test('a draft that was sent on one device does not come back from the other', async () => {
  await one.getByRole('button', { name: 'Send to ida@shopper.example' }).click();
  await received(demo, 'ida@shopper.example', (got) => got.text.includes('I think.'));
  await field(one).waitFor({ state: 'detached' });
  await field(two).fill('Hello Ida, it is cotton, really.');
  await two.getByText('This draft was sent or discarded on another device.').waitFor();
  await shot(two, 'devices-sent');
  assert.deepEqual((await ask(demo, '/drafts')).data, []);
  await two.getByRole('button', { name: 'Discard it here' }).click();
  assert.equal(await field(two).inputValue(), '');
  await two.locator('.draft-mark').waitFor({ state: 'detached' });
  for (const page of [one, two]) assert.deepEqual(page.complaints.filter((text) => !text.includes('409')), []);
});

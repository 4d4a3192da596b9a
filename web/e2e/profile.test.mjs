// How customers see an agent: another name, and a signature, down to the mail.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, ask, launch, mail, open, received, shot, startDemo } from './desk.mjs';

let demo, browser, page;
before(async () => {
  demo = await startDemo();
  browser = await launch();
  await mail(demo.smtp, { from: 'eva@shopper.example', name: 'Eva', subject: 'A tall ladder', text: 'How tall is it?' });
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' }), demo.console);
  await page.locator('.row', { hasText: 'A tall ladder' }).locator('a').click();
  await page.locator('.message', { hasText: 'How tall is it?' }).waitFor();
});
after(async () => { await browser?.close(); await demo?.stop(); });

test('an agent sets a name and a signature, and the customer gets both', async () => {
  await page.getByRole('button', { name: 'Ana Ruiz: how customers see you' }).click();
  const dialog = page.getByRole('dialog', { name: 'How customers see you' });
  await dialog.getByLabel('Name that customers see').fill('ceo@demo.example');
  await dialog.getByLabel('Signature').fill('Yours, {{agent.nmae}}');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('Must be a name, not an address.').waitFor();
  await dialog.getByText('did you mean "agent.name"?').waitFor();
  page.complaints = page.complaints.filter((one) => !one.includes('422'));
  await dialog.getByLabel('Name that customers see').fill('Nina Berg');
  await dialog.getByLabel('Signature').fill('*{{agent.first_name}}*, {{inbox.name}}\nMon to Thu');
  await dialog.getByRole('group', { name: 'Your replies by mail end with' }).getByText('*Nina*').waitFor();
  for (const [colorScheme, width, height] of [['light', 1024, 768], ['dark', 390, 844], ['light', 1440, 900]]) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    await shot(page, `profile-${colorScheme}-${width}`);
    await accessible(page, `own profile, ${colorScheme}, ${width}`);
  }
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });

  await page.keyboard.press('r');
  await page.locator('.added', { hasText: '*Nina*, Frontline' }).waitFor();
  await page.keyboard.type('Three metres.');
  await page.route('**/replies', (route) => route.continue({ postData: JSON.stringify({ ...route.request().postDataJSON(), undo_s: 0 }) }));
  await page.keyboard.press('Control+Enter');
  const sent = await received(demo, 'eva@shopper.example', (one) => one.text.includes('Three metres.'));
  assert.match(sent.text.replace(/\r/g, ''), /Three metres\.\n\n-- ?\n\*Nina\*, Frontline\nMon to Thu/);
  const [conversation] = (await ask(demo, `/conversations?q=${encodeURIComponent('from:eva@shopper.example')}`)).data;
  const message = (await ask(demo, `/conversations/${conversation.id}/messages`)).data.at(-1);
  assert.match(message.from[0].name, /^Nina Berg/);
  assert.deepEqual(page.complaints, []);
});

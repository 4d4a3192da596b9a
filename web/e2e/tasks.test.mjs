// Parts of the work are done by other inboxes at the same time, and colleagues help.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, ask, launch, mail, open, shot, startDemo } from './desk.mjs';

let demo, browser, ana, ben;
const SUBJECT = 'Refund did not arrive';
const row = (on, subject) => on.locator('.row', { hasText: subject });
const panel = (on) => on.getByRole('region', { name: 'Tasks' });
const select = async (on, subject) => {
  await row(on, subject).locator('a').click();
  await on.locator('.thread-subject', { hasText: subject }).waitFor();
  await on.locator('.message').first().waitFor();
};
const fresh = async (agent, initials) => {
  const page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console);
  await page.locator('.row').first().waitFor();
  if (agent) {
    await page.getByLabel('Act as another agent').selectOption(agent);
    await page.locator('.rail .avatar', { hasText: initials }).waitFor();
  }
  return page;
};
/** Requests that the test makes fail. */
const expected = (on, status) => (on.complaints = on.complaints.filter((one) => !one.includes(status)));
const THEMES = [['light', 1440], ['dark', 1440], ['light', 1024], ['dark', 1024], ['light', 390], ['dark', 390]];

/** Every theme and width of one state, without a violation. */
async function everywhere(on, name) {
  for (const [colorScheme, width] of THEMES) {
    await on.emulateMedia({ colorScheme });
    await on.setViewportSize({ width, height: 900 });
    await accessible(on, `${name}, ${colorScheme}, ${width}`);
    await shot(on, `${name}-${colorScheme}-${width}`);
    assert.equal(await on.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `${name} scrolls sideways at ${width}`);
  }
  await on.emulateMedia({ colorScheme: 'light' });
  await on.setViewportSize({ width: 1440, height: 900 });
}

before(async () => {
  demo = await startDemo();
  browser = await launch();
  ana = await fresh();
  ben = await fresh('ben@demo.example', 'BO');
});
after(async () => { await browser?.close(); await demo?.stop(); });

test('a task: what is wrong is said at its field, and it appears with its own clock', async () => {
  await mail(demo.smtp, { from: 'ida@acme.example', name: 'Ida', subject: SUBJECT, text: 'You said I would have my money by Friday.', to: 'support@demo.example' });
  await row(ana, SUBJECT).waitFor();
  await select(ana, SUBJECT);
  await ana.keyboard.press('w');
  const dialog = ana.getByRole('dialog', { name: 'Add task' });
  await dialog.waitFor();
  await everywhere(ana, 'task-new');
  await ana.keyboard.press('Control+Enter');
  await dialog.getByText('Say in a few words').waitFor();
  assert.equal(await dialog.getByLabel('What is to be done').evaluate((field) => field === document.activeElement), true);
  await ana.keyboard.type('Check the refund with the bank');
  await dialog.getByRole('combobox', { name: 'Inbox', exact: true }).selectOption('billing');
  await dialog.getByRole('textbox', { name: /^Due in/ }).fill('soon');
  await dialog.getByLabel('What they need to know').fill('Order 48213, 89.90 paid by card.');
  await ana.keyboard.press('Control+Enter');
  await dialog.getByText('is not a valid duration').waitFor();
  expected(ana, '422');
  await accessible(ana, 'a task is refused');
  await shot(ana, 'task-refused');
  await dialog.getByRole('button', { name: '4h' }).click();
  await ana.keyboard.press('Control+Enter');
  await dialog.waitFor({ state: 'detached' });
  await panel(ana).getByText('Check the refund with the bank').waitFor();
  await panel(ana).getByText('Nobody yet').waitFor();
  await panel(ana).locator('.due', { hasText: 'task' }).waitFor();
});

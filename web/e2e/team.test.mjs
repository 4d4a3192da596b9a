// The team: who is available, who may do what, why somebody got a conversation, and what is known about customers.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, ask, launch, open, shot, startDemo } from './desk.mjs';

let demo, browser, page, ben;
const fresh = async (agent) => {
  const other = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console);
  await other.locator('.row').first().waitFor();
  if (agent) {
    await other.getByLabel('Act as another agent').selectOption(agent);
    await other.locator('.rail .avatar', { hasText: 'BO' }).waitFor();
  }
  return other;
};
const THEMES = [['light', 1440], ['dark', 1440], ['light', 1024], ['dark', 1024], ['light', 390], ['dark', 390]];

/** Every theme and width of one state, without a violation. */
async function everywhere(on, name) {
  for (const [colorScheme, width] of THEMES) {
    await on.emulateMedia({ colorScheme });
    await on.setViewportSize({ width, height: 900 });
    await accessible(on, `${name}, ${colorScheme}, ${width}`);
    await shot(on, `team-${name}-${colorScheme}-${width}`);
    assert.equal(await on.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `${name} scrolls sideways at ${width}`);
  }
  await on.emulateMedia({ colorScheme: 'light' });
  await on.setViewportSize({ width: 1440, height: 900 });
}

const agent = async (name) => (await ask(demo, '/agents')).data.find((one) => one.name === name);
const button = (on) => on.getByRole('button', { name: /^Your availability/ });

before(async () => {
  demo = await startDemo();
  browser = await launch();
  page = await fresh();
});
after(async () => { await browser?.close(); await demo?.stop(); });

test('availability: by keyboard, with an end; it is in words, and the API has it', async () => {
  await button(page).getByText('Available', { exact: true }).waitFor();
  await page.keyboard.press('A');
  const dialog = page.getByRole('dialog', { name: 'Your availability' });
  await dialog.waitFor();
  await everywhere(page, 'availability');
  await page.keyboard.type('someday');
  await dialog.getByText('This date or time is not valid.').waitFor();
  await accessible(page, 'an invalid end');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('2h');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await button(page).getByText(/^Away until \d/).waitFor();
  await page.locator('.notice', { hasText: /^You are away until/ }).waitFor();
  const { availability } = await agent('Ana Ruiz');
  assert.equal(availability.state, 'away');
  const hours = (Date.parse(availability.until) - Date.now()) / 3_600_000;
  assert.ok(hours > 1.9 && hours <= 2, `${hours} hours`);
  await everywhere(page, 'away');
  await page.keyboard.press('A');
  await dialog.waitFor();
  await accessible(page, 'coming back');
  await shot(page, 'team-back');
  await page.keyboard.press('Enter'); // "available again" has the focus
  await dialog.waitFor({ state: 'detached' });
  await button(page).getByText('Available', { exact: true }).waitFor();
  assert.equal((await agent('Ana Ruiz')).availability.state, 'available');
});

test('availability that is set elsewhere appears at once', async () => {
  const answer = await fetch(`${demo.api}/agents/me/availability`, {
    method: 'PUT', headers: { Authorization: `Bearer ${demo.api_key}`, 'Content-Type': 'application/json' }, body: JSON.stringify({ state: 'away' }),
  });
  assert.equal(answer.status, 200);
  await button(page).getByText('Away', { exact: true }).waitFor();
  await page.keyboard.press('A');
  const dialog = page.getByRole('dialog', { name: 'Your availability' });
  await dialog.getByRole('button', { name: 'Away for an hour' }).click();
  await button(page).getByText(/^Away until/).waitFor();
  await page.keyboard.press('A');
  await dialog.getByRole('button', { name: 'Back: available again' }).click();
  await button(page).getByText('Available', { exact: true }).waitFor();
});

test('the browser console has no errors', () => assert.deepEqual([...page.complaints, ...(ben?.complaints ?? [])], []));

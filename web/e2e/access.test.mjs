// No violations of WCAG 2.0 to 2.2, levels A and AA, in both themes and two widths.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { accessible, launch, open, shot, startDemo } from './desk.mjs';

let demo, browser;
before(async () => { demo = await startDemo(); browser = await launch(); });
after(async () => { await browser?.close(); await demo?.stop(); });

for (const colorScheme of ['light', 'dark']) {
  for (const width of [1440, 390]) {
    describe(`${colorScheme}, ${width} px`, () => {
      let page;
      before(async () => {
        const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
        page = await open(context, demo.console);
        await page.locator('.row').first().waitFor();
      });
      after(() => page?.context().close());
      const check = async (name) => {
        await accessible(page, name);
        await shot(page, `access-${name}-${colorScheme}-${width}`);
      };

      test('list', () => check('list'));
      test('conversation', async () => {
        await page.locator('.row a').first().click();
        await page.locator('.message').first().waitFor();
        await check('conversation');
      });
      test('reply', async () => {
        await page.keyboard.press('r');
        await page.keyboard.type('Dear customer');
        await check('reply').finally(() => page.keyboard.press('Escape'));
      });
      test('note', async () => {
        await page.keyboard.press('n');
        await page.keyboard.type('For the team');
        await check('note').finally(() => page.keyboard.press('Escape'));
      });
      for (const [key, name] of [['t', 'move'], ['a', 'assign'], ['s', 'snooze'], ['?', 'keys']]) {
        test(`${name} dialog`, async () => {
          await page.keyboard.press(key);
          await page.locator('dialog[open]').waitFor();
          await check(name).finally(() => page.keyboard.press('Escape'));
          await page.locator('dialog').waitFor({ state: 'detached' });
        });
      }
      test('empty list', async () => {
        await page.goto(`${demo.console}#/search/nothing-has-this-word`);
        await page.getByText('No results.').waitFor();
        await check('empty');
      });
      test('quarantine', async () => {
        await page.goto(`${demo.console}#/quarantine`);
        await page.getByRole('heading', { name: 'Quarantine' }).waitFor();
        await check('quarantine');
      });
      test('demo pages', async () => {
        const demoPage = await open(page.context(), demo.demo);
        await demoPage.getByRole('heading', { name: 'You are the customer' }).waitFor();
        await accessible(demoPage, 'demo');
        await demoPage.getByRole('button', { name: 'New email' }).click();
        await accessible(demoPage, 'demo, writing');
        await demoPage.close();
      });
      test('shop and widget', async () => {
        const shop = await open(page.context(), `${demo.demo}/shop`);
        await shop.locator('switchboard-widget').getByRole('button').click();
        await shop.frameLocator('iframe[title=Chat]').getByLabel('Message').waitFor();
        await accessible(shop, 'shop');
        await accessible(shop.frames().find((frame) => frame.url().includes('panel.html')), 'panel');
        await shop.close();
      });
      test('login', async () => {
        const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
        const stranger = await open(context, `${demo.console}login`);
        await stranger.getByRole('button', { name: 'Sign in' }).waitFor();
        await accessible(stranger, 'login');
        await context.close();
      });
      test('nothing scrolls horizontally', async () => {
        await page.goto(demo.console);
        await page.locator('.row').first().waitFor();
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
      });
    });
  }
}

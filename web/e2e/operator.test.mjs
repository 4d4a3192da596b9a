// What an operator sees when email does not arrive or cannot be processed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { everywhere, freePort, launch, mail, open, startDemo, startScanner, startServer } from './desk.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

async function signIn(url, { email, password }) {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(url);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  return page;
}

describe('a working desk', () => {
  let demo, page;
  before(async () => {
    demo = await startDemo();
    page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console);
    await page.locator('.row').first().waitFor();
  });
  after(async () => {
    assert.deepEqual(page?.complaints, []);
    await page?.context().close();
    await demo?.stop();
  });

  test('channels: status of each; a mailbox is compared on request', async () => {
    await mail(demo.smtp, { from: 'jo@acme.example', subject: 'By SMTP', text: 'Hello.' });
    await page.getByRole('link', { name: 'Channels' }).click();
    const smtp = page.getByRole('listitem', { name: 'Email (SMTP)' });
    await smtp.getByText('Running').waitFor();
    await smtp.locator('dd', { hasText: /\d:\d\d/ }).first().waitFor();
    const box = page.getByRole('listitem', { name: 'Mailbox support' });
    await box.getByText('Not compared').waitFor();
    await box.getByRole('button', { name: 'Compare now' }).click();
    await page.getByText('are accounted for').waitFor();
    await box.getByRole('row', { name: /^INBOX/ }).waitFor();
    assert.equal(await page.locator('.alarm').count(), 0);
    await everywhere(page, 'channels');
  });
});

describe('a desk with a virus scanner', () => {
  const admin = { name: 'Ada', email: 'ada@desk.example', password: 'correct horse battery' };
  let scanner, server, smtp, page;
  before(async () => {
    scanner = await startScanner();
    smtp = `127.0.0.1:${await freePort()}`;
    server = await startServer(`[mail]\naddresses = ["support@desk.example"]\n[smtp]\naddr = "${smtp}"\n[smtp.clamd]\naddr = ${JSON.stringify(scanner.socket)}\non_virus = "quarantine"\n`, admin);
    page = await signIn(server.console, admin);
  });
  after(async () => {
    await page?.context().close();
    await server?.stop();
    await scanner?.stop();
  });

  test('quarantine: holds infected messages, and no others', async () => {
    await page.getByRole('link', { name: 'Quarantine' }).click();
    await page.getByText('Quarantine is empty.').waitFor();
    for (const n of [1, 2]) {
      await mail(smtp, { from: `poison${n}@acme.example`, to: 'support@desk.example', subject: `Poison ${n}`, text: scanner.virus });
      await mail(smtp, { from: `good${n}@acme.example`, to: 'support@desk.example', subject: `Good ${n}`, text: 'Fine.' });
    }
    await page.locator('.raw').nth(1).waitFor();
    await everywhere(page, 'poison');

    const line = page.locator('.raw', { hasText: 'poison1@acme.example' });
    await line.getByText('virus found: Switchboard.Test').waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), line.getByRole('link', { name: 'Download' }).click()]);
    assert.match(download.suggestedFilename(), /^rw_[0-9a-f]+\.eml$/);
    assert.match(readFileSync(await download.path(), 'utf8'), /^Subject: Poison 1\r$/m);

    // There is no button to release all viruses at once.
    assert.equal(await page.getByRole('button', { name: 'Retry all' }).count(), 0);
    await line.getByRole('button', { name: 'Release' }).click();
    await page.getByText('It will appear in its inbox shortly.').waitFor();
    await line.waitFor({ state: 'detached' });
    assert.equal(await page.locator('.raw').count(), 1);
    await page.goto(server.console);
    for (const subject of ['Good 1', 'Good 2', 'Poison 1']) {
      await page.locator('.row', { hasText: subject }).waitFor();
    }
    assert.equal(await page.locator('.row', { hasText: 'Poison 2' }).count(), 0);
  });
});

describe('a desk whose mailbox is unreachable', () => {
  const admin = { name: 'Ada', email: 'ada@desk.example', password: 'correct horse battery' };
  let server, page;
  before(async () => {
    const port = await freePort();
    server = await startServer(`alarm_after = "500ms"\n[mail]\naddresses = ["support@desk.example"]\n[[mailbox]]\nname = "support"\naddr = "127.0.0.1:${port}"\nuser = "support"\npassword = "x"\ntls = "none"\n`, admin);
    page = await signIn(server.console, admin);
  });
  after(async () => {
    await page?.context().close();
    await server?.stop();
  });

  test('the alarm is shown on every page, with advice', async () => {
    await page.getByText('Mailbox support is not working').waitFor();
    await everywhere(page, 'alarm');
    await page.getByRole('button', { name: 'View channels' }).click();
    const box = page.getByRole('listitem', { name: 'Mailbox support' });
    await box.getByText('Failing').waitFor();
    await box.getByText('nothing listens on').waitFor();
    await box.getByRole('button', { name: 'Compare now' }).click();
    await page.locator('.notice-bad', { hasText: 'nothing listens on' }).waitFor();
    await everywhere(page, 'channels-alarm');
  });
});

// Files, pictures and formatting of a reply: from the composer to the customer.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { accessible, ask, launch, mail, open, received, shot, startDemo } from './desk.mjs';

let demo, browser, page;
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

before(async () => {
  demo = await startDemo();
  browser = await launch();
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console);
  await mail(demo.smtp, { from: 'kai@acme.example', name: 'Kai Low', subject: 'Which button', text: 'Which button is it?' });
  await page.locator('.row', { hasText: 'Which button' }).locator('a').click();
  await page.locator('.thread-subject', { hasText: 'Which button' }).waitFor();
  await page.locator('.message').first().waitFor();
});
after(async () => { await browser?.close(); await demo?.stop(); });

test('a missing attachment is noticed, once', async () => {
  await page.keyboard.press('r');
  await page.locator('.recipient').first().waitFor();
  const text = page.locator('.editor textarea');
  await text.fill('Press **this** one, see the attached picture and plan:\n\n');
  await text.press('Control+Enter');
  await page.getByRole('alert').filter({ hasText: 'there is none' }).waitFor();
  await page.getByRole('button', { name: 'Send without attachment' }).waitFor();
  await accessible(page, 'missing attachment');
  await shot(page, 'attachment-missing');
});

test('files are attached, pasted pictures are shown in the text', async () => {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Attach', exact: true }).click()]);
  await chooser.setFiles([{ name: 'Plan Ü.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 plan') }, { name: 'wrong.txt', mimeType: 'text/plain', buffer: Buffer.from('not this') }]);
  const files = page.getByRole('list', { name: 'Files of this reply' });
  await files.getByTitle('Plan Ü.pdf', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Remove wrong.txt' }).click();
  await page.locator('.editor textarea').evaluate((area, pixel) => {
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(pixel), (c) => c.charCodeAt(0))], 'screen.png', { type: 'image/png' }));
    area.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  }, PIXEL);
  await page.waitForFunction(() => /!\[screen.png\]\(cid:up_[0-9a-f]{32}\)/.test(document.querySelector('.editor textarea').value));
  await files.locator('img').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Send without attachment' }).count(), 0);
  await accessible(page, 'files');
  await shot(page, 'attachments');
  for (const [width, height] of [[1024, 768], [390, 844]]) {
    await page.setViewportSize({ width, height });
    await shot(page, `attachments-${width}`);
  }
  await page.setViewportSize({ width: 1440, height: 900 });

  // They are still there after a reload, and on another machine.
  const until = Date.now() + 8000;
  while ((await ask(demo, '/drafts')).data[0]?.attachments.length !== 2) assert.ok(Date.now() < until, 'the draft has its files');
  const other = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console);
  await other.locator('.row', { hasText: 'Which button' }).locator('a').click();
  await other.locator('.door-reply', { hasText: 'Draft' }).click();
  const theirs = other.getByRole('list', { name: 'Files of this reply' });
  await theirs.getByTitle('Plan Ü.pdf', { exact: true }).waitFor();
  await theirs.locator('img').waitFor();
  assert.match(await other.locator('.editor textarea').inputValue(), /!\[screen.png\]\(cid:up_/);
  assert.deepEqual(other.complaints, []);
  await other.context().close();
  await page.reload();
  await page.locator('.message').first().waitFor();
  await page.keyboard.press('r');
  await files.getByTitle('Plan Ü.pdf', { exact: true }).waitFor();
  await page.locator('.recipient').first().waitFor();
  await page.locator('.editor textarea').press('Control+Enter');
  await page.locator('.editor').waitFor({ state: 'detached' });
  assert.deepEqual((await ask(demo, '/drafts')).data, []);

  // Taken back, it has its files and its picture again, also after a reload.
  await page.getByRole('button', { name: /^Undo/ }).click();
  for (const reloaded of [false, true]) {
    if (reloaded) {
      await page.reload();
      await page.locator('.message').first().waitFor();
      await page.keyboard.press('r');
    }
    await files.getByTitle('Plan Ü.pdf', { exact: true }).waitFor();
    await files.locator('img').waitFor();
    assert.match(await page.locator('.editor textarea').inputValue(), /see the attached picture and plan:\n\n!\[screen.png\]\(cid:up_/);
  }
  await shot(page, 'attachments-taken-back');
  await page.locator('.recipient').first().waitFor();
  await page.locator('.editor textarea').press('Control+Enter');
  await page.locator('.editor').waitFor({ state: 'detached' });

  const sent = await received(demo, 'kai@acme.example', (one) => one.text.includes('Press **this**'));
  assert.ok(sent);
  const [conversation] = (await ask(demo, `/conversations?q=${encodeURIComponent('from:kai@acme.example')}`)).data;
  const message = (await ask(demo, `/conversations/${conversation.id}/messages`)).data.at(-1);
  assert.deepEqual(message.attachments.map((one) => [one.name, one.disposition]), [['Plan Ü.pdf', 'attachment'], ['screen.png', 'inline']]);
  assert.ok(message.text.includes('[image: screen.png]'));

  // The thread shows it as the customer sees it.
  const frame = page.frameLocator('.message iframe').last();
  await frame.locator('strong', { hasText: 'this' }).waitFor();
  await frame.locator('img[alt="screen.png"]').waitFor();
  await page.getByRole('link', { name: /Plan Ü.pdf/ }).waitFor();
  await accessible(page, 'sent files');
  await shot(page, 'attachments-sent');
});

test('a file that is too large says so', async () => {
  await page.keyboard.press('r');
  await page.locator('.recipient').first().waitFor();
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Attach', exact: true }).click()]);
  const folder = mkdtempSync(join(tmpdir(), 'switchboard-film-'));
  writeFileSync(join(folder, 'film.mp4'), Buffer.alloc(27_000_000));
  await chooser.setFiles(join(folder, 'film.mp4'));
  await page.locator('.attached-wrong', { hasText: 'larger than 25.0 MB' }).waitFor();
  await page.locator('.editor textarea').fill('Too much?');
  assert.ok(await page.locator('.editor-foot .button').first().isDisabled());
  await accessible(page, 'too large');
  await shot(page, 'attachments-too-large');
  rmSync(folder, { recursive: true });
  await page.getByRole('button', { name: 'Remove film.mp4' }).click();
  await page.getByRole('button', { name: 'Discard' }).click();
});

// Signed email: the mark next to the sender matches the state of the signature.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { accessible, freePort, launch, mail, shot, startServer } from './desk.mjs';

const admin = { name: 'Ada', email: 'ada@desk.example', password: 'correct horse battery' };
let browser, server, page, dir;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'signed-'));
  const [key, cert] = [join(dir, 'jo.key'), join(dir, 'jo.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert, '-days', '30',
    '-subj', '/CN=Jo Acme', '-addext', 'subjectAltName=email:jo@acme.example'], { stdio: 'ignore' });
  const sign = (text, ...more) => execFileSync('openssl', ['cms', '-sign', '-md', 'sha256', '-signer', cert, '-inkey', key, ...more],
    { input: `Content-Type: text/plain\n\n${text}\n` }).toString().replaceAll('\r\n', '\n');
  const smtp = `127.0.0.1:${await freePort()}`;
  server = await startServer(`[mail]\naddresses = ["support@desk.example"]\n[smtp]\naddr = "${smtp}"\n[signatures]\nsmime_authorities = [${JSON.stringify(cert)}]\n`, admin);
  browser = await launch();
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark' })).newPage();
  await page.goto(server.console);
  await page.getByLabel('Email').fill(admin.email);
  await page.getByLabel('Password').fill(admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('No open conversations.').or(page.locator('.row')).first().waitFor();
  const send = (from, subject, entity) => {
    const end = entity.indexOf('\n\n');
    return mail(smtp, { from, name: 'Jo', to: 'support@desk.example', subject, headers: entity.slice(0, end).split('\n'), text: entity.slice(end + 2) });
  };
  await send('jo@acme.example', 'Opaque order', sign('Forty-two lamps, please.', '-nodetach'));
  await send('jo@acme.example', 'Changed order', sign('Forty-two lamps, please.').replace('Forty-two', 'Four hundred'));
  await send('eve@evil.example', 'Borrowed order', sign('Forty-two lamps, please.'));
  await send('jo@acme.example', 'Secret order', 'MIME-Version: 1.0\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\nContent-Transfer-Encoding: base64\n\nc2VjcmV0');
});
after(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function look(subject, chip) {
  await page.locator('.row', { hasText: subject }).locator('a').first().click();
  await page.locator('.thread, main').getByRole('heading', { name: subject }).first().waitFor();
  const mark = page.locator('.message .seal summary', { hasText: chip });
  await mark.waitFor();
  await mark.click();
  return page.locator('.message .seal[open]');
}

test('the signer is shown next to the sender, with details on request', async () => {
  const seal = await look('Opaque order', 'Signed by jo@acme.example');
  await seal.getByText('Jo Acme <jo@acme.example>').waitFor();
  await page.locator('.message-text', { hasText: 'Forty-two lamps, please.' }).waitFor();
  await accessible(page, 'signed mail, dark');
  await shot(page, 'signed-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await accessible(page, 'signed mail, light');
  await page.emulateMedia({ colorScheme: 'dark' });
});

test('changed messages, and those signed by someone else, have a warning', async () => {
  assert.match(await (await look('Changed order', 'Invalid signature')).innerText(), /changed after it was signed/);
  await accessible(page, 'changed mail, dark');
  await shot(page, 'signed-changed');
  assert.match(await (await look('Borrowed order', 'Signed by someone else')).innerText(), /signed by jo@acme.example, but the message claims to be from eve@evil.example/);
  assert.equal(await page.locator('.message .seal summary', { hasText: /Signed by \S+@/ }).count(), 0);
});

test('encrypted email says what to do', async () => {
  assert.match(await (await look('Secret order', 'Encrypted')).innerText(), /no private keys/);
});

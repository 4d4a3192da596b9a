// Advisories: a lead tells all contacts of a segment something, sees who gets it, and who wants no more.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { everywhere, freePort, launch, mail, open, shot, startServer, startSink, until } from './desk.mjs';

const admin = { name: 'Ada', email: 'ada@desk.example', password: 'correct horse battery' };
const policy = `version: 1
calendars: {always: {hours: always}}
segments: [{name: hosted, when: '"acme.example" in account.domains'}]
tiers: [{tier: 1, name: Frontline}]
inboxes: {frontline: {tier: 1, calendar: always}}
slas: [{name: first, calendar: always, first_response: 4h}]
routing: [{name: default, set: {inbox: frontline}}]
`;
const dir = mkdtempSync(join(tmpdir(), 'switchboard-advisories-'));
const people = [['Ida Berg', 'ida@acme.example'], ['Kim Lee', 'kim@acme.example'], ['Max Roth', 'max@other.example']];
let browser, server, page, sink;
const main = () => page.getByRole('main');
const wide = () => page.setViewportSize({ width: 1440, height: 900 });

before(async () => {
  sink = await startSink();
  const smtp = `127.0.0.1:${await freePort()}`, http = `127.0.0.1:${await freePort()}`;
  writeFileSync(join(dir, 'policy.yaml'), policy);
  server = await startServer(`public_url = "http://${http}"\npolicy = ${JSON.stringify(join(dir, 'policy.yaml'))}\n[mail]\naddresses = ["support@desk.example"]\n[smtp]\naddr = "${smtp}"\ntrusted_relays = ["127.0.0.1"]\nrelay_names = ["relay.desk.example"]\n[smarthost]\naddr = "${sink.addr}"\ntls = "none"\n[advisories]\nmax_recipients = 2\n`, admin, http);
  browser = await launch();
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' }), server.console);
  page.setDefaultTimeout(10_000);
  await page.getByLabel('Email').fill(admin.email);
  await page.getByLabel('Password').fill(admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('No open conversations.').waitFor();
  page.complaints = []; // about the session before the sign-in
  // The relay has checked where these came from, but not the last one.
  for (const [name, from] of people) await mail(smtp, { name, from, to: 'support@desk.example', subject: `From ${name}`, text: 'Hello', headers: [`Authentication-Results: relay.desk.example; dmarc=pass header.from=${from.split('@')[1]}`] });
  await mail(smtp, { name: 'Eve Claim', from: 'eve@acme.example', to: 'support@desk.example', subject: 'From Eve', text: 'Hello' });
  await page.locator('.row', { hasText: 'From Eve' }).waitFor();
});
after(async () => { await browser?.close(); await server?.stop(); sink?.stop(); rmSync(dir, { recursive: true, force: true }); });

test('a draft says who would get it; more than the limit are refused with the numbers', async () => {
  await page.goto(`${server.console}#/advisories`);
  await main().getByText('There are no advisories yet.').waitFor();
  await everywhere(page, 'advisories-empty');
  await wide();
  await main().getByRole('button', { name: 'New advisory' }).click();
  await page.keyboard.type('Maintenance tonight');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Hello {{contact.first_name}}, {{contact.nam}}');
  await main().getByLabel('hosted').check();
  await main().getByLabel('Find an account').fill('other');
  await main().getByRole('button', { name: 'other.example', exact: true }).click();
  await main().getByRole('button', { name: 'Save draft' }).click();
  await main().getByText('there is no variable').waitFor();
  await main().getByLabel('Text', { exact: true }).fill('Hello {{contact.first_name|there}},\n\nthe shop is down from **22:00 to 22:15** tonight.');
  await everywhere(page, 'advisories-form');
  await wide();
  await main().getByRole('button', { name: 'Save draft' }).click();
  await main().getByText('3 contacts get it, 1 does not.').waitFor();
  const list = main().getByRole('list', { name: 'Recipients' });
  await list.getByRole('listitem').filter({ hasText: 'Eve Claim' }).getByText('has an address that nothing confirms').waitFor();

  page.once('dialog', (dialog) => dialog.accept());
  await main().getByRole('button', { name: 'Send to 3 contacts' }).click();
  await main().getByRole('alert').getByText('it would go to 3 contacts, and an advisory may go to 2').waitFor();
  await everywhere(page, 'advisories-refused');
  await wide();
  assert.equal(sink.mails.length, 0);
  page.complaints = page.complaints.filter((one) => !/ 422 | 409 /.test(one));
  assert.deepEqual(page.complaints, []);
});

test('it is sent after a question, and who wants no more gets no more', async () => {
  await main().getByRole('button', { name: 'Edit', exact: true }).click();
  await main().getByRole('button', { name: 'Leave out other.example' }).click();
  await main().getByRole('button', { name: 'Save draft' }).click();
  await main().getByText('2 contacts get it, 1 does not.').waitFor();
  let asked = '';
  page.once('dialog', (dialog) => { asked = dialog.message(); return dialog.dismiss(); });
  await main().getByRole('button', { name: 'Send to 2 contacts' }).click();
  assert.equal(asked, 'Send “Maintenance tonight” to 2 contacts now?');
  await main().getByText('Draft', { exact: true }).waitFor();
  page.once('dialog', (dialog) => dialog.accept());
  await main().getByRole('button', { name: 'Send to 2 contacts' }).click();
  await main().getByText('2 of 2 sent, 1 left out.').waitFor();
  await main().getByText('Sent', { exact: true }).first().waitFor();
  await everywhere(page, 'advisories-sent');
  await wide();
  const texts = await until('both have got it', () => sink.mails.length === 2 && sink.mails.map((one) => one.replaceAll('=\n', '').replaceAll('=3D', '=')));
  const ida = texts.find((one) => one.includes('Hello Ida'));
  assert.ok(texts.some((one) => one.includes('Hello Kim')), texts.join('\n\n'));
  await main().getByRole('link', { name: /Ida Berg$/ }).click();
  await page.frameLocator('.message iframe').getByText('22:00 to 22:15').waitFor();

  const link = new URL(ida.match(/http:\S+(\/unsubscribe\/[\w-]+)/)[1], server.console).href;
  const customer = await open(await browser.newContext(), link);
  await customer.getByRole('button', { name: 'No more notices' }).click();
  await customer.getByRole('heading', { name: 'You get no notices' }).waitFor();
  await page.goto(`${server.console}#/all`);
  await page.locator('.row', { hasText: 'From Ida Berg' }).locator('a').click();
  await page.getByRole('complementary').getByText('Wants no advisories since').waitFor();
  await shot(page, 'advisories-side');
  await page.goto(`${server.console}#/advisories`);
  await main().getByRole('button', { name: 'Open Maintenance tonight' }).waitFor();
  await main().getByRole('button', { name: 'New advisory' }).click();
  await page.keyboard.type('It is done');
  await main().getByLabel('Text', { exact: true }).fill('All is well.');
  await main().getByLabel('hosted').check();
  await page.keyboard.press('Enter');
  await main().getByText('1 contact gets it, 2 do not.').waitFor();
  await main().getByRole('listitem').filter({ hasText: 'Ida Berg' }).getByText('wants no advisories').waitFor();
  await main().getByRole('combobox', { name: 'Show' }).selectOption('Waiting');
  await main().getByRole('listitem').filter({ hasText: 'Ida Berg' }).waitFor({ state: 'detached' });
  await everywhere(page, 'advisories-optout');
  assert.deepEqual(page.complaints, []);
});

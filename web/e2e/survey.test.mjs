// A survey as the customer sees it: the mail, the page behind its links, and where the agent reads the answer.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { everywhere, freePort, launch, mail, open, startServer, startSink, until } from './desk.mjs';

const admin = { name: 'Ada', email: 'ada@desk.example', password: 'correct horse battery' };
const policy = `version: 1
calendars: {always: {hours: always}}
tiers: [{tier: 1, name: Frontline}]
inboxes: {frontline: {tier: 1, calendar: always, automatic: {unverified: true, survey: {kind: csat, after: 1s}}}}
slas: [{name: first, calendar: always, first_response: 4h}]
routing: [{name: default, set: {inbox: frontline}}]
`;
const dir = mkdtempSync(join(tmpdir(), 'switchboard-survey-'));
let browser, server, page, smtp, sink;

before(async () => {
  sink = await startSink();
  smtp = `127.0.0.1:${await freePort()}`;
  const http = `127.0.0.1:${await freePort()}`;
  writeFileSync(join(dir, 'policy.yaml'), policy);
  server = await startServer(`public_url = "http://${http}"\npolicy = ${JSON.stringify(join(dir, 'policy.yaml'))}\n[mail]\naddresses = ["support@desk.example"]\n[smtp]\naddr = "${smtp}"\n[smarthost]\naddr = "${sink.addr}"\ntls = "none"\n`, admin, http);
  browser = await launch();
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), server.console);
  await page.getByLabel('Email').fill(admin.email);
  await page.getByLabel('Password').fill(admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('No open conversations.').waitFor();
});
after(async () => { await browser?.close(); await server?.stop(); sink?.stop(); rmSync(dir, { recursive: true, force: true }); });

test('a customer answers a survey with a click and a comment; only they have its links, and the agent reads the answer', async () => {
  await mail(smtp, { from: 'jo@shop.example', name: 'Jo Doe', to: 'support@desk.example', subject: 'The lamp is broken', text: 'Can I get another one?' });
  await page.locator('.row', { hasText: 'The lamp is broken' }).locator('a').click();
  await page.locator('.message').first().waitFor();
  await page.keyboard.press('e'); // resolve
  const asked = await until('a survey was sent', () => sink.mails.find((one) => one.includes('/survey/')));
  const text = asked.replaceAll('=\n', '').replaceAll('=3D', '=');
  const link = text.match(/http:\S+(\/survey\/[\w-]+\?choice=4)/)[1];
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Resolved' }).click();
  await page.locator('.row', { hasText: 'The lamp is broken' }).locator('a').click();
  await page.getByText('/survey/hidden?choice=4').first().waitFor();
  assert.doesNotMatch(await page.content(), /\/survey\/(?!hidden)/, 'agents have no link with which they could answer');

  const customer = await open(await browser.newContext(), new URL(link, server.console).href);
  await customer.getByRole('radio', { name: /^4/ }).and(customer.locator(':checked')).waitFor();
  await everywhere(customer, 'survey');
  assert.equal(await page.getByText('4 of 5').count(), 0, 'looking at it records nothing');
  await customer.getByLabel(/comment/i).fill('Quick, thanks!');
  await customer.keyboard.press('Tab');
  await customer.keyboard.press('Enter');
  await customer.getByText('Thank you').first().waitFor();
  await everywhere(customer, 'survey-answered');
  await page.getByText('Quick, thanks!').first().waitFor(); // live, in the history
  await everywhere(page, 'survey-history');
  assert.deepEqual(customer.complaints, []);
});

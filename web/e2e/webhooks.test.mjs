// Webhooks: an admin adds one, sees its secret once, what is sent, and what the receiver says.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { everywhere, freePort, launch, mail, open, startServer } from './desk.mjs';

const admin = { name: 'Ada', email: 'ada@desk.example', password: 'correct horse battery' };
const received = [];
let browser, server, page, smtp, receiver, url;
let answer = 204;
const until = async (what, ok) => {
  for (let i = 0; i < 200 && !ok(); i++) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(ok(), what);
};
const refused = (status) => { page.complaints = page.complaints.filter((one) => !one.includes(String(status))); };

before(async () => {
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part)).on('end', () => {
      received.push({ headers: request.headers, body });
      response.writeHead(answer).end(answer === 204 ? undefined : 'The CRM is closed for today.');
    });
  });
  await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${receiver.address().port}/hooks`;
  smtp = `127.0.0.1:${await freePort()}`;
  server = await startServer(`[mail]\naddresses = ["support@desk.example"]\n[smtp]\naddr = "${smtp}"\n[webhooks]\nallow_http = true\nallow_networks = ["127.0.0.0/8"]\n`, admin);
  browser = await launch();
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), server.console);
  await page.getByLabel('Email').fill(admin.email);
  await page.getByLabel('Password').fill(admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('No open conversations.').waitFor();
  refused(401); // before signing in
  refused(404); // not a demo
});
after(async () => { await browser?.close(); await server?.stop(); receiver?.close(); });

test('a webhook is added: errors at the field, the secret once, a signed test', async () => {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Webhooks' }).click();
  await page.getByText('There are no webhooks yet.').waitFor();
  await everywhere(page, 'webhooks-empty');
  await page.getByRole('button', { name: 'Add a webhook' }).click();
  const form = page.getByRole('form', { name: 'Add a webhook' });
  await form.getByRole('checkbox', { name: 'message.received' }).waitFor();
  await form.getByLabel('URL').fill('ftp://crm.example');
  await form.getByRole('button', { name: 'Add a webhook' }).click();
  await form.getByText(/^URL scheme "ftp" is not supported/).waitFor();
  refused(422);
  await everywhere(page, 'webhooks-form');
  await form.getByLabel('URL').fill(url);
  await form.getByLabel('Description').fill('The CRM');
  await form.getByRole('checkbox', { name: 'message.received' }).check();
  await form.getByRole('button', { name: 'Add a webhook' }).click();
  const box = page.getByRole('region', { name: /^Secret of 127/ });
  await everywhere(page, 'webhooks-secret');
  const secret = await box.getByRole('textbox').inputValue();
  assert.match(secret, /^whsec_/);
  await box.getByRole('button', { name: 'Close' }).click();
  const line = page.getByRole('listitem', { name: /^127/ });
  await line.getByText('Working').waitFor();
  await line.getByRole('button', { name: 'Test', exact: true }).click();
  await line.getByText('Delivered').waitFor();
  const { headers, body } = received[0];
  const signature = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64')).update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`).digest('base64');
  assert.equal(headers['webhook-signature'], `v1,${signature}`);
  assert.equal(JSON.parse(body).type, 'webhook.test');
});

test('what the receiver refuses is shown with its answer, and sent again', async () => {
  answer = 503;
  await mail(smtp, { from: 'gus@acme.example', name: 'Gus', to: 'support@desk.example', subject: 'Door stuck', text: 'It is stuck.' });
  const line = page.getByRole('listitem', { name: /^127/ });
  await line.getByText('The receiver answered 503 Service Unavailable').or(line.getByText('the receiver answered 503 Service Unavailable')).first().waitFor();
  await line.getByText('Failing', { exact: true }).waitFor();
  await line.getByText('Response 503').click();
  await line.getByText('The CRM is closed for today.').waitFor();
  await everywhere(page, 'webhooks-failing');
  answer = 204;
  await line.locator('.hook-sent li', { hasText: 'message.received' }).getByText('Delivered').waitFor();
  await line.getByText('Working').waitFor();
  const before = received.length;
  await line.getByRole('button', { name: /^Send again message.received #1/ }).click();
  await until('the message is sent again', () => received.length > before);
  assert.equal(received.at(-1).headers['webhook-id'], received.findLast((one, i) => i < before && one.body.includes('message.received')).headers['webhook-id']);
  page.on('dialog', (ask) => void ask.accept());
  await line.getByRole('button', { name: 'New secret' }).click();
  await page.getByRole('region', { name: /^Secret of 127/ }).waitFor();
  await line.getByText(/^The former secret is valid until/).waitFor();
});

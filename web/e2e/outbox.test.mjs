// Mail that does not arrive: what a conversation and the outbox show of it, and what can be
// done. The customers' mail server refuses mail for gone@, puts off mail for full@ and breaks
// the connection for silent@.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, ask, launch, mail, open, received, shot, startDemo } from './desk.mjs';

let demo, browser, page;
const conversations = {};
const mails = async (to) => (await (await fetch(`${demo.sink_api}?to=${encodeURIComponent(to)}`)).json()).data ?? [];
const request = (path, body, method = 'POST') => fetch(demo.api + path, { method, headers: { Authorization: `Bearer ${demo.api_key}`, 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

async function eventually(what, ok) {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const found = await ok();
    if (found) return found;
    assert.ok(Date.now() < deadline, `${what}\n${demo.log()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A mail from a customer, and an answer to it that ends in the given state. */
async function answered(from, subject, state) {
  await mail(demo.smtp, { from, name: from.split('@')[0], subject, text: `About ${subject}.` });
  const { id } = await eventually(`no conversation about ${subject}`, async () => (await ask(demo, '/conversations?sort=newest')).data.find((one) => one.subject === subject));
  assert.equal((await request(`/conversations/${id}/replies`, { text: `An answer about ${subject}.`, undo_s: 0 })).status, 201);
  await eventually(`the answer about ${subject} is not ${state}`, async () => (await ask(demo, `/conversations/${id}/messages`)).data.some((one) => one.deliveries.some((delivery) => delivery.state === state)));
  conversations[subject] = id;
}

/** Keeps a picture of each width, and checks the narrowest in the dark, and a page in the light, too. */
const looks = async (name, whole = false) => {
  for (const [width, height, scheme, check] of [[1024, 768, 'light'], [390, 844, 'dark', true], [1440, 900, 'light', whole]]) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height });
    await shot(page, `${name}-${width}-${scheme}`);
    if (check) await accessible(page, `${name}, ${scheme}, ${width} px`);
  }
};
const to = (subject) => page.goto(`${demo.console}#/all/${conversations[subject]}`);
const row = (recipient) => page.getByRole('listitem', { name: recipient, exact: true });
const tab = (name) => page.getByRole('tab', { name: new RegExp(`^${name}`) });

before(async () => {
  demo = await startDemo();
  browser = await launch();
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' }), demo.console);
  await page.locator('.row').first().waitFor();
  await Promise.all([answered('gone@shopper.example', 'A blue vase', 'failed'), answered('full@shopper.example', 'A green lamp', 'delayed'), answered('silent@mute.example', 'A loud clock', 'unknown')]);
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

test('a bounce is shown with what can be done, and the bell tells of it', async () => {
  await to('A blue vase');
  const failed = page.locator('.delivery-failed');
  await failed.getByText('No such user here').waitFor();
  await failed.getByRole('button', { name: 'Allow replies again to gone@shopper.example' }).waitFor();
  await page.locator('.side').getByText('Replies stopped since').waitFor();
  await looks('outbox-message', true);
  const notices = (await ask(demo, '/notices')).data;
  assert.ok(notices.some((one) => one.kind === 'undelivered' && one.conversation.subject === 'A blue vase' && /550/.test(one.text)), JSON.stringify(notices));
  await page.getByRole('button', { name: /^Notices: / }).click();
  await page.locator('.alert', { hasText: 'A blue vase' }).getByText('Not delivered').waitFor();
  await page.keyboard.press('Escape');
});

test('the composer marks an address that gets no replies, and allows replies again', async () => {
  const { id } = { id: conversations['A blue vase'] };
  assert.equal((await request(`/conversations/${id}/replies`, { text: 'Refused.' })).status, 422);
  await page.keyboard.press('r');
  const stop = page.locator('.stopped');
  await stop.getByText('there is no such mailbox').waitFor();
  await page.locator('.recipient-wrong').waitFor();
  await page.keyboard.type('Once more');
  const send = page.locator('.editor-foot .button-primary');
  assert.equal(await send.isDisabled(), true);
  await looks('outbox-composer');
  await stop.getByRole('button', { name: 'Allow replies again to gone@shopper.example' }).click();
  await stop.waitFor({ state: 'detached' });
  await page.locator('.step', { hasText: 'let replies go to gone@shopper.example again' }).waitFor();
  assert.equal(await send.isDisabled(), false);
  await page.getByRole('button', { name: 'Discard' }).click();

  // An address that is typed is refused by the server; the composer says so.
  await to('A green lamp');
  await page.locator('.thread').getByText('An answer about A green lamp.').first().waitFor();
  const gone = await request(`/conversations/${id}/replies`, { text: 'Into the void.', undo_s: 0 });
  assert.equal(gone.status, 201);
  await eventually('gone@ gets replies', async () => (await ask(demo, `/conversations/${id}/recipients`)).unreachable.length === 1);
  await page.keyboard.press('r');
  await page.getByLabel('Add to Cc').fill('gone@shopper.example');
  await page.getByLabel('Add to Cc').press('Enter');
  await page.locator('.editor textarea').fill('For both of you.');
  await page.locator('.editor-foot .button-primary').click();
  await page.locator('.stopped').getByText('gone@shopper.example').waitFor();
  await page.locator('.recipient-wrong').getByRole('button').click();
  await page.locator('.stopped').waitFor({ state: 'detached' });
  assert.equal(await page.locator('.editor-foot .button-primary').isDisabled(), false);
  await page.getByRole('button', { name: 'Discard' }).click();
  page.complaints = page.complaints.filter((one) => !one.includes('422'));
  assert.deepEqual(page.complaints, []);
});

test('a message goes to another address', async () => {
  await to('A blue vase');
  await page.locator('.delivery-failed').first().getByRole('button', { name: /^Send to another address/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Send', exact: true }).click();
  await dialog.getByText('Enter a mail address').waitFor();
  await dialog.getByLabel('New address').fill('vera@shopper.example');
  await dialog.getByLabel('Reason').fill('She has moved');
  await looks('outbox-redirect');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  const sent = await received(demo, 'vera@shopper.example', (one) => one.text.includes('An answer about A blue vase.'));
  assert.ok(sent);
  await page.locator('.step', { hasText: 'sent the message for gone@shopper.example to vera@shopper.example instead: She has moved' }).waitFor();
});

test('the outbox lists what was not sent, and people work on it', async () => {
  await page.getByRole('link', { name: 'Outbox' }).click();
  await row('full@shopper.example').getByText('The mailbox is full').waitFor();
  await row('silent@mute.example').waitFor();
  await looks('outbox', true);

  // The tabs by keyboard.
  await tab('Not sent').focus();
  for (const name of ['Waiting', 'Sending', 'Delayed']) {
    await page.keyboard.press('ArrowRight');
    assert.equal(await tab(name).getAttribute('aria-selected'), 'true');
  }
  await row('silent@mute.example').waitFor({ state: 'detached' });

  // Hold, seen live, and release.
  await row('full@shopper.example').getByRole('button', { name: /^Hold/ }).click();
  await row('full@shopper.example').waitFor({ state: 'detached' });
  await page.getByText('No deliveries here.').waitFor();
  await tab('On hold').click();
  await row('full@shopper.example').getByRole('button', { name: /^Release/ }).click();
  await row('full@shopper.example').waitFor({ state: 'detached' });
  await tab('Delayed').click();
  await row('full@shopper.example').waitFor();

  // Everything to a domain.
  await page.getByLabel('Destination').selectOption('shopper.example');
  await page.getByRole('button', { name: 'Retry all to shopper.example' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Retry all to shopper.example' }).click();
  await row('full@shopper.example').getByText('2 attempts').waitFor();
  await page.getByLabel('Destination').selectOption('');

  // What may have arrived is sent again only after a question.
  await tab('Unknown').click();
  await row('silent@mute.example').getByRole('button', { name: /^Retry/ }).click();
  await page.getByRole('dialog').getByText('may get it twice').waitFor();
  await looks('outbox-sure');
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await row('silent@mute.example').getByRole('button', { name: /^Cancel delivery/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel delivery' }).click();
  await row('silent@mute.example').waitFor({ state: 'detached' });
  await tab('Canceled').click();
  await row('silent@mute.example').waitFor();
  assert.equal((await mails('full@shopper.example')).length, 0);
  assert.deepEqual(page.complaints, []);
});

test('agents who are no admins have no outbox, and the page says why', async () => {
  const { agents } = await (await page.request.get(new URL('/api/v1/demo', demo.console).href)).json().catch(() => ({ agents: [] }));
  const everyone = (await ask(demo, '/agents')).data;
  const other = everyone.find((one) => !one.admin && (agents.length === 0 || agents.some((agent) => agent.email === one.email)));
  const answer = await page.request.post(new URL(`/demo/as/${encodeURIComponent(other.email)}`, demo.console).href);
  assert.ok(answer.ok());
  await page.goto(`${demo.console}#/outbox`);
  await page.reload();
  await page.getByText('Only admins can see all outgoing mail.').waitFor();
  assert.equal(await page.getByRole('link', { name: 'Outbox' }).count(), 0);
  await accessible(page, 'the outbox of an agent');
});

// Agents in their own mail program: a password made in the console, then two mail clients that list, read, flag, move
// and answer, while the API says what the console shows.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import { ask, everywhere, launch, mail, open, received, startDemo } from './desk.mjs';

const ASKED = { from: 'eva@shopper.example', name: 'Eva', subject: 'A tall ladder', text: 'How tall is it?' };
let demo, browser, page, login;
const clients = [];
before(async () => {
  demo = await startDemo();
  browser = await launch();
  await mail(demo.smtp, ASKED);
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' }), demo.console);
});
after(async () => {
  for (const client of clients) client.close();
  await browser?.close();
  await demo?.stop();
});

async function connect() {
  const [host, port] = demo.imap_agents.addr.split(':');
  const client = new ImapFlow({ host, port: Number(port), secure: false, auth: { user: login.user, pass: login.password }, logger: false });
  clients.push(client);
  await client.connect();
  return client;
}

/** Sends a mail as the agent's program does; answers with the server's response, or its refusal. */
async function submit(message) {
  const [host, port] = demo.submission_agents.addr.split(':');
  const transport = createTransport({ host, port: Number(port), secure: false, ignoreTLS: true, auth: { user: login.user, pass: login.password } });
  try {
    return (await transport.sendMail({ from: login.user, ...message })).response;
  } catch (error) {
    return error.response ?? String(error);
  } finally {
    transport.close();
  }
}

const conversation = async () => (await ask(demo, `/conversations?q=${encodeURIComponent('from:eva@shopper.example')}`)).data[0];

/** Waits until a condition holds. */
async function until(holds, what) {
  for (const deadline = Date.now() + 30_000; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    if (await holds()) return;
    assert.ok(Date.now() < deadline, what);
  }
}

test('an agent makes a password for a mail program, which is shown once', async () => {
  await page.getByRole('button', { name: 'Ana Ruiz: how customers see you' }).click();
  await page.getByRole('button', { name: 'Mail programs…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Mail programs' });
  await dialog.getByLabel('Program and device').fill('  ');
  await dialog.getByRole('button', { name: 'Create password' }).click();
  await dialog.locator('[aria-invalid]').waitFor();
  page.complaints = page.complaints.filter((one) => !one.includes('422'));
  await dialog.getByLabel('Program and device').fill('Thunderbird on my laptop');
  await page.keyboard.press('Enter');
  const made = dialog.getByRole('region', { name: 'Password for Thunderbird on my laptop' });
  login = { user: await made.getByLabel('User name').inputValue(), password: await made.getByRole('textbox', { name: 'Password' }).inputValue() };
  assert.equal(login.user, 'ana@demo.example');
  await everywhere(page, 'mail programs');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
});

test('a mail program lists, reads, flags, moves and answers', async () => {
  const one = await connect();
  const other = await connect();
  const folders = (await one.list()).map((folder) => folder.path);
  for (const name of ['INBOX', 'Frontline', 'Integrations', 'Archive', 'Sent', 'Drafts']) assert.ok(folders.includes(name), `${name} in ${folders}`);
  await one.mailboxOpen('Frontline');
  await other.mailboxOpen('Frontline');
  const [uid] = await one.search({ subject: ASKED.subject }, { uid: true });
  const found = await one.fetchOne(String(uid), { envelope: true, source: true, size: true, flags: true }, { uid: true });
  assert.equal(found.source.length, found.size);
  assert.match(found.source.toString(), /How tall is it\?/);
  assert.ok(!found.flags.has('\\Seen'));

  await one.messageFlagsAdd(String(uid), ['\\Seen', '\\Flagged'], { uid: true });
  await until(async () => (await conversation()).priority === 'high' && !(await conversation()).unread, 'the console shows neither the flag nor that it was read');
  await until(async () => (await other.fetchOne(String(uid), { flags: true }, { uid: true })).flags.has('\\Flagged'), 'the other program shows no flag');

  const answer = { to: found.envelope.from[0].address, subject: `Re: ${ASKED.subject}`, inReplyTo: found.envelope.messageId, references: [found.envelope.messageId] };
  assert.match(await submit({ ...answer, text: 'Three metres.\n\nOn Monday, Eva wrote:\n> How tall is it?\n' }), /^250/);
  const sent = await received(demo, ASKED.from, (each) => each.text.includes('Three metres.'));
  assert.ok(!sent.text.includes('app password'));
  await until(async () => (await one.fetchOne(String(uid), { flags: true }, { uid: true })).flags.has('\\Answered'), 'it is not marked as answered');

  // The customer has written since: the answer is kept, and not sent.
  await mail(demo.smtp, { ...ASKED, subject: `Re: ${ASKED.subject}`, text: 'I meant the short one.', headers: [`In-Reply-To: ${found.envelope.messageId}`] });
  const { id } = await conversation();
  await until(async () => (await ask(demo, `/conversations/${id}/messages`)).data.some((each) => each.text.includes('the short one')), 'the second mail did not arrive');
  assert.match(await submit({ ...answer, text: 'Anything else?' }), /^550/);
  assert.ok((await one.status('Drafts', { messages: true })).messages > 0);
  assert.match(await submit({ to: 'stranger@elsewhere.example', subject: 'Hello', text: 'Hello' }), /^550/);

  assert.ok(await one.messageMove(String(uid), 'Engineering', { uid: true }).catch(() => false) === false, 'it moved without the note that the policy wants');
  await one.messageMove(String(uid), 'Archive', { uid: true });
  assert.equal((await conversation()).status, 'resolved');
  await until(async () => (await other.search({ subject: ASKED.subject }, { uid: true })).length === 0, 'the other program still shows it');
});

test('a revoked password ends the sessions of the program', async () => {
  await page.getByRole('button', { name: 'Ana Ruiz: how customers see you' }).click();
  await page.getByRole('button', { name: 'Mail programs…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Mail programs' });
  await dialog.getByText('last used').first().waitFor();
  assert.equal(await dialog.getByText(login.password).count(), 0);
  await dialog.getByRole('button', { name: 'Revoke the password of Thunderbird on my laptop' }).click();
  await until(() => clients.every((client) => !client.usable), 'a session goes on');
  await assert.rejects(connect());
  assert.deepEqual(page.complaints, []);
});

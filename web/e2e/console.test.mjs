// An agent at work in the console, by keyboard, against the real server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, launch, mail, open, received, shot, startDemo } from './desk.mjs';

let demo, browser, page;
const row = (subject) => page.locator('.row', { hasText: subject });
const select = async (subject) => {
  await row(subject).locator('a').click();
  await page.locator('.thread-subject', { hasText: subject }).waitFor();
  await page.locator('.message').first().waitFor();
};

before(async () => {
  demo = await startDemo();
  browser = await launch();
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console);
  await page.locator('.row').first().waitFor();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

test('the console shows the tiers, their inboxes and the open conversations', async () => {
  const rail = page.getByRole('navigation', { name: 'Views' });
  for (const name of ['Mine', 'Unassigned', 'All open', 'Frontline', 'Billing', 'Engineering', 'Quarantine']) await rail.getByRole('link', { name }).first().waitFor();
  assert.ok((await page.locator('.row').count()) >= 20);
  await shot(page, 'console');
});

test('an email received by SMTP appears within a second, without a reload', async (t) => {
  await page.evaluate(() => (globalThis.loadedOnce = true));
  const seen = page.waitForFunction(() => [...document.querySelectorAll('.row-title')].find((one) => one.textContent === 'The kettle leaks'), null, { polling: 'raf', timeout: 10_000 });
  await mail(demo.smtp, { from: 'jo@acme.example', name: 'Jo Hale', subject: 'The kettle leaks', text: 'Hello,\n\nit drips from the spout.\n\nJo' });
  const accepted = performance.now();
  await seen;
  const ms = Math.round(performance.now() - accepted);
  t.diagnostic(`shown ${ms} ms after the 250`);
  assert.ok(ms < 1000, `${ms} ms`);
  assert.equal(await page.evaluate(() => globalThis.loadedOnce), true);
  await page.locator('.row-new', { hasText: 'The kettle leaks' }).waitFor();
  await shot(page, 'new-mail');
});

test('a reply by keyboard alone reaches the customer in the thread', async () => {
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await select('The kettle leaks');
  await page.keyboard.press('r');
  await page.keyboard.type('Dear Jo,\n\nwe send you a new one.');
  await page.getByRole('button', { name: 'Send to jo@acme.example' }).waitFor();
  await shot(page, 'reply');
  await page.keyboard.press('Control+Enter');
  const got = await received(demo, 'jo@acme.example', (one) => one.subject.includes('The kettle leaks'));
  assert.match(got.text, /we send you a new one/);
  assert.match(got.subject, /^Re: /);
  assert.notEqual(got.in_reply_to, '');
  await page.locator('.message-outbound', { hasText: 'we send you a new one' }).locator('.delivery-sent, .delivery-delivered').waitFor();
  assert.equal(await page.locator('.editor').count(), 0);
});

test('a note is visible to the team only', async () => {
  await page.keyboard.press('n');
  await page.locator('.editor-note', { hasText: 'Visible to your team only' }).waitFor();
  await page.keyboard.type('The batch of May leaks.');
  await shot(page, 'note');
  await page.keyboard.press('Control+Enter');
  await page.locator('.message-note', { hasText: 'The batch of May leaks.' }).waitFor();
  const { data } = await (await fetch(`${demo.sink_api}?to=jo@acme.example`)).json();
  assert.ok(data.every((one) => !one.text.includes('batch of May')));
});

test('all actions of a conversation are visible at every width', async () => {
  for (const width of [1440, 1366, 1280, 1201, 1120, 1024, 768, 390]) {
    await page.setViewportSize({ width, height: 800 });
    const menu = page.locator('.menu-button'); // on a phone, the actions are in a menu
    const closed = await menu.isVisible();
    if (closed) await menu.click();
    const [actions, head] = await Promise.all(['.thread-actions', '.thread-head'].map((part) => page.locator(part).boundingBox()));
    assert.ok(actions.x >= head.x && actions.x + actions.width <= head.x + head.width, `at ${width} the buttons leave the head`);
    assert.equal(await page.locator('.thread').evaluate((thread) => thread.scrollWidth <= thread.clientWidth), true, `at ${width}`);
    if (closed) await menu.click();
  }
  await page.setViewportSize({ width: 1440, height: 900 });
});

test('letters typed right after a shortcut are never shortcuts', async () => {
  await page.keyboard.press('r');
  await page.keyboard.type('eeee aaaa iiii uuuu');
  assert.equal(await page.locator('.editor textarea').inputValue(), 'eeee aaaa iiii uuuu');
  assert.equal(await page.locator('dialog[open]').count(), 0);
  await page.getByRole('button', { name: 'Discard' }).click();
});

test('a draft survives a reload', async () => {
  await page.keyboard.press('r');
  await page.keyboard.type('Half a thought');
  await page.keyboard.press('Escape');
  await page.locator('.door-reply .draft-mark').waitFor();
  await page.reload();
  await page.locator('.door-reply .draft-mark').waitFor();
  await page.keyboard.press('r');
  assert.equal(await page.locator('.editor textarea').inputValue(), 'Half a thought');
  await page.getByRole('button', { name: 'Discard' }).click();
});

test('escalating requires a handover note and pins it', async () => {
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await mail(demo.smtp, { from: 'kim@shopper.example', name: 'Kim Shopper', subject: 'Lamp flickers', text: 'It flickers at night.' });
  await select('Lamp flickers');
  await page.keyboard.press('t');
  const dialog = page.getByRole('dialog', { name: 'Move to another inbox' });
  await dialog.getByRole('radio', { name: 'Engineering' }).check();
  await page.locator('#handover').focus();
  await page.keyboard.press('Control+Enter');
  await dialog.getByText('Add a handover note').waitFor();
  await dialog.getByRole('button', { name: 'Insert template' }).click();
  await page.keyboard.press('Control+Enter');
  await dialog.getByText(/^Nothing is written under "What happened", .* and "Next step"/).waitFor();
  page.complaints = page.complaints.filter((one) => !one.includes('422'));
  await page.locator('#handover').fill('');
  await page.locator('#handover').focus();
  await page.keyboard.type('Not the bulb: tried two. Told Kim we look into it.');
  await shot(page, 'escalate');
  await page.keyboard.press('Control+Enter');
  const card = page.getByRole('region', { name: 'Handover' });
  await card.getByText('Not the bulb: tried two.').waitFor();
  await card.getByText('Frontline → Engineering').waitFor();
  await page.locator('.where .tier-3').waitFor();
  await page.locator('.why summary').click();
  await page.locator('.why').getByText(/^Moved:/).waitFor();
  assert.equal(await page.getByText('Not the bulb: tried two.').count(), 1, 'the note is shown once');
  await shot(page, 'handover');
});

test('replying without having read the newest message is held back once', async () => {
  const id = await mail(demo.smtp, { from: 'lee@shopper.example', name: 'Lee', subject: 'Two chairs', text: 'I want two chairs.' });
  await page.locator('.row', { hasText: 'Two chairs' }).waitFor();
  await select('Two chairs');
  await page.keyboard.press('r');
  await page.keyboard.type('Two chairs are on their way.');
  await mail(demo.smtp, { from: 'lee@shopper.example', name: 'Lee', subject: 'Re: Two chairs', text: 'Sorry, I meant three.', headers: [`In-Reply-To: <${id}>`, `References: <${id}>`] });
  const anyway = page.getByRole('button', { name: 'Send anyway (1 new message)' });
  await anyway.waitFor();
  await page.keyboard.press('Control+Enter');
  assert.equal(await page.locator('.editor textarea').inputValue(), 'Two chairs are on their way.');
  await shot(page, 'stale');
  const [conversation] = (await ask(demo, `/conversations?q=${encodeURIComponent('from:lee@shopper.example')}`)).data;
  const before = (await ask(demo, `/conversations/${conversation.id}/messages`)).data;
  assert.equal(before.filter((one) => one.direction === 'outbound').length, 0);
  await page.keyboard.press('Control+a');
  await page.keyboard.type('Three chairs are on their way.');
  await anyway.click();
  await received(demo, 'lee@shopper.example', (one) => one.text.includes('Three chairs'));
  await page.locator('.editor').waitFor({ state: 'detached' });
});

test('a conflict from the server is shown the same way, and no text is lost', async () => {
  await page.route('**/replies', async (route) => {
    const answer = await fetch(route.request().url().replace(/replies$/, 'notes'), {
      method: 'POST', headers: { Authorization: `Bearer ${demo.api_key}`, 'Content-Type': 'application/json' }, body: JSON.stringify({ text: 'I have just phoned them.' }),
    });
    assert.equal(answer.status, 201);
    await route.continue();
  }, { times: 1 });
  await page.keyboard.press('r');
  await page.keyboard.type('And a cushion.');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('button', { name: /Send anyway/ }).waitFor();
  await page.locator('.message-note', { hasText: 'I have just phoned them.' }).waitFor();
  assert.equal(await page.locator('.editor textarea').inputValue(), 'And a cushion.');
  await page.keyboard.press('Control+Enter');
  await received(demo, 'lee@shopper.example', (one) => one.text.includes('And a cushion.'));
  await page.locator('.editor').waitFor({ state: 'detached' });
  page.complaints = page.complaints.filter((one) => !one.includes('409'));
});

test('assigning, snoozing, resolving, and undo', async () => {
  await page.keyboard.press('a');
  await page.keyboard.type('ben');
  await page.keyboard.press('Enter');
  await page.locator('.thread-actions', { hasText: 'Ben Okafor' }).waitFor();
  await page.keyboard.press('i');
  await page.locator('.thread-actions', { hasText: 'Ana Ruiz' }).waitFor();
  await page.keyboard.press('s');
  await page.keyboard.type('tomorrow 9:00');
  await page.keyboard.press('Enter');
  await page.getByRole('status').getByText(/Snoozed #\d+ until/).waitFor();
  await page.locator('.notice', { hasText: 'Snoozed' }).getByRole('button', { name: 'Undo' }).click();
  await page.locator('.notice', { hasText: /Undone: Snoozed #\d+ until/ }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('p');
  await row('Two chairs').waitFor(); // as before: it had been answered
  await select('Two chairs');
  await page.keyboard.press('e');
  await page.getByRole('status').getByText(/Resolved #\d+/).waitFor();
  await row('Two chairs').waitFor({ state: 'detached' });
  await page.locator('.thread-subject').waitFor(); // the next one is open
});

test('the search box uses the API’s grammar and marks errors', async () => {
  await page.keyboard.press('/');
  await page.keyboard.type('from:lee@shopper.example is:resolved');
  await page.keyboard.press('Enter');
  await row('Two chairs').waitFor();
  assert.equal(await page.locator('.row').count(), 1);
  await page.locator('#search').fill('chairs tier:x');
  await page.locator('#search').press('Enter');
  await page.locator('.search-refused mark', { hasText: 'tier:x' }).waitFor();
  page.complaints = page.complaints.filter((one) => !one.includes('422'));
  await page.locator('#search').press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await page.locator('.row').first().waitFor();
});

test('events during a lost connection appear afterwards, once', async () => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const other = await context.newPage();
  let cut = null;
  let blocked = false;
  await other.routeWebSocket(/events\/socket/, (socket) => {
    if (blocked) { void socket.close({ code: 1012 }); return; }
    socket.connectToServer();
    cut = () => socket.close({ code: 1012 });
  });
  await other.goto(demo.console);
  await other.locator('.link-live').waitFor();
  blocked = true;
  await cut();
  await other.locator('.link-lost').waitFor();
  await other.getByText('Connection lost.').waitFor();
  await shot(other, 'offline');
  await Promise.all(Array.from({ length: 5 }, (_, i) => mail(demo.smtp, { from: `cut${i}@away.example`, subject: `While away ${i}`, text: 'Are you there?' })));
  blocked = false;
  for (let i = 0; i < 5; i++) await other.locator('.row', { hasText: `While away ${i}` }).waitFor();
  await other.locator('.link-live').waitFor();
  assert.equal(await other.locator('.row', { hasText: 'While away' }).count(), 5);
  await context.close();
});

test('agents see who else is replying', async () => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const ben = await open(context, demo.console);
  await ben.getByLabel('Act as another agent').selectOption('ben@demo.example');
  await ben.locator('.rail .avatar', { hasText: 'BO' }).waitFor();
  await select('While away 1');
  await ben.locator('.row', { hasText: 'While away 1' }).locator('a').click();
  await page.getByText('Ben Okafor is viewing this conversation').waitFor();
  await ben.keyboard.press('r');
  await ben.keyboard.type('I have it');
  await page.locator('.viewers').getByText('Ben Okafor is writing a reply').waitFor();
  await shot(page, 'presence');
  await ben.goto('about:blank');
  await page.locator('.colleague').waitFor({ state: 'detached', timeout: 5000 });
  await context.close();
});

test('an HTML email is shown in a sandboxed frame, with quotes hidden and attachments listed', async () => {
  const boundary = 'outer-1';
  const html = '<style>p{color:#203040}</style><p>The <b>oven</b> is cold.</p><script>parent.hacked=1</script><img src="http://tracker.invalid/x.gif" onerror="parent.hacked=1">' +
    '<blockquote><p>On Monday you wrote: which oven?</p></blockquote>';
  await mail(demo.smtp, {
    from: 'max@shopper.example', name: 'Max', subject: 'The oven',
    headers: ['MIME-Version: 1.0', `Content-Type: multipart/mixed; boundary=${boundary}`],
    text: [
      `--${boundary}`, 'Content-Type: multipart/alternative; boundary=inner-1', '',
      '--inner-1', 'Content-Type: text/plain; charset=utf-8', '', 'The oven is cold.', '', 'On Monday you wrote:', '> which oven?', '',
      '--inner-1', 'Content-Type: text/html; charset=utf-8', '', html, '--inner-1--', '',
      `--${boundary}`, 'Content-Type: text/plain; name="serial number.txt"', 'Content-Disposition: attachment; filename="serial number.txt"', '', 'SN 4711', `--${boundary}--`,
    ].join('\n'),
  });
  await row('The oven').waitFor();
  await select('The oven');
  const message = page.locator('.message-inbound').first();
  await message.getByText('The oven is cold.').waitFor();
  assert.equal(await message.getByText('which oven?').count(), 0);
  await message.getByRole('button', { name: 'Show full message' }).click();
  const frame = message.locator('iframe');
  assert.ok(!(await frame.getAttribute('sandbox')).includes('allow-scripts'));
  await page.frameLocator('.message-inbound iframe').getByText('which oven?').waitFor();
  await shot(page, 'html-mail');
  assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
  const download = page.waitForEvent('download');
  await message.getByRole('link', { name: /serial number\.txt/ }).click();
  assert.equal((await download).suggestedFilename(), 'serial number.txt');
});

test('signing in with a password', async () => {
  const context = await browser.newContext();
  const stranger = await open(context, `${demo.console}login`);
  await stranger.getByLabel('Email').fill('ana@demo.example');
  await stranger.getByLabel('Password').fill('wrong');
  await stranger.getByRole('button', { name: 'Sign in' }).click();
  await stranger.getByText('Incorrect email or password.').waitFor();
  await shot(stranger, 'login');
  await context.close();
});

test('the browser console has no errors', () => assert.deepEqual(page.complaints, []));

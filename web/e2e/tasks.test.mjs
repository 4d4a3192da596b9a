// Parts of the work are done by other inboxes at the same time, and colleagues help.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, ask, everywhere, launch, mail, open, shot, startDemo } from './desk.mjs';

let demo, browser, ana, ben, lena;
const SUBJECT = 'Refund did not arrive';
const row = (on, subject) => on.locator('.row', { hasText: subject });
const panel = (on) => on.getByRole('region', { name: 'Tasks' });
const select = async (on, subject) => {
  await row(on, subject).locator('a').click();
  await on.locator('.thread-subject', { hasText: subject }).waitFor();
  await on.locator('.message').first().waitFor();
};
const fresh = async (agent, initials) => {
  const page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console);
  await page.locator('.row').first().waitFor();
  if (agent) {
    await page.getByLabel('Act as another agent').selectOption(agent);
    await page.locator('.rail .avatar', { hasText: initials }).waitFor();
  }
  return page;
};
/** Requests that the test makes fail. */
const expected = (on, status) => (on.complaints = on.complaints.filter((one) => !one.includes(status)));

before(async () => {
  demo = await startDemo();
  browser = await launch();
  ana = await fresh();
});
after(async () => { await browser?.close(); await demo?.stop(); });

test('a task: what is wrong is said at its field, and it appears with its own clock', async () => {
  await mail(demo.smtp, { from: 'ida@acme.example', name: 'Ida', subject: SUBJECT, text: 'You said I would have my money by Friday.', to: 'support@demo.example' });
  await row(ana, SUBJECT).waitFor();
  await select(ana, SUBJECT);
  await ana.keyboard.press('w');
  const dialog = ana.getByRole('dialog', { name: 'Add task' });
  await dialog.waitFor();
  await everywhere(ana, 'task-new');
  await ana.keyboard.press('Control+Enter');
  await dialog.getByText('Say in a few words').waitFor();
  assert.equal(await dialog.getByLabel('What is to be done').evaluate((field) => field === document.activeElement), true);
  await ana.keyboard.type('Check the refund with the bank');
  await dialog.getByRole('combobox', { name: 'Inbox', exact: true }).selectOption('billing');
  await dialog.getByRole('textbox', { name: /^Due in/ }).fill('soon');
  await dialog.getByLabel('What they need to know').fill('Order 48213, 89.90 paid by card.');
  await ana.keyboard.press('Control+Enter');
  await dialog.getByText('is not a valid duration').waitFor();
  expected(ana, '422');
  await accessible(ana, 'a task is refused');
  await shot(ana, 'task-refused');
  await dialog.getByRole('button', { name: '4h' }).click();
  await ana.keyboard.press('Control+Enter');
  await dialog.waitFor({ state: 'detached' });
  await panel(ana).getByText('Check the refund with the bank').waitFor();
  await panel(ana).getByText('Nobody yet').waitFor();
  await panel(ana).locator('.due', { hasText: 'task' }).waitFor();
});

test('the inbox that does it lists the task between its conversations; it is found at its own row', async () => {
  lena = await fresh('lena@demo.example', 'LV');
  await lena.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Billing' }).click();
  const mine = lena.locator('.row-task', { hasText: 'Check the refund with the bank' });
  await mine.locator('.due', { hasText: 'task' }).waitFor();
  await mine.getByText('Nobody yet').waitFor();
  await lena.locator('.row:not(.row-task)').first().waitFor();
  await everywhere(lena, 'task-inbox');
  await mine.locator('a').click();
  await lena.locator('.thread-subject', { hasText: SUBJECT }).waitFor();
  await lena.locator('.task-asked', { hasText: 'Order 48213, 89.90 paid by card.' }).waitFor();
  assert.match(lena.url(), /\/cv_[^/]+\/tk_/);
  await lena.reload();
  await lena.locator('.task-asked', { hasText: 'Check the refund' }).waitFor();
  // Keys move through both kinds of rows.
  await lena.locator('.log').focus();
  const rows = await lena.locator('.row').evaluateAll((all) => all.map((one) => one.dataset.id));
  const at = rows.indexOf(await mine.getAttribute('data-id'));
  const on = (id) => lena.locator(`.row-open[data-id="${id}"]`).waitFor();
  const [there, back] = at + 1 < rows.length ? ['j', 'k'] : ['k', 'j'];
  await lena.keyboard.press(there);
  await on(rows[there === 'j' ? at + 1 : at - 1]);
  await lena.keyboard.press(back);
  await on(rows[at]);
  await lena.locator('.task-asked', { hasText: 'Check the refund' }).waitFor();
});

test('it is taken, and is one of my tasks', async () => {
  await panel(lena).getByRole('button', { name: 'Take: Check the refund with the bank' }).click();
  await panel(lena).getByText('Billing · You').waitFor();
  await panel(ana).getByText('Billing · Lena Vogt').waitFor(); // live
  await lena.locator('.log').focus();
  await lena.keyboard.press('g');
  await lena.keyboard.press('t');
  await lena.getByRole('heading', { name: 'My tasks' }).waitFor();
  const mine = lena.locator('.row-task', { hasText: 'Check the refund with the bank' });
  await mine.getByText('in progress').waitFor();
  const link = lena.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'My tasks' });
  await lena.waitForFunction(() => document.querySelectorAll('.row-task').length === Number(document.querySelector('.entry[aria-current] .entry-count')?.textContent));
  assert.equal(await link.getAttribute('aria-current'), 'page');
  await mine.locator('a').click();
  await lena.locator('.task-asked').waitFor();
  await everywhere(lena, 'task-mine');
});

test('its result is a note in the thread of the owner, live', async () => {
  await panel(lena).getByRole('button', { name: 'Finish: Check the refund' }).click();
  const dialog = lena.getByRole('dialog', { name: 'Finish task' });
  await accessible(lena, 'finish');
  await shot(lena, 'task-finish');
  await lena.keyboard.type('The bank paid it back on Thursday.');
  await lena.keyboard.press('Control+Enter');
  await dialog.waitFor({ state: 'detached' });
  await lena.locator('.row-task', { hasText: 'Check the refund' }).waitFor({ state: 'detached' });
  await ana.locator('.message-note', { hasText: 'The bank paid it back on Thursday.' }).waitFor();
  await panel(ana).getByText('all done').waitFor();
  await panel(ana).getByRole('button', { name: /^Check the refund/ }).click();
  await panel(ana).getByText('Result: The bank paid it back on Thursday.').waitFor();
  await everywhere(ana, 'task-done');
});

test('a task that somebody else has finished meanwhile is not finished twice', async () => {
  const add = async (title) => {
    await ana.locator('.log').focus();
    await ana.keyboard.press('w');
    await ana.getByRole('dialog', { name: 'Add task' }).waitFor();
    await ana.keyboard.type(title);
    await ana.keyboard.press('Control+Enter');
    await panel(ana).getByText(title).waitFor();
  };
  await add('Ask the carrier');
  await add('Write to the bank');
  await panel(ana).getByRole('button', { name: 'Take: Ask the carrier' }).click();
  const finish = panel(ana).getByRole('button', { name: 'Finish: Ask the carrier' });
  await finish.click();
  const dialog = ana.getByRole('dialog', { name: 'Finish task' });
  await dialog.waitFor();
  const { data } = await ask(demo, '/tasks?state=in_progress');
  const answer = await fetch(`${demo.api}/tasks/${data.find((one) => one.title === 'Ask the carrier').id}`, {
    method: 'PATCH', headers: { Authorization: `Bearer ${demo.api_key}`, 'Content-Type': 'application/json' }, body: '{"state":"cancelled"}',
  });
  assert.equal(answer.status, 200);
  await ana.keyboard.press('Control+Enter');
  await dialog.getByText('is cancelled already').waitFor();
  expected(ana, '409');
  await accessible(ana, 'too late');
  await ana.keyboard.press('Escape');
});

test('before a conversation with open tasks is resolved, it asks what happens to them', async () => {
  await ana.locator('.log').focus();
  await ana.keyboard.press('e');
  const dialog = ana.getByRole('dialog', { name: 'Resolve with 1 open task?' });
  await dialog.getByText('Write to the bank').waitFor();
  await everywhere(ana, 'task-resolve');
  await dialog.getByRole('button', { name: 'Do not resolve' }).click();
  await dialog.waitFor({ state: 'detached' });
  const [conversation] = (await ask(demo, `/conversations?q=${encodeURIComponent(`"${SUBJECT}"`)}`)).data;
  assert.equal(conversation.status, 'open');
  await ana.keyboard.press('e');
  await dialog.getByRole('button', { name: /^Resolve, keep/ }).click();
  await ana.locator('.notice', { hasText: `Resolved #${conversation.number}` }).getByRole('button', { name: 'Undo' }).click();
  await ana.goto(`${demo.console}c/${conversation.id}`);
  await panel(ana).getByText('Write to the bank').waitFor();
  await ana.locator('.log').focus();
  await ana.keyboard.press('e');
  await dialog.getByRole('button', { name: /^Cancel the tasks/ }).click();
  await ana.locator('.notice', { hasText: `Resolved #${conversation.number}` }).waitFor();
  const tasks = (await ask(demo, `/conversations/${conversation.id}/tasks`)).data;
  assert.deepEqual(tasks.map((one) => one.state), ['done', 'cancelled', 'cancelled']);
});

test('a helper is asked, writes notes and leaves; the assignee answers', async () => {
  await mail(demo.smtp, { from: 'ida@acme.example', name: 'Ida', subject: 'Heater is cold', text: 'The heater stays cold since Monday.' });
  await ana.goto(`${demo.console}#/all`);
  await row(ana, 'Heater is cold').waitFor();
  await select(ana, 'Heater is cold');
  await ana.keyboard.press('i');
  await ana.getByRole('button', { name: 'Ana Ruiz' }).first().waitFor();
  await ana.locator('.log').focus();
  await ana.keyboard.press('h');
  const dialog = ana.getByRole('dialog', { name: 'Ask for help' });
  await everywhere(ana, 'swarm-new');
  await ana.keyboard.press('Control+Enter');
  await dialog.getByText('Choose an agent or an inbox.').waitFor();
  await dialog.getByRole('checkbox', { name: /^Lena Vogt/ }).check();
  await dialog.getByRole('checkbox', { name: /^Eve/ }).check();
  await dialog.getByLabel('What you need').fill('Does this model have a fuse?');
  await ana.keyboard.press('Control+Enter');
  await dialog.waitFor({ state: 'detached' });
  await ana.locator('.helper', { hasText: 'Lena Vogt' }).waitFor();
  const link = lena.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Swarming' });
  await link.click();
  await select(lena, 'Heater is cold');
  await lena.getByText('You help here; Ana Ruiz answers the customer.').waitFor();
  assert.equal(await lena.locator('.door-reply').count(), 0);
  await everywhere(lena, 'swarm-helper');
  await lena.locator('.log').focus();
  await lena.keyboard.press('r');
  await lena.locator('.notice-bad', { hasText: 'Ana Ruiz answers' }).waitFor();
  await lena.keyboard.press('n');
  await lena.keyboard.type('It has one, behind the lid.');
  await lena.keyboard.press('Control+Enter');
  await ana.locator('.message-note', { hasText: 'behind the lid' }).waitFor();
  await ana.getByRole('button', { name: 'End the help of Eve Lindqvist' }).click();
  await ana.locator('.helper', { hasText: 'Eve' }).waitFor({ state: 'detached' });
  await lena.getByRole('button', { name: 'Stop helping' }).click();
  await row(lena, 'Heater is cold').waitFor({ state: 'detached' });
  await lena.getByText('Nobody has asked you for help.').waitFor();
  await accessible(lena, 'no help wanted');
  await ana.locator('.helper').first().waitFor({ state: 'detached' });
});

test('a whole handoff: escalated with evidence, accepted, shared, finished, returned', async () => {
  await ana.locator('.log').focus();
  await ana.keyboard.press('t');
  const move = ana.getByRole('dialog', { name: 'Move to another inbox' });
  await move.getByRole('radio', { name: 'Integrations' }).check();
  await move.getByLabel('Problem').fill('The heater has no power.');
  await ana.keyboard.press('Control+Enter');
  await move.getByText('Fill in this field.').first().waitFor(); // refused without evidence
  await move.getByLabel('What was tried').fill('Another socket.');
  await move.getByLabel('What the customer was told').fill('A specialist answers today.');
  await ana.keyboard.press('Control+Enter');
  await move.waitFor({ state: 'detached' });
  ben = await fresh('ben@demo.example', 'BO');
  await ben.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Integrations' }).click();
  await select(ben, 'Heater is cold');
  const card = ben.getByRole('region', { name: 'Handover' });
  await card.getByRole('button', { name: 'Accept' }).click();
  await card.getByText(/^Accepted by You/).waitFor();
  await ben.keyboard.press('w');
  const dialog = ben.getByRole('dialog', { name: 'Add task' });
  await dialog.waitFor();
  await ben.keyboard.type('Is it under warranty?');
  await dialog.getByRole('combobox', { name: 'Inbox', exact: true }).selectOption('billing');
  await dialog.getByRole('combobox', { name: 'Assignee' }).selectOption({ label: 'Lena Vogt' });
  await ben.keyboard.press('Control+Enter');
  await dialog.waitFor({ state: 'detached' });
  await lena.locator('.bell').click();
  await lena.getByRole('dialog', { name: 'Notices' }).locator('.alert-body', { hasText: 'Is it under warranty?' }).click();
  await panel(lena).getByRole('button', { name: 'Start: Is it under warranty?' }).click();
  await panel(lena).getByRole('button', { name: 'Finish: Is it under warranty?' }).click();
  await lena.getByRole('dialog', { name: 'Finish task' }).waitFor();
  await lena.keyboard.type('Until next March.');
  await lena.keyboard.press('Control+Enter');
  await ben.locator('.message-note', { hasText: 'Until next March.' }).waitFor();
  await everywhere(ben, 'handoff-shared');
  await card.getByRole('button', { name: 'Return' }).click();
  await ben.getByRole('dialog', { name: /^Return to/ }).waitFor();
  await ben.keyboard.type('Please send a new one, it is under warranty.');
  await ben.keyboard.press('Control+Enter');
  await ana.getByRole('region', { name: 'Handover' }).getByText(/^Returned by Ben/).waitFor();
});

test('the demo shows every state of clocks, handovers and tasks from the start', async () => {
  const clocks = new Set(), handovers = new Set();
  for (const { id } of (await ask(demo, '/conversations?limit=200')).data) {
    const one = await ask(demo, `/conversations/${id}`);
    for (const clock of one.clocks) clocks.add(clock.state);
    if (one.handoff) handovers.add(one.handoff.returned_at ? 'returned' : one.handoff.accepted_at ? 'accepted' : 'pending');
  }
  for (const state of ['running', 'paused', 'breached', 'met']) assert.ok(clocks.has(state), `a clock is ${state}`);
  for (const state of ['accepted', 'returned']) assert.ok(handovers.has(state), `a handover is ${state}`);
  const counts = await ask(demo, '/counts');
  for (const name of ['mine', 'breaching', 'gaps', 'notices', 'tasks', 'swarming']) assert.ok(counts[name] > 0, name);
  const left = (await ask(demo, '/tasks')).data;
  assert.ok(left.some((one) => one.overdue_at) && left.some((one) => !one.overdue_at && one.due_at) && left.some((one) => !one.assignee));
  // What is late looks late in its list.
  await lena.goto(`${demo.console}#/tier/3`);
  await lena.locator('.row-task .due-breached').first().waitFor();
  await accessible(lena, 'a late task');
  await shot(lena, 'task-late');
});

test('the browser console has no errors', () => assert.deepEqual([ana, ben, lena].flatMap((on) => on.complaints), []));

// The team: who is available, who may do what, why somebody got a conversation, and what is known about customers.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accessible, ask, everywhere, freePort, launch, mail, open, shot, startDemo, startServer } from './desk.mjs';

let demo, browser, page, ben;
const fresh = async (agent) => {
  const other = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console);
  await other.locator('.row').first().waitFor();
  if (agent) {
    await other.getByLabel('Act as another agent').selectOption(agent);
    await other.locator('.rail .avatar', { hasText: 'BO' }).waitFor();
  }
  return other;
};

const agent = async (name) => (await ask(demo, '/agents')).data.find((one) => one.name === name);
/** Waits until an element has the focus, which it gets with the next frame. */
const focused = (element) => element.and(element.page().locator(':focus')).waitFor();
const button = (on) => on.getByRole('button', { name: /^Your availability/ });

before(async () => {
  demo = await startDemo();
  browser = await launch();
  page = await fresh();
});
after(async () => { await browser?.close(); await demo?.stop(); });

test('availability: by keyboard, with an end; it is in words, and the API has it', async () => {
  await button(page).getByText('Available', { exact: true }).waitFor();
  await page.keyboard.press('A');
  const dialog = page.getByRole('dialog', { name: 'Your availability' });
  await dialog.waitFor();
  await everywhere(page, 'team-availability');
  await page.keyboard.type('someday');
  await dialog.getByText('This date or time is not valid.').waitFor();
  await accessible(page, 'an invalid end');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('2h');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await button(page).getByText(/^Away until/).waitFor();
  await page.locator('.notice', { hasText: /^You are away until/ }).waitFor();
  const { availability } = await agent('Ana Ruiz');
  assert.equal(availability.state, 'away');
  const hours = (Date.parse(availability.until) - Date.now()) / 3_600_000;
  assert.ok(hours > 1.9 && hours <= 2, `${hours} hours`);
  await everywhere(page, 'team-away');
  await page.keyboard.press('A');
  await dialog.waitFor();
  await accessible(page, 'coming back');
  await shot(page, 'team-back');
  await page.keyboard.press('Enter'); // "available again" has the focus
  await dialog.waitFor({ state: 'detached' });
  await button(page).getByText('Available', { exact: true }).waitFor();
  assert.equal((await agent('Ana Ruiz')).availability.state, 'available');
});

test('availability that is set elsewhere appears at once', async () => {
  const answer = await fetch(`${demo.api}/agents/me/availability`, {
    method: 'PUT', headers: { Authorization: `Bearer ${demo.api_key}`, 'Content-Type': 'application/json' }, body: JSON.stringify({ state: 'away' }),
  });
  assert.equal(answer.status, 200);
  await button(page).getByText('Away', { exact: true }).waitFor();
  await page.keyboard.press('A');
  const dialog = page.getByRole('dialog', { name: 'Your availability' });
  await dialog.getByRole('button', { name: 'Away for an hour' }).click();
  await button(page).getByText(/^Away until/).waitFor();
  await page.keyboard.press('A');
  await dialog.getByRole('button', { name: 'Back: available again' }).click();
  await button(page).getByText('Available', { exact: true }).waitFor();
});

const rail = (on) => on.getByRole('navigation', { name: 'Views' });
const refused = (on, status) => { on.complaints = on.complaints.filter((one) => !one.includes(String(status))); };
const select = async (on, subject) => {
  await on.locator('.row', { hasText: subject }).locator('a').click();
  await on.locator('.thread-subject', { hasText: subject }).waitFor();
  await on.locator('.message').first().waitFor();
};

test('agents: who is there, on what and when; a refused value is an error of its field', async () => {
  await rail(page).getByRole('link', { name: 'Agents' }).click();
  const cleo = page.getByRole('listitem', { name: 'Cleo Marchetti' });
  await cleo.getByText('Available', { exact: true }).waitFor();
  await cleo.getByText(/ of 2$/).waitFor();
  await page.getByRole('listitem', { name: 'Dev Patel' }).getByText('sat 10:00-14:00').waitFor();
  await page.getByRole('listitem', { name: 'Lena Vogt' }).getByText('Not connected').waitFor();
  await everywhere(page, 'team-agents');
  await cleo.getByRole('button', { name: 'Edit Cleo Marchetti' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit Cleo Marchetti' });
  await dialog.getByRole('checkbox', { name: 'webhook' }).waitFor();
  await everywhere(page, 'team-agent');
  await dialog.getByRole('checkbox', { name: 'webhook' }).check();
  await dialog.getByLabel('Time zone').fill('Europe/Rom');
  await dialog.getByLabel('Capacity').fill('-4');
  await dialog.getByLabel('Working hours').fill('mon-fri 09:00-25:00');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText(/^"Europe\/Rom" is not a valid IANA time zone/).waitFor();
  await dialog.getByText(/^Must be a number from 0/).waitFor();
  await focused(dialog.getByLabel('Capacity')); // the first refused field
  await everywhere(page, 'team-agent-refused');
  refused(page, 422);
  await dialog.getByLabel('Time zone').fill('Europe/Rome');
  await dialog.getByLabel('Capacity').fill('3');
  await dialog.getByLabel('Working hours').fill('mon-fri 09:00-13:00, 14:00-18:00\nsat 09:00-12:00');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  await cleo.getByText('mon-fri 09:00-13:00 14:00-18:00; sat 09:00-12:00').waitFor();
  await cleo.getByText('webhook').waitFor();
  const changed = await agent('Cleo Marchetti');
  assert.deepEqual([changed.capacity, changed.timezone, changed.skills, changed.hours], [3, 'Europe/Rome', ['billing', 'webhook'], { 'mon-fri': ['09:00-13:00', '14:00-18:00'], sat: ['09:00-12:00'] }]);
});

test('agents: an agent of another company is limited, and the limits are shown and taken back', async () => {
  const card = page.getByRole('listitem', { name: 'Ben Okafor' });
  const set = async (...labels) => {
    await card.getByRole('button', { name: 'Edit Ben Okafor' }).click();
    const dialog = page.getByRole('dialog', { name: 'Edit Ben Okafor' });
    for (const label of labels) await dialog.getByLabel(label).click();
    await everywhere(page, 'team-agents-limits');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
  };
  const both = ['Reads only the conversations of these inboxes', 'Does not see the addresses of customers'];
  await set(...both);
  for (const text of both) await card.getByText(text).waitFor();
  let ben = await agent('Ben Okafor');
  assert.deepEqual([ben.inboxes_only, ben.mask_addresses], [true, true]);
  await set(...both);
  await card.getByText(both[0]).waitFor({ state: 'detached' });
  ben = await agent('Ben Okafor');
  assert.deepEqual([ben.inboxes_only, ben.mask_addresses], [false, false]);
});

test('agents: an admin sets the availability of others; the rest only read', async () => {
  await page.getByRole('button', { name: 'Set the availability of Cleo Marchetti' }).click();
  await page.getByRole('dialog', { name: 'Availability of Cleo Marchetti' }).getByRole('button', { name: 'Away, no end' }).click();
  await page.getByRole('listitem', { name: 'Cleo Marchetti' }).getByText('Away', { exact: true }).waitFor();
  ben = await fresh('ben@demo.example');
  await rail(ben).getByRole('link', { name: 'Agents' }).click();
  await ben.getByText('Only admins can change this.').waitFor();
  await ben.getByRole('listitem', { name: 'Cleo Marchetti' }).waitFor();
  assert.equal(await ben.getByRole('button', { name: /^Edit/ }).count(), 0);
  assert.equal(await ben.getByRole('button', { name: /^Set the availability/ }).count(), 1, 'only one’s own');
  await accessible(ben, 'agents, read only');
  await shot(ben, 'team-agents-read-only');
});

test('agents: an error offers to try again', async () => {
  await page.route('**/api/v1/agents?all=true', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"title":"Unavailable","status":503,"detail":"the database is away"}' }));
  await page.reload();
  await page.getByRole('alert').getByText('the database is away').waitFor();
  await everywhere(page, 'team-agents-failed');
  await page.unroute('**/api/v1/agents?all=true');
  refused(page, 503);
  await page.getByRole('button', { name: 'Retry' }).click();
  await page.getByRole('listitem', { name: 'Ana Ruiz' }).waitFor();
});

test('why Ben? - who was considered, and why the others did not get it', async () => {
  // Of those who work in billing, Ben alone is there and has hours.
  await mail(demo.smtp, { from: 'ivy@initech.example', name: 'Ivy', to: 'billing@demo.example', subject: 'Charged twice', text: 'My card was charged twice.' });
  await page.goto(`${demo.console}#/inbox/billing`);
  await select(page, 'Charged twice');
  await page.locator('.thread-actions', { hasText: 'Ben Okafor' }).waitFor();
  await page.locator('.why summary').first().click();
  const why = page.locator('.why-who');
  await why.getByRole('heading', { name: 'Why Ben?' }).waitFor();
  await why.getByText('Assigned automatically: the lowest load.').waitFor();
  await why.locator('.candidate-chosen', { hasText: /Ben Okafor.*has \d+ open conversation/ }).waitFor();
  await why.locator('.candidate', { hasText: /Cleo Marchetti.*is away/ }).waitFor();
  await why.locator('.candidate', { hasText: /Lena Vogt.*is not connected/ }).waitFor();
  await everywhere(page, 'team-why');
});

test('an account is edited: errors at the field; the panel, the row and the deadline change at once', async () => {
  await mail(demo.smtp, { from: 'gus@initech.example', name: 'Gus', subject: 'Broken leg', text: 'A leg of the table is broken.' });
  await page.goto(`${demo.console}#/all`);
  await select(page, 'Broken leg');
  const side = page.getByRole('complementary', { name: 'Details' });
  await side.getByText('standard').first().waitFor();
  await page.locator('.why summary').first().click();
  await page.locator('.why-facts', { hasText: /standard.*SLA policy t1/ }).waitFor();
  await side.getByRole('button', { name: 'Edit Initech' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit Initech' });
  await dialog.getByLabel('Plan').waitFor();
  await everywhere(page, 'team-account');
  await dialog.getByLabel('Mail domains').fill('initech.example, gmail.com');
  await dialog.getByRole('button', { name: 'Add an attribute' }).click();
  await page.keyboard.type('Seats now');
  await page.keyboard.press('Tab');
  await page.keyboard.type('40');
  await page.keyboard.press('Enter');
  await dialog.getByText(/^Gmail.com offers mailboxes to the public/).waitFor();
  await dialog.getByText(/^Is not a valid name/).waitFor();
  await everywhere(page, 'team-account-refused');
  refused(page, 422);
  await dialog.getByLabel('Mail domains').fill('initech.example, initech-labs.example');
  await dialog.getByLabel('Name', { exact: true }).last().fill('seats');
  await dialog.getByLabel('Name', { exact: true }).first().fill('Initech Group');
  await dialog.getByLabel('Plan').fill('enterprise');
  await dialog.getByLabel('Tags').fill('vip, beta');
  await dialog.getByLabel('Owner').selectOption('Ana Ruiz');
  await dialog.getByLabel('Time zone').fill('America/Chicago');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  for (const text of ['Initech Group', 'initech-labs.example, initech.example', 'America/Chicago', 'vip', 'Ana Ruiz', '40']) await side.getByText(text, { exact: false }).first().waitFor();
  await page.locator('.row', { hasText: 'Broken leg' }).getByText('Initech Group').waitFor();
  // The review of the account’s conversations gives this one another segment and SLA policy.
  await page.locator('.why-facts', { hasText: /enterprise.*SLA policy enterprise-t1/ }).waitFor();
  await page.locator('.step', { hasText: 'SLA policy is now enterprise-t1' }).waitFor();
  await everywhere(page, 'team-account-saved');
  const [conversation] = (await ask(demo, `/conversations?q=${encodeURIComponent('"Broken leg"')}`)).data;
  assert.deepEqual([conversation.segment, conversation.sla], ['enterprise', 'enterprise-t1']);
  const account = await ask(demo, `/accounts/${conversation.account.id}`);
  assert.deepEqual([account.name, account.plan, account.attributes.seats, account.tags, account.owner.name], ['Initech Group', 'enterprise', 40, ['beta', 'vip'], 'Ana Ruiz']);
});

test('an account: another version is not overwritten; whoever may not change the rest changes tags', async () => {
  await page.getByRole('complementary', { name: 'Details' }).getByRole('button', { name: 'Edit Initech Group' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit Initech Group' });
  await dialog.getByLabel('Tags').fill('mine');
  const [conversation] = (await ask(demo, `/conversations?q=${encodeURIComponent('"Broken leg"')}`)).data;
  const answer = await fetch(`${demo.api}/accounts/${conversation.account.id}`, {
    method: 'PATCH', headers: { Authorization: `Bearer ${demo.api_key}`, 'Content-Type': 'application/json' }, body: JSON.stringify({ tags: ['theirs'] }),
  });
  assert.equal(answer.status, 200);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('The account was changed meanwhile').waitFor();
  refused(page, 409);
  await accessible(page, 'a changed account');
  await dialog.getByRole('button', { name: 'Load the new version' }).click();
  await page.waitForFunction(() => [...document.querySelectorAll('dialog input')].some((one) => one.value === 'theirs'));
  await page.keyboard.press('Escape');
  await ben.goto(`${demo.console}#/inbox/billing`);
  await select(ben, 'Charged twice');
  await ben.getByRole('complementary', { name: 'Details' }).getByRole('button', { name: /^Edit / }).click();
  const tags = ben.getByRole('dialog', { name: 'Edit Initech Group' });
  await tags.getByText('You can change the tags.').waitFor();
  assert.equal(await tags.locator('input').count(), 1);
  await accessible(ben, 'tags only');
  await shot(ben, 'team-account-tags');
  await tags.getByLabel('Tags').fill('late payer');
  await tags.getByRole('button', { name: 'Save' }).click();
  await ben.getByRole('complementary', { name: 'Details' }).getByText('late payer').waitFor();
  await page.getByRole('complementary', { name: 'Details' }).getByText('late payer').waitFor(); // live
});

test('a guard warns, which is confirmed, or refuses', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'switchboard-guard-'));
  const admin = { name: 'Ada', email: 'ada@desk.example', password: 'correct horse battery' };
  const smtp = `127.0.0.1:${await freePort()}`;
  const policy = readFileSync(new URL('../../demo/policy.yaml', import.meta.url), 'utf8').replace(/^handoffs:\n(  - .*\n)+/m, `handoffs:
  - {from: frontline, to: billing, guard: messages.outbound > 0, message: Ask the customer for the invoice number first}
  - {from: frontline, to: engineering, guard: messages.outbound > 0, else: refuse, message: Engineering takes nothing that was not answered yet}
`).replace(/.*ana@demo.*\n/, '');
  writeFileSync(join(dir, 'policy.yaml'), policy);
  const server = await startServer(`policy = ${JSON.stringify(join(dir, 'policy.yaml'))}\n[mail]\naddresses = ["support@desk.example"]\n[smtp]\naddr = "${smtp}"\n`, admin);
  const desk = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), server.console);
  try {
    await desk.getByLabel('Email').fill(admin.email);
    await desk.getByLabel('Password').fill(admin.password);
    await desk.getByRole('button', { name: 'Sign in' }).click();
    await desk.getByText('No open conversations.').waitFor();
    refused(desk, 401); // before signing in
    refused(desk, 404); // not a demo
    await mail(smtp, { from: 'hal@acme.example', name: 'Hal', to: 'support@desk.example', subject: 'Door stuck', text: 'It is stuck.' });
    await select(desk, 'Door stuck');
    await desk.keyboard.press('t');
    const dialog = desk.getByRole('dialog', { name: 'Move to another inbox' });
    await dialog.getByRole('radio', { name: 'Engineering' }).check();
    await dialog.getByText('Engineering takes nothing that was not answered yet.').waitFor();
    await dialog.getByText('The policy refuses this move to everyone').waitFor();
    assert.equal(await dialog.getByRole('button', { name: 'Escalate to Engineering' }).isDisabled(), true);
    await everywhere(desk, 'team-guard-refuses');
    await dialog.getByRole('radio', { name: 'Billing' }).check();
    await dialog.getByText('Ask the customer for the invoice number first.').waitFor();
    await dialog.getByLabel('Handover note').fill('They want a refund.');
    await desk.keyboard.press('Control+Enter');
    await dialog.getByText('Confirm that you want it all the same.').waitFor();
    await focused(dialog.getByRole('checkbox', { name: 'Move it anyway' }));
    await everywhere(desk, 'team-guard-warns');
    assert.equal(await desk.locator('.where', { hasText: 'Frontline' }).count(), 1, 'nothing was moved');
    await desk.keyboard.press('Space');
    await dialog.getByRole('button', { name: 'Escalate to Billing' }).click();
    await dialog.waitFor({ state: 'detached' });
    await desk.locator('.where', { hasText: 'Billing' }).waitFor();
    await desk.getByRole('region', { name: 'Handover' }).getByText('They want a refund.').waitFor();
    assert.deepEqual(desk.complaints, []);
  } finally {
    await desk.context().close();
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
});

test('the browser console has no errors', () => assert.deepEqual([...page.complaints, ...(ben?.complaints ?? [])], []));

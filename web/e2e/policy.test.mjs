// The page of the routing policy: a broken and a valid draft, a dry run, publishing with its effect, the history, and back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, everywhere, launch, mail, open, startDemo } from './desk.mjs';

let demo, browser, page, original;
const editor = () => page.getByRole('textbox', { name: 'Policy document' });
const tab = (name) => page.getByRole('tab', { name }).click();
const refused = (status) => { page.complaints = page.complaints.filter((one) => !one.includes(String(status))); };

/** Waits until a mail has become a conversation, and returns it. */
async function arrived(subject) {
  for (let i = 0; i < 150; i++) {
    const { data } = await ask(demo, `/conversations?q=${encodeURIComponent(`"${subject}"`)}`);
    if (data[0]) return data[0];
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`no conversation ${subject}`);
}

/** Publishes as somebody else would, by the API. */
async function publish(body, match = '*') {
  const answer = await fetch(`${demo.api}/policies`, { method: 'POST', headers: { Authorization: `Bearer ${demo.api_key}`, 'Content-Type': 'application/json', 'If-Match': match }, body: JSON.stringify(body) });
  assert.equal(answer.status, 201);
}

before(async () => {
  demo = await startDemo();
  browser = await launch();
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' }), demo.console);
  page.setDefaultTimeout(20_000);
  page.on('dialog', (dialog) => void dialog.accept());
  original = (await ask(demo, '/policies/live')).document;
});
after(async () => { await browser?.close(); await demo?.stop(); });

test('the live policy is shown with its contents and how often each route was used', async () => {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Policy' }).click();
  await page.getByText('No problems found').waitFor();
  assert.equal(await editor().inputValue(), original);
  const tree = page.getByRole('region', { name: 'Contents' });
  const { data } = await ask(demo, '/policies/hits');
  const billing = data.find((one) => one.section === 'routing' && one.name === 'billing');
  await tree.getByRole('listitem').filter({ has: page.getByRole('button', { name: 'billing', exact: true }) }).filter({ hasText: `${billing.hits} conversation` }).waitFor();
  await tree.getByRole('button', { name: 'T2 Specialists', exact: true }).waitFor();
  await tree.getByRole('button', { name: 'Frontline to Specialists', exact: true }).waitFor();
  await tree.getByText('tier: Specialists').first().waitFor();
  assert.equal(await page.getByRole('button', { name: 'Publish' }).isDisabled(), true);
  await everywhere(page, 'policy');
  await page.setViewportSize({ width: 1440, height: 900 });
  await tree.getByRole('button', { name: 'outage', exact: true }).click();
  assert.match(await editor().evaluate((box) => box.value.slice(box.selectionStart, box.selectionStart + 20)), /^\s*- name: outage/);
});

test('what is wrong is shown at its line and column, and keeps the draft from being published', async () => {
  await editor().fill(original.replace('set: {inbox: billing, tags: [billing]}', 'set: {inbox: biling, tags: [billing]}').replace('message.desk contains "security@"', 'message.dask contains "security@"'));
  await page.getByText('2 problems: it cannot be published like this').waitFor();
  const problem = page.getByRole('button', { name: /did you mean "billing"\?/ });
  const [, line, column] = /Line (\d+), column (\d+)/.exec(await problem.innerText());
  await problem.click();
  const caret = await editor().evaluate((box) => ({ line: box.value.slice(0, box.selectionStart).split('\n').length, rest: box.value.slice(box.selectionStart), focused: document.activeElement === box }));
  assert.deepEqual([caret.line, caret.focused, caret.rest.startsWith('biling')], [Number(line), true, true], `column ${column}`);
  assert.equal(await page.locator('.policy-gutter .policy-line-bad').count(), 2);
  assert.equal(await page.getByRole('button', { name: 'Publish' }).isDisabled(), true);
  await everywhere(page, 'policy-broken');
  await page.setViewportSize({ width: 1440, height: 900 });
});

test('a draft stays in the browser, is compared, and tried out with stored conversations', async () => {
  await editor().fill(original.replace('set: {inbox: billing, tags: [billing]}', 'set: {inbox: integrations, tags: [billing]}'));
  await page.getByText('No problems found').waitFor();
  await page.reload();
  await page.getByText('Changes version 1').waitFor();
  assert.match(await editor().inputValue(), /inbox: integrations, tags: \[billing\]/);
  await tab('Changes');
  const changes = page.getByRole('region', { name: 'Changes' });
  await changes.getByText('set.inbox').waitFor();
  await changes.locator('.policy-diff ins', { hasText: 'inbox: integrations, tags: [billing]' }).waitFor();
  await everywhere(page, 'policy-diff');

  await page.setViewportSize({ width: 1440, height: 900 });
  await tab('Dry run');
  await page.getByText('Forecast waits for a staffing').click();
  await page.getByLabel('Agents in integrations').fill('1');
  await page.getByRole('button', { name: 'Start dry run' }).click();
  const result = page.getByRole('region', { name: 'Result of the dry run' });
  const headline = await result.getByRole('heading', { name: /^\d+ of \d+ conversations \([\d.]+%\) would go to another inbox$/ }).innerText();
  const [moved, all, share] = headline.match(/[\d.]+/g).map(Number);
  assert.ok(moved > 0 && Math.abs(100 * moved / all - share) <= 0.05, headline);
  await result.getByRole('region', { name: 'Moves' }).getByRole('row', { name: /billing integrations/ }).waitFor();
  await result.getByRole('columnheader', { name: 'Mean wait' }).waitFor();
  await everywhere(page, 'policy-dry');
  const link = result.getByRole('link', { name: /^#\d+$/ }).first();
  const number = await link.innerText();
  await link.click();
  await page.locator('.message').first().waitFor();
  await page.getByText(number).first().waitFor();
  await page.goBack();
  assert.deepEqual(page.complaints, []);
});

test('publishing needs a reason, and a mail sent afterwards goes where the draft says', async () => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await mail(demo.smtp, { from: 'una@shopper.example', subject: 'Refund for the first lamp', text: 'Please.' });
  assert.equal((await arrived('Refund for the first lamp')).inbox.key, 'billing');
  await tab('Document');
  await page.getByRole('button', { name: 'Publish' }).click();
  const form = page.getByRole('form', { name: 'Publish the draft' });
  await form.getByRole('button', { name: 'Publish' }).click();
  await form.getByText('Say in a few words why.').waitFor();
  await form.getByLabel('Reason, for the history').fill('Billing moves to the integrations team');
  await everywhere(page, 'policy-publish');
  await page.setViewportSize({ width: 1440, height: 900 });
  await form.getByRole('button', { name: 'Publish' }).click();
  await page.getByText('Version 2 is live.').waitFor();
  await form.waitFor({ state: 'detached' });
  await page.getByText('Live', { exact: true }).waitFor();
  // It comes into force soon: the first mail that the new version decides about shows what it does.
  let moved, subject;
  for (let i = 2; moved?.policy_version !== 2; i++) {
    assert.ok(i < 60, 'version 2 does not come into force');
    subject = `Refund for lamp number ${i}`;
    await mail(demo.smtp, { from: `una${i}@shopper.example`, subject, text: 'Please, too.' });
    moved = await arrived(subject);
  }
  assert.equal(moved.inbox.key, 'integrations');
  await page.goto(`${demo.console}#/inbox/integrations`);
  await page.locator('.row', { hasText: subject }).waitFor();
  await page.goto(`${demo.console}#/policy`);
});

test('a version that somebody else publishes meanwhile is not overwritten', async () => {
  const live = (await ask(demo, '/policies/live')).document;
  await page.getByText('No problems found').waitFor();
  await editor().fill(`${live}# mine\n`);
  await page.getByText('No problems found').waitFor();
  await page.getByRole('button', { name: 'Publish' }).click();
  const form = page.getByRole('form', { name: 'Publish the draft' });
  await form.getByLabel('Reason, for the history').fill('A comment');
  await publish({ document: `${live}# theirs\n`, reason: 'Faster than you' });
  await form.getByRole('button', { name: 'Publish' }).click();
  const asked = page.getByRole('alert').filter({ hasText: 'Version 3 was published by' });
  await asked.getByText('Faster than you').waitFor();
  refused(412);
  await everywhere(page, 'policy-meanwhile');
  await page.setViewportSize({ width: 1440, height: 900 });
  await asked.getByRole('button', { name: 'Compare' }).click();
  await page.locator('.policy-diff del', { hasText: '# theirs' }).waitFor();
  await asked.getByRole('button', { name: 'Keep my text, and base it on version 3' }).click();
  await page.getByText('Changes version 3').waitFor();
  await page.getByRole('button', { name: 'Discard draft' }).click();
  await tab('Document');
  await page.getByText('Live', { exact: true }).waitFor();
  assert.equal(await editor().inputValue(), `${live}# theirs\n`);
  assert.deepEqual(page.complaints, []);
});

test('the history says who, when and why; a version is shown, compared and published again', async () => {
  await tab('History');
  const second = page.getByRole('listitem', { name: 'Version 2', exact: true });
  await second.getByText('Billing moves to the integrations team').waitFor();
  await second.getByText('Console or API').waitFor();
  await second.getByRole('button', { name: 'What it changed: Version 2' }).click();
  await second.getByText('set.inbox').waitFor();
  await everywhere(page, 'policy-history');
  await page.setViewportSize({ width: 1440, height: 900 });
  const first = page.getByRole('listitem', { name: 'Version 1', exact: true });
  await first.getByRole('button', { name: 'Roll back: Version 1' }).click();
  const form = first.getByRole('form', { name: 'Publish version 1 again' });
  await form.getByLabel('Reason, for the history').fill('Back to billing');
  await first.getByText('set.inbox').waitFor();
  await form.getByRole('button', { name: 'Publish' }).click();
  await page.getByRole('listitem', { name: 'Version 4', exact: true }).getByText('Same as version 1').waitFor();
  assert.equal((await ask(demo, '/policies/live')).document, original);
  assert.deepEqual(page.complaints, []);
});

test('a failure can be tried again; others than admins do not see the page', async () => {
  await page.route('**/policies?*', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"title":"The database is not available","status":503}' }));
  await tab('Document');
  await tab('History');
  await page.getByRole('alert').getByText('database').waitFor();
  await page.unroute('**/policies?*');
  await page.getByRole('button', { name: 'Retry' }).click();
  await page.getByRole('listitem', { name: 'Version 4', exact: true }).waitFor();
  refused(503);
  const plain = (await ask(demo, '/agents')).data.find((one) => !one.admin);
  await page.locator('.switcher select').selectOption(plain.email);
  await page.getByText('Only admins can see and change the policy.').waitFor();
  assert.equal(await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Policy' }).count(), 0);
  await everywhere(page, 'policy-denied');
  assert.deepEqual(page.complaints, []);
});

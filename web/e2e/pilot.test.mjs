// A pilot of the policy: refused where it cannot be tried, started with the draft, shown in the conversations that it takes, compared, withdrawn, and adopted.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, everywhere, launch, mail, open, startDemo } from './desk.mjs';

let demo, browser, page, original;
const editor = () => page.getByRole('textbox', { name: 'Policy document' });
const tab = (name) => page.getByRole('tab', { name }).click();
const form = () => page.getByRole('form', { name: 'Start a pilot with the draft' });
const refused = (status) => { page.complaints = page.complaints.filter((one) => !one.includes(String(status))); };

/** Writes from new accounts until one of the conversations went the way that ok asks for. */
async function arrives(ok) {
  for (let n = 1; n < 60; n++) {
    const subject = `pilot ${Date.now()} ${n}`;
    await mail(demo.smtp, { from: `jo@pilot${n}x${Date.now()}.example`, subject, text: 'Help.' });
    for (let i = 0; ; i++) {
      const { data } = await ask(demo, `/conversations?q=${encodeURIComponent(`"${subject}"`)}`);
      if (data[0] && ok(data[0])) return data[0];
      if (data[0]) break;
      assert.ok(i < 150, 'no conversation');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  assert.fail('no conversation went that way');
}
const piloted = (c) => c.path[0].startsWith('pilot: ');

before(async () => {
  demo = await startDemo();
  browser = await launch();
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' }), demo.console);
  page.setDefaultTimeout(20_000);
  page.on('dialog', (dialog) => void dialog.accept());
  original = (await ask(demo, '/policies/live')).document;
});
after(async () => { await browser?.close(); await demo?.stop(); });

test('what cannot be tried is said with its line, and what is missing before it is sent', async () => {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Policy' }).click();
  await page.getByText('No problems found').waitFor();
  await tab('Pilot');
  await page.getByText('There is no draft to try.').waitFor();
  await tab('Document');
  await editor().fill(original.replace(/(billing: +\{.*?tier: )2/, '$13').replace('tags: [billing]', 'tags: [billing, tried]'));
  await page.getByText('No problems found').waitFor();
  await tab('Pilot');
  await form().getByRole('button', { name: 'Start pilot' }).click();
  await form().getByText('Say in a few words what is to be found out.').waitFor();
  await form().getByLabel('What is to be found out').fill('Is the third tier faster?');
  await form().getByLabel('Percent of the accounts').fill('100');
  await form().getByRole('button', { name: 'Start pilot' }).click();
  await form().getByText('nothing to compare with').waitFor();
  await form().getByLabel('Percent of the accounts').fill('50');
  await form().getByRole('button', { name: 'Start pilot' }).click();
  await form().getByText(/Line \d+ inboxes\.billing\.tier: is another one than in the live policy/).waitFor();
  refused(422);
  await everywhere(page, 'pilot-start');
  await page.setViewportSize({ width: 1440, height: 900 });
});

test('a pilot decides about half of the accounts, their conversations say so, and it is compared', async () => {
  await tab('Document');
  await editor().fill(original.replace('tags: [billing]', 'tags: [billing, tried]'));
  await page.getByText('No problems found').waitFor();
  await tab('Pilot');
  await form().getByLabel('What is to be found out').fill('Do more tags help?');
  await form().getByRole('button', { name: 'Start pilot' }).click();
  const card = page.getByRole('region', { name: 'Pilot running Version 2: 50 % of the accounts' });
  await card.getByRole('row', { name: /First response.*not enough cases/ }).waitFor();
  const [pilot] = (await ask(demo, '/policies/pilots')).data;
  assert.deepEqual([pilot.share, pilot.reason, pilot.outcome], [50, 'Do more tags help?', '']);
  await card.getByText('What the draft changes').click();
  await card.locator('.policy-diff ins', { hasText: 'tags: [billing, tried]' }).waitFor();
  await card.getByText('What the draft changes').click();

  const inside = await arrives(piloted);
  await arrives((c) => !piloted(c));
  await page.goto(`${demo.console.split('#')[0]}#/c/${inside.id}`);
  await page.getByText('Why here?').click();
  await page.getByText(`Pilot: version ${pilot.version}, 50 % of the accounts`).waitFor();
  await page.goto(`${demo.console.split('#')[0]}#/policy`);
  await tab('Document');
  await page.getByRole('button', { name: 'Pilot running: 50 % of the accounts' }).click();
  await card.getByText(/New conversations: [1-9]\d* of the pilot and [1-9]\d* of the control group/).waitFor();
  await everywhere(page, 'pilot-running');
  await page.setViewportSize({ width: 1440, height: 900 });
});

test('it is withdrawn with a reason, and another one is adopted', async () => {
  await page.getByRole('button', { name: 'Withdraw', exact: true }).click();
  const end = page.getByRole('form', { name: 'Withdraw the pilot' });
  await end.getByText(/Version \d+ decides from then on/).waitFor();
  await end.getByRole('button', { name: 'Withdraw the pilot' }).click();
  await end.getByText('Say in a few words why.').waitFor();
  await everywhere(page, 'pilot-withdraw');
  await page.setViewportSize({ width: 1440, height: 900 });
  await end.getByLabel('Reason, for the history').fill('Nobody used the tag');
  await end.getByRole('button', { name: 'Withdraw the pilot' }).click();
  const earlier = page.getByRole('list', { name: 'Earlier pilots' });
  await earlier.getByText('Nobody used the tag').waitFor();
  await earlier.getByRole('button', { name: /^Comparison: version/ }).click();
  await earlier.getByRole('row', { name: /Reopened/ }).waitFor();

  await form().getByLabel('Accounts in').selectOption('enterprise');
  await form().getByLabel('Percent of the accounts').fill('100');
  await form().getByLabel('What is to be found out').fill('And for enterprises?');
  await form().getByRole('button', { name: 'Start pilot' }).click();
  await page.getByRole('button', { name: 'Adopt', exact: true }).click();
  const adopt = page.getByRole('form', { name: 'Adopt the pilot' });
  await adopt.getByLabel('Reason, for the history').fill('They asked for it');
  await adopt.getByRole('button', { name: 'Adopt the pilot' }).click();
  await earlier.getByText('They asked for it').waitFor();
  const live = await ask(demo, '/policies/live');
  assert.match(live.document, /tags: \[billing, tried\]/);
  assert.equal(await page.getByText('There is no draft to try.').isVisible(), true);
  await tab('History');
  await page.getByRole('listitem', { name: `Version ${live.version}` }).getByText('They asked for it').waitFor();
  assert.ok(await page.getByText('Draft of a pilot').count() === 2);
  await everywhere(page, 'pilot-history');
  assert.deepEqual(page.complaints, []);
});

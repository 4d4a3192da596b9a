// Deflection: a visitor of the form whom an article helps writes nothing, and counts; one who writes afterwards does not.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, launch, open, startDemo, until } from './desk.mjs';

let demo, browser, page;
const measured = async () => {
  const { data } = await ask(demo, `/reports/deflection?from=${new Date(Date.now() - 3_600_000).toISOString()}&to=${new Date(Date.now() + 3_600_000).toISOString()}`);
  return data[0] ?? { n: 0, provisional: 0, shown: 0 };
};
const counts = (provisional, shown) => until(`${provisional} of ${shown} visits count`, async () => { const one = await measured(); return one.provisional === provisional && one.shown === shown; });

/** Somebody with a browser of their own, who finds an article while writing in the form, and reads it. */
async function visitor(name) {
  const form = await open(await browser.newContext({ userAgent: `Mozilla/5.0 (${name})` }), demo.form_url);
  await form.getByLabel('Message').pressSequentially('I want to send back my lamp');
  const link = form.locator('#articles').getByRole('link', { name: 'Send something back' });
  const [article] = await Promise.all([form.context().waitForEvent('page'), link.click()]);
  await article.getByRole('heading', { name: 'Send something back' }).waitFor();
  return form;
}

before(async () => {
  [demo, browser] = await Promise.all([startDemo(), launch()]);
  page = await open(await browser.newContext({ viewport: { width: 1440, height: 900 } }), demo.console);
});
after(async () => { await browser?.close(); await demo?.stop(); });

test('a visitor who reads an article and writes nothing counts, and one who writes afterwards does not', async () => {
  assert.deepEqual([(await measured()).provisional, (await measured()).shown], [0, 0]);
  const helped = await visitor('helped');
  await counts(1, 1);
  await helped.context().close();

  const writes = await visitor('writes');
  await counts(2, 2);
  await writes.getByLabel('Your e-mail address').fill('una@shopper.example');
  await writes.getByLabel('Message').fill('I want to send back my lamp, but the label is missing.');
  await writes.getByRole('button', { name: 'Send' }).click();
  await writes.getByText('Your message has arrived.').waitFor();
  await page.locator('.row', { hasText: 'but the label is missing' }).waitFor();
  await counts(1, 2);
  assert.deepEqual([...helped.complaints, ...writes.complaints, ...page.complaints], []);
});

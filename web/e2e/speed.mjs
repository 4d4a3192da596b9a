// Response times of the console on loopback: medians and percentiles.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, mail, startDemo } from './desk.mjs';

let demo, browser;
before(async () => { demo = await startDemo(); browser = await launch(); });
after(async () => { await browser?.close(); await demo?.stop(); });

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
const p95 = (list) => list.toSorted((a, b) => a - b)[Math.ceil(list.length * 0.95) - 1];

test('a cold load paints within 300 ms and has rows within 600 ms', async (t) => {
  const paints = [];
  const rows = [];
  for (let i = 0; i < 5; i++) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    await context.addInitScript(() => {
      new MutationObserver((_, watch) => {
        if (!document.querySelector('.row')) return;
        globalThis.rowsAt = performance.now();
        watch.disconnect();
      }).observe(document, { childList: true, subtree: true });
    });
    const page = await context.newPage();
    await page.goto(demo.console);
    await page.locator('.row').first().waitFor();
    paints.push(await page.evaluate(async () => {
      const entry = () => performance.getEntriesByName('first-contentful-paint')[0];
      return entry()?.startTime ?? new Promise((resolve) => new PerformanceObserver(() => entry() && resolve(entry().startTime)).observe({ type: 'paint', buffered: true }));
    }));
    rows.push(await page.evaluate(() => globalThis.rowsAt));
    await context.close();
  }
  t.diagnostic(`first paint ${Math.round(median(paints))} ms, rows ${Math.round(median(rows))} ms`);
  assert.ok(median(paints) <= 300, `first paint ${paints}`);
  assert.ok(median(rows) <= 600, `rows ${rows}`);
});

test('moving through the list lays out within a frame, opening within 100 ms', async (t) => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(demo.console);
  await page.locator('.row').nth(10).waitFor();
  const moves = await page.evaluate(async () => {
    const times = [];
    for (let i = 0; i < 40; i++) {
      const start = performance.now();
      window.dispatchEvent(new KeyboardEvent('keydown', { key: 'j' }));
      await Promise.resolve().then(() => undefined);
      await new Promise((resolve) => { const channel = new MessageChannel(); channel.port1.onmessage = resolve; channel.port2.postMessage(0); });
      document.querySelector('.rows').getBoundingClientRect();
      times.push(performance.now() - start);
    }
    return times;
  });
  const opens = await page.evaluate(async () => {
    const times = [];
    for (const link of [...document.querySelectorAll('.row a')].slice(0, 20)) {
      const title = link.querySelector('.row-title').textContent;
      const start = performance.now();
      link.click();
      while (!(document.querySelector('.thread-subject')?.textContent.startsWith(title) && document.querySelector('.message'))) await new Promise(requestAnimationFrame);
      times.push(performance.now() - start);
    }
    return times;
  });
  t.diagnostic(`j p95 ${p95(moves).toFixed(1)} ms; open p95 ${p95(opens).toFixed(0)} ms`);
  assert.ok(p95(moves) <= 16, `j ${moves.map(Math.round)}`);
  assert.ok(p95(opens) <= 100, `open ${opens.map(Math.round)}`);
  await context.close();
});

/** Answers the list with n conversations, in pages, like a full desk. */
async function crowd(page, n) {
  const first = await (await fetch(`${demo.api}/conversations?limit=1`, { headers: { Authorization: `Bearer ${demo.api_key}` } })).json();
  const at = Date.now();
  const all = Array.from({ length: n }, (_, i) => i === 0 ? first.data[0] : ({
    ...first.data[0], id: `cv_${String(i).padStart(32, '0')}`, number: 100_000 + i, subject: `Conversation ${i}`, unread: i % 3 === 0, updated_at: new Date(at - i * 1000).toISOString(),
  }));
  all[0] = { ...all[0], updated_at: new Date(at + 1000).toISOString() };
  await page.route(/\/api\/v1\/conversations\?/, (route) => {
    const query = new URL(route.request().url()).searchParams;
    const from = Number(query.get('cursor') ?? 0), limit = Number(query.get('limit') ?? 50);
    void route.fulfill({ json: { data: all.slice(from, from + limit), next_cursor: from + limit < n ? String(from + limit) : null } });
  });
  // Every conversation has the content of the first.
  await page.route(/\/api\/v1\/conversations\/cv_0{8}/, async (route) => {
    const url = route.request().url();
    const own = all[Number(/cv_0*(\d*)/.exec(url)[1] || 0)];
    if (!/cv_\d+$/.test(url)) return route.continue({ url: url.replace(/cv_\d+/, first.data[0].id) });
    return route.fulfill({ json: own });
  });
}

test('5,000 conversations, one open: j, k and typing', async (t) => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await crowd(page, 5000);
  await page.goto(demo.console);
  await page.locator('.row').first().waitFor();
  const loaded = await page.evaluate(async () => {
    const box = document.querySelector('.rows');
    for (let i = 0; i < 400 && document.querySelector('.more'); i++) {
      box.scrollTop = box.scrollHeight;
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    box.scrollTop = 0;
    return Math.round(document.querySelector('.row-list').offsetHeight / document.querySelector('.row').offsetHeight);
  });
  assert.equal(loaded, 5000);
  await page.locator('.row a').first().click();
  await page.locator('.message').first().waitFor();
  const nodes = await page.evaluate(() => document.querySelectorAll('*').length);
  const pressed = await page.evaluate(async () => {
    const times = [];
    for (let i = 0; i < 120; i++) {
      const start = performance.now();
      window.dispatchEvent(new KeyboardEvent('keydown', { key: i % 3 === 2 ? 'k' : 'j' }));
      await new Promise((resolve) => { const channel = new MessageChannel(); channel.port1.onmessage = resolve; channel.port2.postMessage(0); });
      document.querySelector('.rows').getBoundingClientRect();
      times.push(performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    return times;
  });
  await page.keyboard.press('r');
  await page.locator('.editor textarea').waitFor();
  const typed = await page.evaluate(async () => {
    const field = document.querySelector('.editor textarea');
    const times = [];
    for (let i = 0; i < 100; i++) {
      const start = performance.now();
      field.value += 'a word '[i % 7];
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
      await new Promise((resolve) => { const channel = new MessageChannel(); channel.port1.onmessage = resolve; channel.port2.postMessage(0); });
      field.getBoundingClientRect();
      times.push(performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    return times;
  });
  t.diagnostic(`${nodes} nodes; j/k p95 ${p95(pressed).toFixed(1)} ms; typing p95 ${p95(typed).toFixed(1)} ms`);
  assert.ok(nodes < 2500, `${nodes} nodes`);
  assert.ok(p95(pressed) <= 16, `j/k ${pressed.map(Math.round)}`);
  assert.ok(p95(typed) <= 8, `typing ${typed.map(Math.round)}`);
  await context.close();
});

test('from accepting an email to showing it', async (t) => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(demo.console);
  await page.locator('.link-live').waitFor();
  const times = [];
  for (let i = 0; i < 15; i++) {
    const subject = `Speed ${i} of fifteen`;
    const seen = page.waitForFunction((wanted) => [...document.querySelectorAll('.row-title')].some((one) => one.textContent === wanted), subject, { polling: 20 });
    await mail(demo.smtp, { from: `quick${i}@runner.example`, subject, text: 'Go.' });
    const accepted = performance.now();
    await seen;
    times.push(performance.now() - accepted);
  }
  t.diagnostic(`p50 ${Math.round(median(times))} ms, p95 ${Math.round(p95(times))} ms`);
  assert.ok(p95(times) < 1000, `${times.map(Math.round)}`);
  await context.close();
});

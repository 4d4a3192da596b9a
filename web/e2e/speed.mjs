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
  await page.locator('.row').nth(40).waitFor();
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

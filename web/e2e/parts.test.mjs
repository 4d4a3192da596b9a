// The parts of a mail in a real browser: pictures, colours, the frame of HTML mail, text from right to left.
import assert from 'node:assert/strict';
import { deflateSync } from 'node:zlib';
import { after, before, test } from 'node:test';
import { accessible, ask, launch, mail, open, shot, startDemo } from './desk.mjs';

let browser, demo, page;

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

/** A PNG image of one colour. */
function png(width, height, [r, g, b]) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const out = Buffer.alloc(8 + body.length);
    out.writeUInt32BE(data.length);
    body.copy(out, 4);
    out.writeUInt32BE(crc(body), 4 + body.length);
    return out;
  };
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  const line = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, Buffer.from([r, g, b]))]);
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.concat(Array(height).fill(line)))), chunk('IEND', Buffer.alloc(0))]);
}

function crc(bytes) {
  let c = ~0;
  for (const byte of bytes) {
    c ^= byte;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return ~c >>> 0;
}

const piece = (head, data) => `--b\n${head}\nContent-Transfer-Encoding: base64\n\n${data.toString('base64').replace(/.{76}/g, '$&\n')}\n`;
const inline = (cid, type, data) => piece(`Content-Type: ${type}; name="${cid}"\nContent-ID: <${cid}@x>\nContent-Disposition: inline; filename="${cid}"`, data);
const html = (text) => `--b\nContent-Type: text/html; charset=utf-8\n\n${text}\n`;

/** Sends a mail and opens it in the console. */
async function show(subject, type, text, { name = 'Ann', headers = [] } = {}) {
  const id = await mail(demo.smtp, { from: `ann${Date.now()}@elm.example`, name, subject, headers: ['MIME-Version: 1.0', `Content-Type: ${type}`, ...headers], text });
  const row = page.locator('.row', { hasText: subject });
  await row.waitFor();
  await row.locator('a').click();
  await page.locator('.thread-subject', { hasText: subject }).waitFor();
  await page.locator('.message').first().waitFor();
  return id;
}

const frame = () => page.frameLocator('iframe.mail');
const listed = async () => (await page.locator('.message .files a').evaluateAll((all) => all.map((a) => a.getAttribute('download')))).sort();

test('every picture is drawn or listed', async () => {
  const green = png(40, 30, [0, 140, 60]);
  const noise = Buffer.alloc(3 << 20).map((_, i) => (i * 2654435761) >>> 13);
  const refs = { 'small.png': green, 'big.png': Buffer.concat([green.subarray(0, 33), noise, green.subarray(33)]), 'photo.heic': Buffer.from('\0\0\0\x18ftypheic'), 'scan.tiff': Buffer.from('II*\0'), 'doc.pdf': Buffer.from('%PDF-1.4') };
  const types = { png: 'image/png', heic: 'image/heic', tiff: 'image/tiff', pdf: 'application/pdf' };
  await show('Photos of the shelf', 'multipart/related; boundary=b',
    html(Object.keys(refs).map((name) => `<p>${name} <img src="CID:${name.toUpperCase()}@x"></p>`).join('')) + Object.entries(refs).map(([name, data]) => inline(name, types[name.split('.')[1]], data)).join('') + '--b--');
  await frame().getByText('small.png').waitFor();
  assert.equal(await frame().locator('img').evaluateAll((all) => all.filter((one) => one.naturalWidth > 0).length), 1);
  assert.deepEqual(await listed(), ['big.png', 'doc.pdf', 'photo.heic', 'scan.tiff']);
  // Without the formatted version, the drawn picture is a file as well.
  await page.getByRole('button', { name: 'Plain text' }).click();
  assert.ok((await listed()).includes('small.png'));
  await accessible(page, 'mail with pictures');
  await shot(page, 'parts-pictures');
});

test('a screenshot in the new part of a reply is listed with a preview', async () => {
  await show('Error on the screen', 'multipart/alternative; boundary=a', [
    '--a', 'Content-Type: text/plain', '', 'This:', '', 'Can you see it?', '', 'On 28 Nov 2026, at 23:00, Ana Ruiz <support@demo.example> wrote:', '', '> What does it say?', '',
    '--a', 'Content-Type: multipart/related; boundary=b', '',
    html('This:<div><img src="cid:shot.png@x"></div>Can you see it?<blockquote type="cite">What does it say?</blockquote>') + inline('shot.png', 'image/png', png(300, 200, [200, 40, 40])) + '--b--', '--a--',
  ].join('\n'));
  await page.locator('.message').getByText('Can you see it?').waitFor();
  assert.deepEqual(await listed(), ['shot.png']);
  const preview = page.locator('.file-preview');
  await preview.waitFor();
  await page.waitForFunction(() => document.querySelector('.file-preview').naturalWidth === 300);
  await shot(page, 'parts-reply');
});

/** The lowest contrast of any text in the shown mail. */
const contrast = () => page.frames().find((one) => one.url().includes('/html')).evaluate(() => {
  const read = (value) => (value.match(/[\d.]+/g) ?? []).map(Number);
  const over = ([r, g, b, a = 1], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a)];
  const light = (rgb) => rgb.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    const below = node.parentElement ? ground(node.parentElement) : [255, 255, 255];
    return over(read(getComputedStyle(node).backgroundColor), below);
  };
  const found = [];
  for (const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); walk.nextNode();) {
    const { data, parentElement } = walk.currentNode;
    if (!data.trim()) continue;
    const under = ground(parentElement);
    const [a, b] = [light(over(read(getComputedStyle(parentElement).color), under)), light(under)].sort((x, y) => y - x);
    found.push({ text: data.trim(), ratio: (a + 0.05) / (b + 0.05) });
  }
  return found;
});

test('no text is lost with its background', async () => {
  await show('Colours of a brochure', 'text/html; charset=utf-8', `<html><head><style>p.x{color:#fff;background:#222} td{background-color:black} .y > b{background:#000} .z{background-image:url(z.png);color:#eee}</style></head><body>
<p><span style="color:white;background:#434857">7095695154</span></p><table bgcolor="#0f0f10"><tr><td><font color="#ffffff">one</font></td></tr></table><p class="x">two</p>
<div style="background:url(https://t.example/p.png) #123456;color:#fff">three</div><div style="background-image:linear-gradient(#000,#111);color:#fff">four</div>
<p style="color:rgba(255,255,255,1);background-color:rgb(0 0 0 / 80%)">five</p><p class="y"><b style="color:ivory">six</b></p><p class="z">seven <font color="yellow">eight</font></p>
<div style="background:var(--night);color:hsl(60,100%,90%) !important">nine <a href="https://a.example">ten</a></div><table background="https://t.example/q.png"><tr><th style="background:none"><span style="color:#ffc">eleven</span></th></tr></table>
<div style="background:#101010"><p>twelve <a href="https://a.example">thirteen</a></p></div></body></html>`);
  await frame().getByText('twelve').waitFor();
  const texts = await contrast();
  assert.equal(texts.length, 14, JSON.stringify(texts));
  assert.deepEqual(texts.filter((one) => one.ratio < 4), []);
  await page.emulateMedia({ colorScheme: 'dark' });
  assert.deepEqual((await contrast()).filter((one) => one.ratio < 4), []);
  assert.equal(await page.locator('iframe.mail').evaluate((box) => getComputedStyle(box).backgroundColor), 'rgb(255, 255, 255)');
  await shot(page, 'parts-colours-dark');
  await page.emulateMedia({ colorScheme: 'light' });
});

test('a long and wide mail can be read to its end, and its frame has no rights', async () => {
  const rows = Array.from({ length: 400 }, (_, i) => `<tr><td>row ${i}</td>${Array.from({ length: 30 }, (_, k) => `<td>column${k}</td>`).join('')}<td>end${i}</td></tr>`).join('');
  await show('A very long table', 'text/html; charset=utf-8', `<p>Hello</p><details><summary>Earlier messages</summary>${'<p>quoted line</p>'.repeat(60)}</details><table>${rows}</table><p>The very last line.</p>`);
  await frame().getByText('Hello').waitFor();
  const box = page.locator('iframe.mail');
  assert.equal(await box.getAttribute('sandbox'), 'allow-popups allow-popups-to-escape-sandbox');
  assert.equal(await box.evaluate((one) => one.contentDocument), null);
  assert.equal(await box.getAttribute('scrolling'), null);
  const inner = page.frames().find((one) => one.url().includes('/html'));
  const measure = () => inner.evaluate(() => ({ high: document.documentElement.scrollHeight, seen: innerHeight, wide: document.documentElement.scrollWidth, across: innerWidth, line: document.querySelector('td').getClientRects()[0].height }));
  const before = await measure();
  assert.ok(before.high > before.seen && before.wide > before.across && before.line < 60, JSON.stringify(before));
  await shot(page, 'parts-long-top');
  // The wheel reaches the end of the mail, with the page around it standing still.
  await box.scrollIntoViewIfNeeded();
  await box.hover();
  for (let n = 0; n < 60; n++) await page.mouse.wheel(0, 400);
  const last = frame().getByText('The very last line.');
  await assertInView(inner, 'p:last-of-type');
  await last.waitFor();
  await shot(page, 'parts-long-end');
  // It can be enlarged, and made smaller again.
  const height = async () => (await box.boundingBox()).height;
  const small = await height();
  await page.getByRole('button', { name: 'Larger' }).click();
  assert.ok(await height() > small);
  await page.getByRole('button', { name: 'Smaller' }).click();
  assert.equal(await height(), small);
  // A quotation that opens makes the page longer, and the frame scrolls further.
  await inner.evaluate(() => scrollTo(0, 0));
  await frame().getByText('Earlier messages').click();
  assert.ok((await measure()).high > before.high);
  await accessible(page, 'long mail');
});

async function assertInView(inner, selector) {
  for (let n = 0; n < 100; n++) {
    const { top, high } = await inner.evaluate((one) => ({ top: document.querySelector(one).getBoundingClientRect().bottom, high: innerHeight }), selector);
    if (top <= high + 1) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`${selector} is not in view`);
}

test('text from right to left is isolated', async () => {
  await show('שאלה על הזמנה 12 (דחוף)', 'text/plain; charset=utf-8', 'שלום, איפה ההזמנה שלי?\n\nOrder number: 4711.\n', { name: '=?utf-8?B?15PXoNeU?=' });
  const ways = await page.evaluate(() => {
    const way = (selector) => { const one = document.querySelector(selector); return one && `${getComputedStyle(one).direction} ${one.getAttribute('dir')}`; };
    return [way('.row-open .row-title'), way('.row-open .row-preview'), way('.row-open .row-person'), way('.thread-subject'), way('.message-text'), way('.message-who b'), way('.side h3')];
  });
  assert.deepEqual(ways, Array(7).fill('rtl auto'));
  // Each line of a text has its own direction.
  const sides = await page.locator('.message-text').evaluate((one) => {
    const at = (words) => { const range = document.createRange(); const node = one.firstChild; const i = node.data.indexOf(words); range.setStart(node, i); range.setEnd(node, i + words.length); return range.getBoundingClientRect(); };
    const box = one.getBoundingClientRect();
    return [Math.round(box.right - at('שלום').right), Math.round(at('Order').left - box.left)];
  });
  assert.ok(sides[0] < 3 && sides[1] < 3, String(sides));
  await accessible(page, 'text from right to left');
  await shot(page, 'parts-rtl');
});

test('the selected row is visible in forced colours', async () => {
  await page.emulateMedia({ forcedColors: 'active' });
  const look = (selector) => page.locator(selector).first().evaluate((one) => { const s = getComputedStyle(one); return `${s.borderInlineStartWidth} ${s.outlineStyle} ${s.outlineWidth}`; });
  assert.notEqual(await look('.row-open > a'), await look('.row:not(.row-open, .row-picked) > a'));
  assert.equal((await look('.row-open > a')).split(' ')[0], '6px');
  await shot(page, 'parts-forced-colours');
  await page.emulateMedia({ forcedColors: 'none' });
});

test('the API lists what the console lists', async () => {
  const { data } = await ask(demo, '/conversations?limit=40');
  const found = data.find((one) => one.subject === 'Photos of the shelf');
  const { data: messages } = await ask(demo, `/conversations/${found.id}/messages`);
  assert.deepEqual(messages[0].attachments.filter((one) => one.disposition === 'attachment').map((one) => one.name).sort(), ['big.png', 'doc.pdf', 'photo.heic', 'scan.tiff']);
  assert.equal(messages[0].display, 'html');
});

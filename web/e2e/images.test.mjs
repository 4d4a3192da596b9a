// Remote images in an email: loaded only on request, and through the server.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { accessible, freePort, launch, mail, shot, startServer } from './desk.mjs';

const admin = { name: 'Ada', email: 'ada@desk.example', password: 'correct horse battery' };
// A green image of 1 × 1 pixels.
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgqE8HAAFOANL3tDjbAAAAAElFTkSuQmCC', 'base64');
let browser, server, page, shop;
const asked = [];
const requests = [];

before(async () => {
  shop = http.createServer((request, response) => {
    asked.push({ path: request.url, agent: request.headers['user-agent'], cookie: request.headers.cookie, referer: request.headers.referer });
    if (request.url.startsWith('/pixel.svg')) return response.writeHead(200, { 'Content-Type': 'image/png' }).end('<svg xmlns="http://www.w3.org/2000/svg"/>');
    return response.writeHead(200, { 'Content-Type': 'image/png' }).end(PNG);
  });
  await new Promise((resolve) => shop.listen(0, '127.0.0.1', resolve));
  const smtp = `127.0.0.1:${await freePort()}`;
  server = await startServer(`[mail]\naddresses = ["support@desk.example"]\n[smtp]\naddr = "${smtp}"\n[images]\nallow_networks = ["127.0.0.1"]\n`, admin);
  browser = await launch();
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark' })).newPage();
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(server.console);
  await page.getByLabel('Email').fill(admin.email);
  await page.getByLabel('Password').fill(admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('No open conversations.').or(page.locator('.row')).first().waitFor();
  const at = `http://127.0.0.1:${shop.address().port}`;
  await mail(smtp, {
    from: 'news@shop.example', name: 'Shop', to: 'support@desk.example', subject: 'Our autumn', headers: ['MIME-Version: 1.0', 'Content-Type: text/html; charset=utf-8'],
    text: `<table width="560"><tr><td bgcolor="#f4efe6"><h1>Our autumn</h1><p><img id="logo" src="${at}/logo.png?u=1&amp;v=2" width="200" height="80" alt="A green field"></p>`
      + `<p>Dear customer, this is what it looks like here.</p><img src="${at}/pixel.svg" width="20" height="20" alt="no picture"></td></tr></table>`,
  });
});
after(async () => {
  await browser?.close();
  await server?.stop();
  shop?.close();
});

test('nothing is loaded before the request', async () => {
  await page.locator('.row', { hasText: 'Our autumn' }).locator('a').click();
  await page.locator('.message').first().waitFor();
  const whole = page.getByRole('button', { name: 'Show full message' });
  if (await whole.count()) await whole.click();
  await page.frameLocator('iframe.mail').getByText('this is what it looks like').waitFor();
  assert.deepEqual(asked, []);
  await accessible(page, 'email without images');
  await shot(page, 'images-off');
});

test('images are loaded through the server, once', async () => {
  await page.getByRole('button', { name: 'Show images' }).click();
  const logo = page.frameLocator('iframe.mail').getByAltText('A green field');
  await logo.waitFor();
  const width = () => page.frames().find((frame) => frame.url().includes('images=true'))?.evaluate(() => document.querySelector('img').naturalWidth);
  for (let n = 0; n < 100 && ((await width()) !== 1 || asked.length < 2); n++) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(await width(), 1);
  await shot(page, 'images-on');
  assert.deepEqual([...new Set(asked.map((one) => one.path))].sort(), ['/logo.png?u=1&v=2', '/pixel.svg']);
  assert.ok(asked.every((one) => one.agent === 'Switchboard' && !one.cookie && !one.referer), JSON.stringify(asked));
  // The browser itself contacted no other host.
  assert.deepEqual(requests.filter((url) => !url.startsWith(server.console) && !url.startsWith('data:')), []);

  // Another reader causes no second request.
  const before = asked.filter((one) => one.path.startsWith('/logo')).length;
  const picture = requests.find((url) => url.includes('logo.png'));
  const answer = await fetch(picture);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'image/png');
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(asked.filter((one) => one.path.startsWith('/logo')).length, before);
  // Other content is not passed on, and URLs without a signature are not fetched.
  const refused = await fetch(requests.find((url) => url.includes('pixel.svg')));
  assert.equal(refused.status, 404);
  const forged = new URL(picture);
  forged.searchParams.set('url', 'http://127.0.0.1:1/');
  assert.equal((await fetch(forged)).status, 403);
});

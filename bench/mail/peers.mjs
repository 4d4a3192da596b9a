// What other programs read: one JSON object a line in, one out.
//   {"parse": "FILE"}        -> {"postal-mime": {...}, "mailparser": {...}}
//   {"reply": "...", "html": false} -> {"planer": "...", "email-reply-parser": "..."}
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const require = createRequire(process.argv[2] + '/package.json');
const load = async (name) => import(pathToFileURL(require.resolve(name)));
const { simpleParser } = await load('mailparser');
const PostalMime = (await load('postal-mime')).default;
const planer = require('planer');
const { JSDOM } = require('jsdom');
const Parser = (await load('email-reply-parser')).default;
const { convert } = require('html-to-text');
const dom = new JSDOM().window.document;

const attempt = async (f) => {
  try {
    return await f();
  } catch (e) {
    return { error: String(e) };
  }
};

const parsers = {
  'postal-mime': async (b) => {
    const m = await PostalMime.parse(b);
    return { subject: m.subject, text: m.text, html: m.html, message_id: m.messageId, date: m.date, attachments: m.attachments.map((a) => ({ filename: a.filename || '' })) };
  },
  mailparser: async (b) => {
    const m = await simpleParser(b, { skipImageLinks: true, skipHtmlToText: false });
    return { subject: m.subject, text: m.text, html: m.html || '', message_id: m.messageId, date: m.date && !isNaN(m.date) ? m.date.toISOString() : '', attachments: m.attachments.map((a) => ({ filename: a.filename || '' })) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  const out = {};
  if (job.parse) {
    const b = readFileSync(job.parse);
    for (const [name, parse] of Object.entries(parsers)) out[name] = await attempt(() => parse(b));
  } else if (job.html) {
    out.planer = await attempt(() => planer.extractFromHtml(job.reply, dom));
    out['email-reply-parser'] = await attempt(() => new Parser().read(convert(job.reply, { wordwrap: false })).getVisibleText());
  } else {
    out.planer = await attempt(() => planer.extractFromPlain(job.reply));
    out['email-reply-parser'] = await attempt(() => new Parser().read(job.reply).getVisibleText());
  }
  process.stdout.write(JSON.stringify(out) + '\n');
}

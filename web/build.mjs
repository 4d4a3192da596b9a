// Builds all pages into dist, laid out as they are served, and compresses them once
// instead of at every request.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
const COMPRESSIBLE = /\.(js|css|html|svg|json)$/;

// The pages are always built for production: started from a test, the environment would
// make it a larger build for development.
process.env.NODE_ENV = 'production';

const shared = {
  configFile: false,
  base: './',
  logLevel: 'warn',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
};

function pages(root, outDir, inputs, base = './') {
  return build({
    ...shared,
    base,
    root: join(here, root),
    build: {
      outDir: join(dist, outDir),
      emptyOutDir: false,
      target: 'es2022',
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      rollupOptions: { input: inputs.map((page) => join(here, root, page)) },
    },
  });
}

function script(entry, outDir, name) {
  return build({
    ...shared,
    root: here,
    build: {
      outDir: join(dist, outDir),
      emptyOutDir: false,
      target: 'es2020',
      minify: 'esbuild',
      lib: { entry: join(here, entry), formats: ['iife'], name: 'switchboardWidget', fileName: () => name },
    },
  });
}

async function clean() {
  for (const name of await readdir(dist)) {
    if (name !== '.keep') await rm(join(dist, name), { recursive: true });
  }
}

async function compress(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await compress(path);
    else if (COMPRESSIBLE.test(entry.name)) await writeFile(path + '.gz', gzipSync(await readFile(path), { level: 9 }));
  }
}

await clean();
await pages('console', 'console', ['index.html']);
await pages('widget/panel', 'v1/widget', ['panel.html']);
await script('widget/loader.ts', 'v1', 'widget.js');
await pages('demo', 'demo', ['index.html', 'shop.html'], '/demo/'); // /demo has no trailing slash
await compress(dist);

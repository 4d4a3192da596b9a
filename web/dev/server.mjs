// Serves the console with live reloading, against a running Switchboard:
//   SWITCHBOARD=http://127.0.0.1:8080 npm run dev
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

const target = process.env.SWITCHBOARD ?? 'http://127.0.0.1:8080';
const server = await createServer({
  configFile: false,
  root: join(dirname(fileURLToPath(import.meta.url)), '..', 'console'),
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  server: {
    host: '127.0.0.1',
    // The server compares Origin and Host, so both must be its own.
    proxy: { '/api': { target, ws: true, changeOrigin: true, headers: { Origin: target } }, '/demo': { target, changeOrigin: true, headers: { Origin: target } } },
  },
});
await server.listen();
server.printUrls();

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['{console,widget,demo,shared,test}/**/*.test.ts'], environment: 'node' },
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
});

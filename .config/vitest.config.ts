import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { QuietReporter } from './quiet-reporter.js';

const root = fileURLToPath(new URL('..', import.meta.url));

// Everything is tested as it is shipped: packages are imported by name, which means their built files.
// `npm test` builds first; after a change, so must you.
export default defineConfig({
  root,
  test: {
    reporters: [new QuietReporter()],
    silent: 'passed-only',
    // Processes rather than threads: these tests watch warnings, rejections and memory of the whole process.
    pool: 'forks',
    maxWorkers: 2,
    setupFiles: ['test/support/watch-process.ts'],
    // Where a test waits for a clock, it is the fake one: whoever waits this long waits for ever.
    testTimeout: 10_000,
    hookTimeout: 20_000,
    server: { deps: { external: [/\/(packages|examples)\/[^/]+\/dist\//] } },
    projects: [
      {
        extends: true,
        test: {
          name: 'beside the source',
          include: ['packages/*/{src,test}/**/*.test.ts', 'examples/*/src/**/*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'across packages',
          include: ['test/**/*.test.ts'],
          globalSetup: ['test/hosts/install.ts'],
          exclude: ['test/packages/**', '**/node_modules/**'],
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'as published',
          include: ['test/packages/**/*.test.ts'],
          globalSetup: ['test/packages/pack.ts'],
          testTimeout: 60_000,
        },
      },
    ],
  },
});

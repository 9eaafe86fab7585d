import { defineConfig } from 'vitest/config';

/** Tests that start containers. */
const ENGINE = '__tests__/**/*.engine.test.ts';
/** Tests that take seconds by their nature, or fetch a tool from a registry of packages. */
const SLOW = '__tests__/**/*.slow.test.ts';

export default defineConfig({
  test: {
    allowOnly: false,
    passWithNoTests: false,
    maxWorkers: 2,
    projects: [
      // Its files share one set of modules, so none of them may replace a module: eslint.config.js sees to that.
      {
        test: {
          name: 'unit',
          include: ['__tests__/**/*.test.ts'],
          exclude: [ENGINE, SLOW],
          testTimeout: 20_000,
          isolate: false,
        },
      },
      { test: { name: 'slow', include: [SLOW], testTimeout: 120_000, hookTimeout: 120_000 } },
      { test: { name: 'engine', include: [ENGINE], testTimeout: 120_000, hookTimeout: 120_000 } },
    ],
  },
});

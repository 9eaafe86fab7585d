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
    // Two files at a time on two cores can lose a race against the clock, such as the 50 ms that Squid has for the last line
    // of its log. A test that fails twice has found something else.
    retry: 1,
    projects: [
      { test: { name: 'unit', include: ['__tests__/**/*.test.ts'], exclude: [ENGINE, SLOW], testTimeout: 20_000 } },
      { test: { name: 'slow', include: [SLOW], testTimeout: 120_000, hookTimeout: 120_000 } },
      { test: { name: 'engine', include: [ENGINE], testTimeout: 120_000, hookTimeout: 120_000 } },
    ],
  },
});

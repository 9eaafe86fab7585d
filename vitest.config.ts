import { defineConfig } from 'vitest/config';

/** Tests of this name start containers; they run one file at a time, for runs share the engine. */
const ENGINE_TESTS = '__tests__/**/*.engine.test.ts';

export default defineConfig({
  test: {
    allowOnly: false,
    passWithNoTests: false,
    projects: [
      { test: { name: 'unit', include: ['__tests__/**/*.test.ts'], exclude: [ENGINE_TESTS] } },
      {
        test: {
          name: 'engine',
          include: [ENGINE_TESTS],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});

import { join } from 'node:path';
import { describe } from 'vitest';
import { ROOT } from '../../testing/root.ts';
import { describeClients } from './contract.ts';
import { runInSandbox } from './run-in-sandbox.ts';

describe('openai, @anthropic-ai/sdk and @google/genai from npm', () => {
  describeClients({
    run: () => {
      const [node, program] = ['node_modules/.bin/node', '__tests__/clients/fixtures/npm-sdks.ts'];
      const mounts = ['node_modules', 'package.json'].map((name) => join(ROOT, name));
      return runInSandbox(`${join(ROOT, node)} ${join(ROOT, program)}`, mounts);
    },
    limitMs: 120_000,
    googleError: 'ApiError',
    without: [],
  });
});

import { join } from 'node:path';
import { describe } from 'vitest';
import { FETCH_LIMIT } from '../../testing/scratch.ts';
import { describeClients } from './contract.ts';
import { HAS_PYTHON, pythonWithSdks } from './python.ts';
import { runInSandbox } from './run-in-sandbox.ts';

describe.skipIf(!HAS_PYTHON)('openai, anthropic and google-genai from PyPI', () => {
  describeClients({
    run: async () => {
      const { python, mounts } = await pythonWithSdks();
      return runInSandbox(`${python} ${join(import.meta.dirname, 'pypi', 'main.py')}`, mounts);
    },
    limitMs: FETCH_LIMIT,
    googleError: 'ClientError',
    // google-genai uses TLS whatever the base URL says, and offers no workaround.
    without: ['gemini.live'],
  });
});

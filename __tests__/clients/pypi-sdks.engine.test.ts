import { join } from 'node:path';
import { describe } from 'vitest';
import { HAS_PYTHON, virtualEnvironment } from '../../testing/python.ts';
import { FETCH_LIMIT } from '../../testing/scratch.ts';
import { describeClients } from './contract.ts';
import { runInSandbox } from './run-in-sandbox.ts';

describe.skipIf(!HAS_PYTHON)('openai, anthropic and google-genai from PyPI', () => {
  describeClients({
    run: async () => {
      const folder = join(import.meta.dirname, 'pypi');
      const { bin, mounts } = await virtualEnvironment(folder);
      return runInSandbox(`${bin}/python3 ${join(folder, 'main.py')}`, mounts);
    },
    limitMs: FETCH_LIMIT,
    googleError: 'ClientError',
    // google-genai uses TLS whatever the base URL says, and offers no workaround.
    without: ['gemini.live'],
  });
});

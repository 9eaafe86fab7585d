import { join } from 'node:path';
import { describe } from 'vitest';
import { describeClients } from './contract.ts';
import { HAS_PYTHON, PIP_LIMIT, pythonWithSdks } from './python.ts';
import { runInSandbox } from './run-in-sandbox.ts';

describe.skipIf(!HAS_PYTHON)('openai, anthropic and google-genai from PyPI', () => {
  describeClients({
    run: async () => {
      const { python, mounts } = await pythonWithSdks();
      return runInSandbox(`${python} ${join(import.meta.dirname, 'pypi', 'main.py')}`, mounts);
    },
    limitMs: PIP_LIMIT,
    googleError: 'ClientError',
    // google-genai asks for TLS whatever the base URL says, and offers no way around.
    without: ['gemini.live'],
  });
});

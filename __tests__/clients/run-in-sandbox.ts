/** Runs a program that uses the SDKs in the sandbox, with the credentials of all providers outside. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROVIDERS, type ProviderId } from '../../src/shared/providers.ts';
import { actionStep, startLocalProvider, TEST_KEYS, type LocalProvider } from '../../testing/runner/action.ts';
import { ROOT } from '../../testing/root.ts';
import type { RawReply, Responder } from '../../testing/provider/server.ts';
import type { RecordedRequest } from '../../testing/provider/recorded-request.ts';
import { FAILING_MODELS, RESULTS_FILE, type Results } from './cases.ts';

export interface ClientsRun {
  readonly results: Results;
  /** What the providers received. */
  readonly requests: readonly RecordedRequest[];
}

/** The model's answer. */
export const TEXT = 'Grüße vom Anbieter: 世界 says hello 🎉 to all.';

type Failures = Readonly<Record<keyof typeof FAILING_MODELS, unknown>>;

const OPENAI_FAILURES: Failures = {
  badRequest: {
    error: {
      message: "Unsupported value: 'temperature' does not support 3 with this model.",
      type: 'invalid_request_error',
      param: 'temperature',
      code: 'unsupported_value',
    },
  },
  rateLimit: {
    error: {
      message: 'Rate limit reached on tokens per min (TPM): Limit 30000, Used 29990, Requested 64.',
      type: 'tokens',
      param: null,
      code: 'rate_limit_exceeded',
    },
  },
};

/** Error bodies in the providers' formats, for the providers whose SDKs are tested. */
export const FAILURES: Readonly<Partial<Record<ProviderId, Failures>>> = {
  openai: OPENAI_FAILURES,
  copilot: OPENAI_FAILURES,
  anthropic: {
    badRequest: {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'max_tokens: 64 > 32, the maximum for this model' },
      request_id: 'req_local1',
    },
    rateLimit: {
      type: 'error',
      error: { type: 'rate_limit_error', message: 'This request would exceed your rate limit of 50 per minute.' },
      request_id: 'req_local2',
    },
  },
  gemini: {
    badRequest: {
      error: { code: 400, message: 'Request contains an invalid argument.', status: 'INVALID_ARGUMENT' },
    },
    rateLimit: {
      error: {
        code: 429,
        message: 'You exceeded your current quota.',
        status: 'RESOURCE_EXHAUSTED',
        details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1s' }],
      },
    },
  },
};

/** The SDKs that retry wait as long as the header says. */
const failure = (status: number, body: unknown): RawReply => ({
  status,
  headers: { 'retry-after-ms': '1' },
  body: JSON.stringify(body),
});

const respond: Responder = ({ provider, inference: { model } }) => {
  if (model === FAILING_MODELS.badRequest) return failure(400, FAILURES[provider]?.badRequest);
  return model === FAILING_MODELS.rateLimit ? failure(429, FAILURES[provider]?.rateLimit) : TEXT;
};

/**
 * The inputs for all four providers. With the user's own Copilot key, the sandbox sets a base URL that the SDK can use.
 */
function inputsOf(provider: LocalProvider): Record<string, string> {
  const inputs = PROVIDERS.map(({ id }) => provider.inputs(id));
  return {
    ...Object.fromEntries(inputs.flatMap((entries) => Object.entries(entries))),
    'copilot-github-token': '',
    'copilot-api-key': TEST_KEYS.copilot,
    'add-hosts': inputs.map((entries) => entries['add-hosts']).join('\n'),
  };
}

/**
 * @param command starts the program, using absolute paths
 * @param mounts what it needs from the host in addition to this directory
 * @throws Error with the program's output if it fails
 */
export async function runInSandbox(command: string, mounts: readonly string[]): Promise<ClientsRun> {
  const provider = await startLocalProvider({ respond, webSockets: true });
  const step = actionStep(
    {
      ...inputsOf(provider),
      // The sandbox sets no such variable, but OpenAI's SDK requires it.
      run: `OPENAI_API_KEY=placeholder ${command}`,
      mounts: [join(ROOT, '__tests__', 'clients'), ...mounts].join('\n'),
    },
    { ca: provider.ca },
  );
  try {
    const { code, stdout } = await step.main();
    if (code !== 0) throw new Error(stdout);
    const results = JSON.parse(readFileSync(join(step.runner.workspace, RESULTS_FILE), 'utf8')) as Results;
    return { results, requests: provider.server.requests };
  } finally {
    step.runner.remove();
    await provider.server.close();
  }
}

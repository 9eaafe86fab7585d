import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ProviderId } from '../../../src/shared/providers.ts';
import { post, send } from '../../../testing/sidecar/client.ts';
import { configured } from '../../../testing/sidecar/configured.ts';
import { eventually } from '../../../testing/sidecar/sidecar.ts';

const MAIN = fileURLToPath(new URL('../../../containers/api-proxy/src/main.ts', import.meta.url));
const ENTRY = fileURLToPath(new URL('../../../testing/sidecar/process-entry.ts', import.meta.url));
const SECRET = 'sk-a-secret-value';
const NO_SQUID = 'http://127.0.0.1:1';

function start(entry: string, args: readonly string[], env: Record<string, string>, stdin = '') {
  const child = spawn(process.execPath, [entry, ...args], { env });
  // A test that fails would leave it behind.
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  return { child, output, exited: once(child, 'close') as Promise<[number | null, string | null]> };
}

describe('the process', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'awf-api-proxy-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'reports that it listens, and on %s exits with its log written',
    async (signal) => {
      const file = join(folder, `${signal}.log`);
      const target = { host: 'llm.example', port: 443, basePath: '' };
      const config = {
        providers: { anthropic: configured('anthropic', SECRET, target) },
        proxyUrl: NO_SQUID,
        maxBodyBytes: 1_000,
      };
      const { child, output, exited } = start(ENTRY, [file], {}, JSON.stringify(config));
      await eventually('listening', () => output.stdout.includes('\n'));
      const listening = JSON.parse(output.stdout.split('\n', 1)[0]!) as {
        event: string;
        ports: Record<ProviderId, number>;
      };
      expect(listening).toMatchObject({ event: 'listening', configured: ['anthropic'] });
      expect((await send(listening.ports.gemini, { path: '/health' })).status).toBe(200);
      expect((await post(listening.ports.anthropic, '/v1/messages?beta=query', '{"body":1}')).status).toBe(502);
      child.kill(signal);
      expect(await exited).toEqual([0, null]);

      const log = await readFile(file, 'utf8');
      expect(log).toBe(output.stdout);
      const lines = log
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as object);
      expect(lines.at(-1)).toEqual({
        event: 'request',
        level: 'warn',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
        id: expect.stringMatching(/^[0-9a-f]{8}-\w+$/) as string,
        ...{ provider: 'anthropic', host: null, rule: null },
        method: 'POST',
        path: '/v1/messages',
        status: 502,
        upstreamStatus: null,
        requestBytes: 10,
        responseBytes: expect.any(Number) as number,
        durationMs: expect.any(Number) as number,
        timeToFirstByteMs: null,
        forwarded: true,
        requests: 1,
        model: null,
        usage: null,
        error: 'proxy_unreachable (ECONNREFUSED)',
      });
      expect(output.stderr).toBe('');
      for (const secret of [SECRET, 'query', 'body', '127.0.0.1:1']) expect(log).not.toContain(secret);
    },
  );

  test('the log contains a request that is in progress when the process stops', async () => {
    const file = join(folder, 'under-way.log');
    const { child, output, exited } = start(ENTRY, [file], { HTTPS_PROXY: NO_SQUID, OPENAI_API_KEY: SECRET });
    await eventually('listening', () => output.stdout.includes('\n'));
    const { ports } = JSON.parse(output.stdout.split('\n', 1)[0]!) as { ports: Record<ProviderId, number> };
    const request = httpRequest({ host: '127.0.0.1', port: ports.openai, method: 'POST', path: '/v1/responses' });
    request.setHeader('expect', '100-continue').flushHeaders();
    await once(request, 'continue');
    request.on('error', () => undefined);
    child.kill();
    expect((await exited)[0]).toBe(0);
    expect(await readFile(file, 'utf8')).toContain('"path":"/v1/responses"');
  });

  test('works without its log file, and says so', async () => {
    const env = { HTTPS_PROXY: NO_SQUID, OPENAI_API_KEY: SECRET };
    const { child, output, exited } = start(ENTRY, ['/dev/null/api-proxy.log'], env);
    await eventually('listening', () => output.stdout.includes('"listening"'));
    child.kill();
    await exited;
    expect(output.stderr).toMatch(/^Cannot write \/dev\/null\/api-proxy\.log, logging to standard output only: .*\n$/);
  });

  test.each([
    ['no certificate', 'text'],
    ['a broken certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
  ])('an upstream-ca with %s stops the start', async (_, upstreamCa) => {
    const config = { providers: {}, proxyUrl: NO_SQUID, maxBodyBytes: 1_000, upstreamCa };
    const { output, exited } = start(ENTRY, [join(folder, 'ca.log')], {}, JSON.stringify(config));
    expect((await exited)[0]).toBe(1);
    expect(output.stderr).toContain('upstream-ca contains');
  });

  test.each([
    ['a configuration that is not JSON', {}, `{"credential":"${SECRET}`],
    ['a credential with a line break', { HTTPS_PROXY: NO_SQUID, OPENAI_API_KEY: `${SECRET}\nx` }, ''],
    ['no way out', { OPENAI_API_KEY: SECRET }, ''],
  ])('%s: one line on standard error, exit code 1, no secret', async (_, env, stdin) => {
    const { output, exited } = start(MAIN, [], env, stdin);
    expect(await exited).toEqual([1, null]);
    expect(output.stdout).toBe('');
    expect(output.stderr).toMatch(/^The api-proxy cannot start: [^\n]+\n$/);
    expect(output.stderr).not.toContain(SECRET);
  });
});

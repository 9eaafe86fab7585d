import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalProvider, startLocalProvider, TEST_KEYS } from '../../testing/runner/action.ts';
import { type ArtifactService, startArtifactService } from '../../testing/runner/artifact-service.ts';
import { leftOvers } from '../../testing/engine/engine.ts';
import { DEFAULT_TEXT } from '../../testing/provider/server.ts';
import { FETCH_LIMIT } from '../../testing/scratch.ts';
import { readZip } from '../../testing/zip.ts';
import { type ActResult, installAct, runAct } from './act.ts';
import { HAS_PYTHON } from '../../testing/python.ts';

/** A step as the expressions of later steps see it. */
interface StepContext {
  readonly outcome: string;
  readonly conclusion: string;
  readonly outputs: Readonly<Record<string, string>>;
}

describe.skipIf(!HAS_PYTHON)('a workflow that uses the action twice, run by act', () => {
  const teardown: (() => Promise<void>)[] = [];
  let results: string;
  let provider: LocalProvider;
  let service: ArtifactService;
  let job: ActResult;

  beforeAll(async () => {
    const act = await installAct();
    const directory = mkdtempSync(join(tmpdir(), 'awf-act-'));
    teardown.unshift(async () => rmSync(directory, { recursive: true, force: true }));
    results = join(directory, 'results');
    provider = await startLocalProvider();
    teardown.unshift(provider.server.close);
    service = await startArtifactService();
    teardown.unshift(service.close);
    const ended = new AbortController();
    teardown.unshift(async () => ended.abort());

    mkdirSync(results);
    const ca = join(directory, 'ca.pem');
    writeFileSync(ca, provider.ca.certPem);
    const inputs = provider.inputs('anthropic');
    job = await runAct({
      act,
      workflow: '__tests__/workflows/act.fixture.yml',
      directory,
      env: {
        ...service.env,
        RESULTS: results,
        PROVIDER_TARGET: inputs['anthropic-api-target'] ?? '',
        PROVIDER_HOST: inputs['add-hosts'] ?? '',
        PROVIDER_CA: ca,
      },
      secrets: { ANTHROPIC_API_KEY: TEST_KEYS.anthropic },
      signal: ended.signal,
    });
  }, FETCH_LIMIT);

  afterAll(async () => {
    for (const end of teardown) await end();
  });

  const result = (file: string): string => readFileSync(join(results, file), 'utf8');
  const step = (id: string): StepContext => JSON.parse(result(`${id}.json`)) as StepContext;
  const recordsOf = (id: string) => job.records.filter(({ stepID }) => Array.isArray(stepID) && stepID[0] === id);

  test('succeeds as a job, although the second command fails', () => {
    expect(job.exitCode, job.log).toBe(0);
  });

  test('sends the command’s request to the provider with the real key, which the command never had', () => {
    expect(provider.server.requests).toMatchObject([
      { path: '/v1/messages', serverName: 'api.anthropic.com', credential: 'accepted' },
    ]);
    expect(result('answer.json')).toContain(DEFAULT_TEXT);
    const environment = result('environment.txt');
    expect(environment).toMatch(/^ANTHROPIC_BASE_URL=http:/m);
    expect(environment).not.toContain(TEST_KEYS.anthropic);
    expect(environment).not.toContain(service.env.ACTIONS_RUNTIME_TOKEN);
    expect(environment).not.toMatch(/^(INPUT_|ACTIONS_|GITHUB_(ENV|PATH|STATE|TOKEN)=)/m);
  });

  test('passes the outputs of a successful command to later steps', () => {
    const { outcome, outputs } = step('calls');
    expect(outcome).toBe('success');
    expect(outputs).toMatchObject({
      'exit-code': '0',
      outcome: 'success',
      'allowed-domains': '[]',
      'blocked-domains': '["refused.example"]',
    });
    expect(Number(outputs['startup-ms'])).toBeGreaterThan(0);
  });

  test('passes the outputs of a failed command to later steps', () => {
    expect(step('fails')).toMatchObject({
      outcome: 'failure',
      conclusion: 'success', // continue-on-error
      outputs: { 'exit-code': '7', outcome: 'failure', 'blocked-domains': '[]' },
    });
  });

  test('carries out none of the command’s log commands, and takes no output from it', () => {
    expect(recordsOf('calls')).toContainEqual(
      expect.objectContaining({ command: 'ignored', raw: '::set-output name=planted::by the agent\n' }),
    );
    expect(step('calls').outputs).not.toHaveProperty('planted');
  });

  test('writes a job summary for each step', () => {
    const summary = (id: string): unknown => recordsOf(id).find(({ command }) => command === 'summary')?.['content'];
    expect(summary('calls')).toMatch(/^## ⛔ AWF · calls: 1 domain refused$/m);
    expect(summary('calls')).toMatch(/^\*\*Finished in .*\*\* with exit code 0\. 1 request was refused/m);
    expect(summary('calls')).toMatch(/^\| `refused\.example` ❓ \| 1 \|$/m);
    expect(summary('calls')).toMatch(/^\| requests, none failed \| 1 \|$/m);
    expect(summary('fails')).toMatch(/^\*\*Failed after .*\*\* with exit code 7/m);
  });

  test('runs the post steps: the logs become an artifact if requested, and nothing is left', () => {
    for (const id of ['calls', 'fails']) {
      expect(recordsOf(id)).toContainEqual(expect.objectContaining({ stage: 'Post', stepResult: 'success' }));
    }
    expect(service.artifacts).toMatchObject([{ name: expect.stringMatching(/^awf-logs-/) as string, finalized: true }]);
    const [{ name, zip } = { name: '', zip: Buffer.alloc(0) }] = service.artifacts;
    const logs = Object.fromEntries([...readZip(zip)].map(([path, content]) => [path, content.toString()]));
    expect(Object.entries(logs)).toContainEqual(['squid/access.log', expect.stringContaining('refused.example')]);
    expect(Object.entries(logs)).toContainEqual(['api-proxy/api-proxy.log', expect.stringContaining('/v1/messages')]);
    expect(Object.values(logs).join('\n')).not.toContain(TEST_KEYS.anthropic);
    expect(leftOvers(name.replace('awf-logs-', ''))).toEqual([]);
  });
});

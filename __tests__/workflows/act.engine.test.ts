import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { bridgeAddress, leftOvers } from '../support/engine.ts';
import { startLocalProvider, TEST_KEYS, type LocalProvider } from '../support/action.ts';
import { startArtifactService, type ArtifactService } from '../support/artifact-service.ts';
import { isObject, type JsonObject } from '../support/json.ts';
import { DEFAULT_TEXT } from '../support/provider-server.ts';
import { readZip } from '../support/zip.ts';
import { installAct, runAct, type ActResult } from './act.ts';
import { GO_INSTALL_LIMIT, HAS_GO } from './go-tool.ts';

describe.skipIf(!HAS_GO)('a workflow with two sandboxed steps, run by act', () => {
  const directory = mkdtempSync(join(tmpdir(), 'awf-act-'));
  const results = join(directory, 'results');
  const ended = new AbortController();
  let provider: LocalProvider;
  let service: ArtifactService;
  let job: ActResult;

  beforeAll(async () => {
    const act = await installAct();
    provider = await startLocalProvider();
    service = await startArtifactService();
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
  }, GO_INSTALL_LIMIT);

  afterAll(async () => {
    ended.abort();
    await provider?.server.close();
    await service?.close();
    rmSync(directory, { recursive: true, force: true });
  });
});

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DefaultArtifactClient } from '@actions/artifact';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type ArtifactService,
  type ArtifactServiceOptions,
  makeRuntimeToken,
  startArtifactService,
} from '../../../testing/runner/artifact-service.ts';
import { readZip } from '../../../testing/zip.ts';

/** Milliseconds for what happens at once, unless the machine is busy. */
const PATIENCE = 4_000;

let dir: string;
let service: ArtifactService;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'awf-artifact-'));
  // The client prints commands for a runner.
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.stubEnv('NO_PROXY', '127.0.0.1');
  vi.stubEnv('no_proxy', '127.0.0.1');
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await service.close();
  rmSync(dir, { recursive: true });
});

const start = async (options?: ArtifactServiceOptions) => {
  service = await startArtifactService(options);
  for (const [name, value] of Object.entries(service.env)) vi.stubEnv(name, value);
};

const upload = (files: Readonly<Record<string, Buffer>>, retentionDays?: number) => {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content);
  const paths = Object.keys(files).map((name) => join(dir, name));
  return new DefaultArtifactClient().uploadArtifact(
    'logs',
    paths,
    dir,
    retentionDays === undefined ? {} : { retentionDays },
  );
};

const small = { 'access.log': Buffer.from('line\n'.repeat(100)) };

describe('the artifact service', () => {
  test('accepts an upload of several blocks from the real client', async () => {
    await start();
    const files = { ...small, 'ü.bin': randomBytes(9_000_000), empty: Buffer.alloc(0) };
    const { id, size } = await upload(files, 3);
    expect(id).toBe(1);
    const [artifact] = service.artifacts;
    expect(artifact).toMatchObject({ name: 'logs', mimeType: 'application/zip', finalized: true });
    expect(artifact?.zip.length).toBe(size);
    expect(artifact?.expiresAt?.getTime()).toBeGreaterThan(Date.now() + 2 * 86_400_000);
    const unzipped = readZip(artifact?.zip ?? Buffer.alloc(0));
    expect([...unzipped.keys()].sort()).toEqual(Object.keys(files).sort());
    // toEqual would compare megabytes one by one.
    for (const [name, content] of Object.entries(files)) expect(unzipped.get(name)?.equals(content)).toBe(true);
    const blocks = ['PutBlock', 'PutBlock'];
    expect(service.steps).toEqual(['CreateArtifact', ...blocks, 'PutBlockList', 'FinalizeArtifact']);
  });

  test('rejects a second artifact with the same name', async () => {
    await start();
    await upload(small);
    expect(service.artifacts[0]?.expiresAt).toBeUndefined();
    await expect(upload(small)).rejects.toThrow('409');
  });

  test('rejects a token that it did not make', async () => {
    await start();
    vi.stubEnv('ACTIONS_RUNTIME_TOKEN', makeRuntimeToken());
    await expect(upload(small)).rejects.toThrow('401');
  });

  test.each(['CreateArtifact', 'PutBlock', 'PutBlockList', 'FinalizeArtifact'] as const)(
    'fails at %s',
    async (step) => {
      await start({ fault: { step, kind: 403 } });
      await expect(upload(small)).rejects.toThrow('a fault of the test');
      expect(service.steps.at(-1)).toBe(step);
      expect(service.artifacts[0]?.finalized ?? false).toBe(false);
    },
  );

  test('hangs until it is closed', async () => {
    await start({ fault: { step: 'FinalizeArtifact', kind: 'hang' } });
    const uploading = upload(small).catch(() => 'failed');
    await vi.waitFor(() => {
      expect(service.steps).toContain('FinalizeArtifact');
    }, PATIENCE);
    expect(await Promise.race([uploading, sleep(200, 'hangs')])).toBe('hangs');
  });
});

describe('readZip', () => {
  test('rejects what is not an archive', async () => {
    await start();
    expect(() => readZip(Buffer.from('no archive'))).toThrow('Not a ZIP archive');
  });

  test('detects a changed byte', async () => {
    await start();
    await upload({ 'random.bin': randomBytes(1000) });
    const zip = Buffer.from(service.artifacts[0]?.zip ?? []);
    zip[200] = (zip[200] ?? 0) ^ 1;
    expect(() => readZip(zip)).toThrow();
  });
});

/** Images like those of users, built here from Debian's packages. */

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { docker } from './engine.ts';

const CONTEXT = join(import.meta.dirname, 'foreign-image');

/**
 * `glibc` has dash, no bash, and every setting that an image can have. `busybox` has one static program, the shell.
 * `empty` has no shell. `credential` has a variable that no sandbox may have. `volume` has a volume at `/tmp`. `git` is
 * Debian with git and bash, `certificates` that with CA certificates, curl, wget and Python, and `postgres` a server of
 * PostgreSQL.
 */
export type ForeignImage =
  'glibc' | 'busybox' | 'empty' | 'credential' | 'volume' | 'git' | 'certificates' | 'postgres';

/** Milliseconds. An image is built once per machine. */
export const IMAGE_PATIENCE = 600_000;

/** Builds what is missing. The images are kept, because their base takes a while to build. */
export function foreignImage(target: ForeignImage): string {
  const hash = createHash('sha256')
    .update(readFileSync(join(CONTEXT, 'Dockerfile')))
    .digest('hex')
    .slice(0, 12);
  const name = `awf-test-foreign:${target}-${hash}`;
  if (docker(['image', 'ls', '--quiet', name]) === '') {
    const proxies = ['http_proxy', 'https_proxy', 'no_proxy'].map((variable) => `--build-arg=${variable}`);
    docker(['build', '--quiet', `--target=${target}`, `--tag=${name}`, ...proxies, CONTEXT]);
  }
  return name;
}

/** An image for `architecture` in the format of `docker save`, with one empty layer. It is removed after the test. */
export function imageFor(architecture: string): string {
  const name = `awf-test-platform:${architecture}-${process.pid}`;
  const directory = mkdtempSync(join(tmpdir(), 'awf-image-'));
  mkdirSync(join(directory, 'layer'));
  const tar = (...args: readonly string[]): Buffer => {
    const { status, stdout, stderr } = spawnSync('tar', ['-C', directory, ...args], { maxBuffer: 1 << 20 });
    if (status !== 0) throw new Error(`tar: ${stderr.toString()}`);
    return stdout;
  };
  try {
    const layer = tar('-c', 'layer');
    const digest = createHash('sha256').update(layer).digest('hex');
    writeFileSync(join(directory, 'layer.tar'), layer);
    const config = {
      architecture,
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
    };
    writeFileSync(join(directory, 'config.json'), JSON.stringify(config));
    const manifest = [{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }];
    writeFileSync(join(directory, 'manifest.json'), JSON.stringify(manifest));
    tar('-cf', join(directory, 'image.tar'), 'config.json', 'manifest.json', 'layer.tar');
    docker(['load', '--quiet', `--input=${join(directory, 'image.tar')}`]);
  } finally {
    rmSync(directory, { recursive: true });
  }
  onTestFinished(() => void docker(['image', 'rm', '--force', name]));
  return name;
}

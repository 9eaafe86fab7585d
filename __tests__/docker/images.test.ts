import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { baseImage, buildArgs, builtImageNames, imageNames, publishedImages } from '../../src/docker/images.ts';
import { ROLES } from '../../src/shared/network.ts';

let root: string;

function write(path: string, content: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'awf-images-'));
  write('containers/collect-programs', '#!/bin/bash');
  write('containers/squid/Dockerfile', 'FROM scratch');
  write('containers/squid/entrypoint', '#!/bin/sh');
  write('containers/agent/Dockerfile', 'FROM scratch');
  write('containers/agent/one-shot-token/library.c', 'int x;');
  write('containers/api-proxy/Dockerfile', 'FROM scratch');
  write('containers/api-proxy/src/main.ts', 'export {};');
  write('dist/api-proxy/index.js', 'export {};');
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

describe('imageNames', () => {
  test('has a name with a hash for each role', () => {
    expect(imageNames(root)).toEqual({
      squid: expect.stringMatching(/^awf-squid:[0-9a-f]{12}$/) as string,
      'api-proxy': expect.stringMatching(/^awf-api-proxy:[0-9a-f]{12}$/) as string,
      agent: expect.stringMatching(/^awf-agent:[0-9a-f]{12}$/) as string,
    });
  });

  test('does not depend on where the repository is', () => {
    const copy = mkdtempSync(join(tmpdir(), 'awf-images-copy-'));
    cpSync(root, copy, { recursive: true });
    expect(imageNames(copy)).toEqual(imageNames(root));
    rmSync(copy, { recursive: true });
  });

  test('does not depend on where the bundles were written to', () => {
    const before = imageNames(root);
    cpSync(join(root, 'dist'), join(root, 'elsewhere'), { recursive: true });
    rmSync(join(root, 'dist'), { recursive: true });
    expect(imageNames(root, join(root, 'elsewhere'))).toEqual(before);
  });

  test.each([
    { change: 'bytes', role: 'squid', make: () => write('containers/squid/entrypoint', '#!/bin/bash') },
    { change: 'a new file', role: 'agent', make: () => write('containers/agent/entrypoint', '') },
    {
      change: 'a nested file',
      role: 'agent',
      make: () => write('containers/agent/one-shot-token/library.c', 'int y;'),
    },
    { change: 'the bundle', role: 'api-proxy', make: () => write('dist/api-proxy/index.js', '') },
    {
      change: 'an executable bit',
      role: 'squid',
      make: () => {
        chmodSync(join(root, 'containers/squid/entrypoint'), 0o755);
      },
    },
    {
      change: 'bytes that move from one file to the next',
      role: 'squid',
      make: () => {
        write('containers/squid/Dockerfile', 'FROM scratc');
        write('containers/squid/entrypoint', 'h#!/bin/sh');
      },
    },
  ])('renames only the image affected by $change: $role', ({ role, make }) => {
    const before = imageNames(root);
    make();
    const after = imageNames(root);
    const renamed = Object.keys(after).filter(
      (key) => after[key as keyof typeof after] !== before[key as keyof typeof before],
    );
    expect(renamed).toEqual([role]);
  });

  test('renames both images that are filled by the script, if it changes', () => {
    const { agent, ...before } = imageNames(root);
    write('containers/collect-programs', '');
    const after = imageNames(root);
    expect(after.agent).toBe(agent);
    expect(after.squid).not.toBe(before.squid);
    expect(after['api-proxy']).not.toBe(before['api-proxy']);
  });

  test('keeps the name if only sources change, because the image contains their bundle', () => {
    const before = imageNames(root);
    write('containers/api-proxy/src/main.ts', 'export const changed = true;');
    expect(imageNames(root)).toEqual(before);
  });
});

test('buildArgs names the Dockerfile, the tag, the build date and the repository, and passes proxies by name only', () => {
  expect(buildArgs('squid', 'awf-squid:0123', '/repository', new Date('2026-01-02T03:04:05Z'))).toEqual([
    '--file=/repository/containers/squid/Dockerfile',
    '--tag=awf-squid:0123',
    '--label=awf.built=2026-01-02T03:04:05.000Z',
    '--no-cache',
    '--build-arg=http_proxy',
    '--build-arg=https_proxy',
    '--build-arg=no_proxy',
    '/repository',
  ]);
});

test('a base other than the Dockerfile’s own is an argument of the build', () => {
  const args = buildArgs('squid', 'awf-squid:0123', '/repository', new Date(), 'mirror.example/debian:13');
  expect(args).toContain('--build-arg=BASE=mirror.example/debian:13');
});

describe('images.json', () => {
  const published = `registry.example/awf/awf-squid@sha256:${'0'.repeat(64)}`;

  test('has a name for each image, and where a release published it', () => {
    const images = {
      squid: { name: 'awf-squid:1', published },
      'api-proxy': 'awf-api-proxy:2',
      agent: { name: 'awf-agent:3' },
    };
    write('dist/images.json', JSON.stringify(images));
    const dist = join(root, 'dist');
    expect(builtImageNames(dist)).toEqual({
      squid: 'awf-squid:1',
      'api-proxy': 'awf-api-proxy:2',
      agent: 'awf-agent:3',
    });
    expect(publishedImages(dist)).toEqual({ squid: published });
  });
});

describe('baseImage', () => {
  test('finds the base of every Dockerfile of the repository', () => {
    const repository = join(import.meta.dirname, '../..');
    const bases = ROLES.map((role) => baseImage(role, repository));
    expect(bases).toEqual(['debian:trixie-slim', 'node:24-trixie-slim', 'debian:trixie-slim']);
  });

  test('finds none if there is none', () => {
    expect(baseImage('squid', root)).toBeUndefined();
  });
});

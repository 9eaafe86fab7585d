import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withoutClientProxies } from '../../src/docker/client-proxies.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

const PROXIES = JSON.stringify({ proxies: { default: { httpProxy: 'http://user:password@proxy.example' } } });

test.each([
  ['HOME', '.docker'],
  ['DOCKER_CONFIG', '.'],
])('clears every proxy variable if the client’s configuration, found by %s, has proxies', (variable, path) => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, path), { recursive: true });
  writeFileSync(join(directory, path, 'config.json'), PROXIES);
  const found = withoutClientProxies({ HOME: '/nonexistent', [variable]: directory });
  expect(Object.keys(found).toSorted()).toEqual(
    ['http', 'https', 'no', 'ftp', 'all']
      .flatMap((name) => [`${name}_proxy`, `${name}_proxy`.toUpperCase()])
      .toSorted(),
  );
  expect(new Set(Object.values(found))).toEqual(new Set(['']));
});

test.each(['{}', '{"auths":{}}', 'null', 'no JSON', undefined])('sets nothing if it has none: %j', (content) => {
  const directory = temporaryDirectory();
  if (content !== undefined) writeFileSync(join(directory, 'config.json'), content);
  expect(withoutClientProxies({ DOCKER_CONFIG: directory })).toEqual({});
});

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { clientEndpoint, withoutClientProxies } from '../../src/docker/client-config.ts';
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

describe('clientEndpoint', () => {
  function environmentWith(config: string | undefined, variables: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    const directory = temporaryDirectory();
    if (config !== undefined) writeFileSync(join(directory, 'config.json'), config);
    return { DOCKER_CONFIG: directory, ...variables };
  }
  const DEFAULT = 'unix:///var/run/docker.sock';

  test.each<[string | undefined, NodeJS.ProcessEnv, string | undefined]>([
    [undefined, {}, DEFAULT],
    ['{}', {}, DEFAULT],
    ['no JSON', {}, DEFAULT],
    ['null', {}, DEFAULT],
    ['{"currentContext":"default"}', {}, DEFAULT],
    ['{"currentContext":"rootless"}', {}, undefined],
    ['{"currentContext":"rootless"}', { DOCKER_CONTEXT: 'default' }, DEFAULT],
    [undefined, { DOCKER_CONTEXT: 'other' }, undefined],
    ['{"currentContext":"rootless"}', { DOCKER_HOST: 'tcp://192.0.2.1:2375' }, 'tcp://192.0.2.1:2375'],
    [undefined, { DOCKER_HOST: 'unix:///x.sock', DOCKER_CONTEXT: 'other' }, 'unix:///x.sock'],
    [undefined, { DOCKER_HOST: '192.0.2.1' }, undefined],
  ])('%j with %j: %s', (config, variables, expected) => {
    expect(clientEndpoint(environmentWith(config, variables))).toBe(expected);
  });
});

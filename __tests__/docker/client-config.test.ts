import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { clientEndpoint } from '../../src/docker/client-config.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

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

  test('an empty DOCKER_CONFIG or HOME counts as not set, as for the client', () => {
    const home = temporaryDirectory();
    mkdirSync(join(home, '.docker'));
    writeFileSync(join(home, '.docker', 'config.json'), '{"currentContext":"rootless"}');
    expect(clientEndpoint({ DOCKER_CONFIG: '', HOME: home })).toBeUndefined();
  });
});

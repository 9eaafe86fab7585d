import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { soughtPrograms } from '../../src/run/sought.ts';
import { aConfig, temporaryDirectory } from '../../testing/builders.ts';

/** A directory of `PATH` with the program `claude`. */
function aPath(): { readonly directory: string; readonly environment: NodeJS.ProcessEnv } {
  const directory = join(temporaryDirectory(), 'bin');
  mkdirSync(directory);
  const program = join(directory, 'claude');
  writeFileSync(program, '#!/bin/sh\n');
  chmodSync(program, 0o755);
  return { directory, environment: { PATH: directory, GITHUB_WORKSPACE: '/nonexistent' } };
}

const script = (text: string) => ({ kind: 'script', script: text, shell: ['bash', '{0}'] }) as const;

test('a program that the machine does not have', () => {
  const { environment } = aPath();
  const command = { kind: 'argv', argv: ['codex', 'exec'] } as const;
  expect(soughtPrograms(aConfig({ command }), environment, [])).toEqual([{ name: 'codex', path: undefined }]);
});

test('one that the machine has where the sandbox does not look', () => {
  const { directory, environment } = aPath();
  const config = aConfig({ command: script('set -e\nclaude -p hello') });
  const path = join(directory, 'claude');
  expect(soughtPrograms(config, environment, [])).toEqual([{ name: 'claude', path }]);
  expect(soughtPrograms(config, environment, [directory])).toEqual([]);
});

test('nothing about a script that names no agent program, a path, or an image', () => {
  const { environment } = aPath();
  expect(soughtPrograms(aConfig({ command: script('npm test') }), environment, [])).toEqual([]);
  const path = { kind: 'argv', argv: ['/x/claude'] } as const;
  expect(soughtPrograms(aConfig({ command: path }), environment, [])).toEqual([]);
  expect(soughtPrograms(aConfig({ command: script('claude'), agentImage: 'own:1' }), environment, [])).toEqual([]);
});

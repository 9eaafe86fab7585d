import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readIdentities } from '../../src/agent/identities.ts';
import type { MountSpec } from '../../src/docker/spec.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

const identityOf = (path: string): string => {
  const { dev, ino } = statSync(path);
  return `${dev}:${ino}`;
};

const mountOf = (source: string, target: string): MountSpec => ({ kind: 'bind', source, target, writable: false });

test('the workspace and the host’s programs, as the sandbox should have them', () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'workspace'));
  const workspace = join(directory, 'workspace');
  expect(readIdentities({ workspace }, [mountOf(directory, '/usr'), mountOf(directory, '/opt')])).toEqual(
    new Map([
      [workspace, identityOf(workspace)],
      ['/usr', identityOf(directory)],
    ]),
  );
});

test('an image has programs of its own', () => {
  const workspace = temporaryDirectory();
  expect([...readIdentities({ workspace }, []).keys()]).toEqual([workspace]);
});

test('what is not there, or is no line, is not checked', () => {
  const directory = temporaryDirectory();
  const odd = join(directory, 'a\nb');
  mkdirSync(odd);
  for (const workspace of [join(directory, 'none'), odd]) expect(readIdentities({ workspace }, []).size).toBe(0);
});

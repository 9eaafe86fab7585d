/** Images that differ from AWF's own in one respect. */

import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { BUILT_LABEL } from '../../src/docker/image-facts.ts';
import { builtImageNames } from '../../src/docker/images.ts';
import type { Role } from '../../src/shared/network.ts';
import { ROOT } from '../root.ts';
import { docker } from './engine.ts';

/** A name that no image has yet. The image that gets it is removed after the test. */
export function newImageName(role: Role): string {
  const name = `awf-${role}:test-${process.pid}-${Date.now()}`;
  onTestFinished(() => {
    if (docker(['image', 'ls', '--quiet', name]) !== '') docker(['image', 'rm', '--force', name]);
  });
  return name;
}

/**
 * Builds the image of `role` with another program.
 *
 * @param script a bash script; its standard input is the container's configuration
 * @returns the image's name
 */
export function imageThatRuns(role: 'squid' | 'api-proxy', script: string): string {
  const name = newImageName(role);
  const entrypoint = JSON.stringify(['bash', '-c', script]);
  const base = builtImageNames(join(ROOT, 'dist'))[role];
  // Without this label the image would count as old as its base, and a run would rebuild it one day.
  const label = `${BUILT_LABEL}=${new Date().toISOString()}`;
  docker(['build', `--tag=${name}`, `--label=${label}`, '-'], `FROM ${base}\nENTRYPOINT ${entrypoint}\n`);
  return name;
}

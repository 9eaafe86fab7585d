/** Images that differ from AWF's own in one respect. */

import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { BUILT_LABEL } from '../../src/docker/image-facts.ts';
import { baseImage, builtImageNames } from '../../src/docker/images.ts';
import { AGENT_LIB } from '../../src/shared/contract.ts';
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

/** An image with GNU's programs, on the engine as soon as it has AWF's own: their base. */
export const DEBIAN_IMAGE = baseImage('squid', ROOT) ?? '';

/** Where these images have busybox, under all of its names. */
const TOOLS = '/test-tools';

/**
 * The image of `role` with the usual programs beside its own: AWF's images have only what they run. The engine keeps it
 * as long as its image is kept.
 *
 * @returns the image's name
 */
export function imageWithTools(role: Exclude<Role, 'agent'>): string {
  const images = builtImageNames(join(ROOT, 'dist'));
  const base = images[role];
  const name = `${base.replace(':', '-with-tools:')}-${images.agent.split(':')[1] ?? ''}`;
  const dockerfile = [
    `FROM ${images.agent} AS agent`,
    `FROM ${base}`,
    `COPY --from=agent ${AGENT_LIB}/busybox ${TOOLS}/busybox`,
    'USER 0:0',
    `RUN ["${TOOLS}/busybox", "--install", "-s", "${TOOLS}"]`,
    `USER ${docker(['image', 'inspect', '--format={{.Config.User}}', base])}`,
    // The image's own programs come first.
    `ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:${TOOLS}`,
  ];
  docker(['build', '--quiet', `--tag=${name}`, '-'], dockerfile.join('\n'));
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
  const base = imageWithTools(role);
  // Without this label the image would count as old as its base, and a run would rebuild it one day.
  const label = `${BUILT_LABEL}=${new Date().toISOString()}`;
  docker(['build', `--tag=${name}`, `--label=${label}`, '-'], `FROM ${base}\nENTRYPOINT ${entrypoint}\n`);
  return name;
}

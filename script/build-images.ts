/**
 * Builds the images that the engine does not have yet: `node script/build-images.ts [--force]`.
 */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildArgs, builtImageNames, imageNames } from '../src/docker/images.ts';
import { ROLES } from '../src/shared/network.ts';

const root = resolve(import.meta.dirname, '..');
const { values } = parseArgs({ options: { force: { type: 'boolean', default: false } } });

const names = imageNames(root);
const built = builtImageNames(join(root, 'dist'));
for (const role of ROLES) {
  const name = names[role];
  if (name !== built[role])
    console.warn(`dist/ is out of date: it names ${built[role]}, not ${name}. Run script/build.`);
  if (!values.force && spawnSync('docker', ['image', 'inspect', name], { stdio: 'ignore' }).status === 0) {
    console.log(`${name} is there`);
    continue;
  }
  console.log(`building ${name}`);
  const { status, error } = spawnSync('docker', ['build', ...buildArgs(role, name, root)], { stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(1);
}

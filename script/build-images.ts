/**
 * Builds the images that are missing on the engine or too old: `node script/build-images.ts [--force]
 * [--bases REGISTRY/PATH]`, where the registry has the images that they start from, under their usual names.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DockerEngine } from '../src/docker/docker-engine.ts';
import { builtImageNames, imageNames } from '../src/docker/images.ts';
import { ensureOwnImages } from '../src/docker/own-images.ts';
import { describeError } from '../src/errors.ts';
import { ROLES } from '../src/shared/network.ts';

const root = resolve(import.meta.dirname, '..');
const { values } = parseArgs({ options: { force: { type: 'boolean', default: false }, bases: { type: 'string' } } });
const reporter = { debug: console.log, info: console.log, warning: console.warn, error: console.error };

const names = imageNames(root);
const built = builtImageNames(join(root, 'dist'));
for (const role of ROLES) {
  if (names[role] === built[role]) continue;
  console.warn(`dist/ is out of date: it names ${built[role]}, not ${names[role]}. Run script/build.`);
}
try {
  await ensureOwnImages(new DockerEngine(() => undefined), names, { root, ...values }, reporter);
  console.log(`The engine has ${Object.values(names).join(', ')}.`);
} catch (error) {
  console.error(describeError(error));
  process.exitCode = 1;
}

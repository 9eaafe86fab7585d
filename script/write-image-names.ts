/**
 * Records the names of the images that belong to a build: `node script/write-image-names.ts DIST`.
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { IMAGES_FILE, imageNames } from '../src/docker/images.ts';

const dist = process.argv[2];
if (dist === undefined) throw new Error('usage: node script/write-image-names.ts DIST');
const names = imageNames(resolve(import.meta.dirname, '..'), resolve(dist));
writeFileSync(join(dist, IMAGES_FILE), `${JSON.stringify(names, null, 2)}\n`);

/**
 * Measures AWF's images as they are now: `npm run bench:images`. Prints their sizes, unpacked and as a registry stores
 * them.
 */
import { join } from 'node:path';
import { builtImageNames } from '../../src/docker/images.ts';
import { ROLES } from '../../src/shared/network.ts';
import { imageSize } from '../../testing/engine/image-size.ts';
import { ROOT } from '../../testing/root.ts';

const images = builtImageNames(join(ROOT, 'dist'));
const sizes = ROLES.map((role) => ({ role, ...imageSize(images[role]) }));
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const total = (of: 'unpackedBytes' | 'compressedBytes'): number => sizes.reduce((sum, size) => sum + size[of], 0);

console.log('| image | unpacked | compressed |\n|---|---|---|');
for (const { role, unpackedBytes, compressedBytes } of sizes) {
  console.log(`| ${role} | ${megabytes(unpackedBytes)} | ${megabytes(compressedBytes)} |`);
}
console.log(`| all three | ${megabytes(total('unpackedBytes'))} | ${megabytes(total('compressedBytes'))} |`);

/**
 * Records in `dist/images.json` where the published images are: `node script/release/record-digests.ts DIGESTS [DIST]`,
 * with the file that `join-images.ts` wrote.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IMAGES_FILE } from '../../src/docker/images.ts';
import { ROLES, type Role } from '../../src/shared/network.ts';

/** An image as `dist/images.json` describes it. */
export interface RecordedImage {
  /** The name under which an engine has it, for example `awf-squid:4131a5ba5181`. */
  readonly name: string;
  /** Where it can be pulled from: `REGISTRY/PATH/awf-squid@sha256:…`. */
  readonly published: string;
}

const REFERENCE = /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)+@sha256:[0-9a-f]{64}$/;

/**
 * @param images the content of `dist/images.json`: per role its name, or an object with the name
 * @param published per role `REGISTRY/PATH/awf-ROLE@sha256:…`
 * @throws Error naming the role whose name or digest is missing or malformed
 */
export function withDigests(
  images: Readonly<Record<string, unknown>>,
  published: Readonly<Record<string, unknown>>,
): Record<Role, RecordedImage> {
  const entries = ROLES.map((role): [Role, RecordedImage] => {
    const entry = images[role];
    const name = typeof entry === 'object' && entry !== null && 'name' in entry ? entry.name : entry;
    if (typeof name !== 'string' || !/^awf-[a-z-]+:[0-9a-f]{12}$/.test(name)) {
      throw new Error(`${IMAGES_FILE} has no name for ${role}. Run script/build.`);
    }
    const reference = published[role];
    const repository = `/${name.split(':', 1)[0] ?? ''}@`;
    if (typeof reference !== 'string' || !REFERENCE.test(reference) || !reference.includes(repository)) {
      throw new Error(`${role}: "${String(reference)}" is not REGISTRY/PATH${repository}sha256:DIGEST.`);
    }
    return [role, { name, published: reference }];
  });
  return Object.fromEntries(entries) as Record<Role, RecordedImage>;
}

if (import.meta.main) {
  const [digests = '', dist = join(import.meta.dirname, '..', '..', 'dist')] = process.argv.slice(2);
  const file = join(dist, IMAGES_FILE);
  const read = (path: string): Record<string, unknown> =>
    JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  writeFileSync(file, `${JSON.stringify(withDigests(read(file), read(digests)), null, 2)}\n`);
}

/**
 * Builds the images for one platform, pushes them without a tag, and writes their digests to a file:
 * `node script/release/push-images.ts --registry REGISTRY/PATH --platform linux/arm64 --out FILE [--no-sbom]`. The
 * builder that buildx uses has to be able to push attestations: one with the driver docker-container or remote.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ROLES } from '../../src/shared/network.ts';
import { digestIn, pushArgs } from './images.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({
  allowNegative: true,
  options: { registry: text, platform: text, out: text, sbom: { type: 'boolean', default: true } },
});
const { registry, platform, out, sbom } = values;
if (registry === undefined || platform === undefined || out === undefined) {
  throw new Error('usage: node script/release/push-images.ts --registry REGISTRY/PATH --platform OS/ARCH --out FILE');
}

const root = resolve(import.meta.dirname, '..', '..');
const scratch = mkdtempSync(join(tmpdir(), 'awf-push-'));
const date = new Date();
try {
  const digests = ROLES.map((role) => {
    const metadata = join(scratch, `${role}.json`);
    const args = pushArgs({ role, registry, platform, root, date, metadata, sbom });
    execFileSync('docker', args, { stdio: 'inherit' });
    return [role, digestIn(JSON.parse(readFileSync(metadata, 'utf8')) as Record<string, unknown>)];
  });
  writeFileSync(out, `${JSON.stringify(Object.fromEntries(digests), null, 2)}\n`);
} finally {
  rmSync(scratch, { recursive: true });
}

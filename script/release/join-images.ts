/**
 * Joins the pushed images of all platforms under their names, and writes where each one is to a file:
 * `node script/release/join-images.ts --registry REGISTRY/PATH --out FILE DIGESTS...`, with the files that
 * `push-images.ts` wrote.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { imageNames } from '../../src/docker/images.ts';
import { ROLES } from '../../src/shared/network.ts';
import { joinArgs, repositoryOf } from './images.ts';

const text = { type: 'string' } as const;
const { values, positionals } = parseArgs({ allowPositionals: true, options: { registry: text, out: text } });
const { registry, out } = values;
if (registry === undefined || out === undefined || positionals.length === 0) {
  throw new Error('usage: node script/release/join-images.ts --registry REGISTRY/PATH --out FILE DIGESTS...');
}

const platforms = positionals.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>);
const names = imageNames(resolve(import.meta.dirname, '..', '..'));
const published = ROLES.map((role) => {
  const digests = platforms.map((digestOf, index) => {
    const digest = digestOf[role];
    if (digest === undefined) throw new Error(`${positionals[index] ?? ''} has no digest for ${role}.`);
    return digest;
  });
  execFileSync('docker', joinArgs(registry, names[role], digests), { stdio: 'inherit' });
  const inspect = ['buildx', 'imagetools', 'inspect', '--format={{json .Manifest}}', `${registry}/${names[role]}`];
  const { digest } = JSON.parse(execFileSync('docker', inspect, { encoding: 'utf8' })) as { digest: string };
  return [role, `${repositoryOf(registry, role)}@${digest}`];
});
writeFileSync(out, `${JSON.stringify(Object.fromEntries(published), null, 2)}\n`);

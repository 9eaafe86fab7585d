/** `npm ci` of a project with a lockfile. The packages are published ones that this repository has installed. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../root.ts';
import { make, missing, type BuildTool, type Files } from './build-tool.ts';

/** The second package depends on the third. */
const PACKAGES = ['yaml', 'tldts', 'tldts-core'] as const;

interface Packed {
  readonly name: string;
  readonly version: string;
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly tarball: Buffer;
  readonly integrity: string;
}

let packed: readonly Packed[] | undefined;

/** Packs the packages once per process. */
function pack(scratch: string): readonly Packed[] {
  packed ??= PACKAGES.map((name) => {
    const directory = join(ROOT, 'node_modules', name);
    const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Packed['manifest'];
    const file = make(scratch, 'npm', 'pack', '--silent', '--ignore-scripts', directory).trim();
    const tarball = readFileSync(join(scratch, file));
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
    return { name, version: manifest['version'] as string, manifest, tarball, integrity };
  });
  return packed;
}

/** https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md */
function registryFiles(registry: string, scratch: string): Files {
  return Object.fromEntries(
    pack(scratch).flatMap(({ name, version, manifest, tarball, integrity }): [string, string | Buffer][] => {
      const path = `/${name}/-/${name}-${version}.tgz`;
      const versions = { [version]: { ...manifest, dist: { tarball: registry + path, integrity } } };
      return [
        [`/${name}`, JSON.stringify({ name, 'dist-tags': { latest: version }, versions })],
        [path, tarball],
      ];
    }),
  );
}

/** Version 3, as npm writes it with `omit-lockfile-registry-resolved`. */
function lockfile(root: object, scratch: string): string {
  const entries = pack(scratch).map(({ name, version, manifest, integrity }) => {
    const { dependencies } = manifest;
    return [`node_modules/${name}`, { version, integrity, ...(dependencies === undefined ? {} : { dependencies }) }];
  });
  const packages = { '': root, ...(Object.fromEntries(entries) as object) };
  return JSON.stringify({ ...root, lockfileVersion: 3, requires: true, packages });
}

export const NPM: BuildTool = {
  name: 'npm',
  missing: missing('npm', '--version'),
  registry: registryFiles,
  project: (scratch) => {
    const versionOf = (name: string): string => pack(scratch).find((one) => one.name === name)!.version;
    const dependencies = { yaml: versionOf('yaml'), tldts: versionOf('tldts') };
    const root = { name: 'project', version: '1.0.0', dependencies };
    return {
      'package.json': JSON.stringify({ ...root, scripts: { build: 'node build.mjs' } }),
      'package-lock.json': lockfile(root, scratch),
      'build.mjs': `import { parse } from 'yaml'; import { getDomain } from 'tldts';
        console.log('built: ' + parse('a: [npm]').a[0] + ' ' + getDomain('www.example.co.uk'));`,
    };
  },
  script: 'npm ci --no-audit --no-fund --cafile="$CA" --registry="$REGISTRY" && npm run --silent build',
  built: 'built: npm example.co.uk',
};

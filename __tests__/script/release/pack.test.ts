import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { publishedManifest } from '../../../script/release/pack.ts';
import { ROOT } from '../../../testing/root.ts';

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, unknown>;

test('a checkout cannot be published by mistake, and lists what is bundled for those who look for advisories', () => {
  expect(manifest).toMatchObject({ private: true, dependencies: { '@actions/core': expect.anything() as unknown } });
});

test('the published package may be published, and needs no other package', () => {
  const published = publishedManifest(manifest, 'owner/awf');
  expect(published).toMatchObject({
    name: 'awf',
    version: manifest['version'],
    license: 'MIT',
    bin: { awf: 'bin/awf.js' },
    engines: manifest['engines'],
    publishConfig: { access: 'public', provenance: true },
    // npm refuses a provenance from elsewhere.
    repository: { type: 'git', url: 'git+https://github.com/owner/awf.git' },
  });
  for (const name of ['private', 'dependencies', 'devDependencies', 'scripts'])
    expect(published).not.toHaveProperty(name);
});

test('names no repository if none is given, and refuses what is none', () => {
  expect(publishedManifest(manifest, undefined)).not.toHaveProperty('repository');
  expect(() => publishedManifest(manifest, 'https://example.com')).toThrow(
    '"https://example.com" is not OWNER/REPOSITORY',
  );
});

/**
 * Lays out the npm package, ready for `npm pack` or `npm publish`: `node script/release/pack.ts FOLDER [OWNER/REPOSITORY]`.
 *
 * The bundles in `dist/` contain the packages that they use. The repository's own `package.json` has to list them, so
 * that advisories and updates find them, but whoever installs AWF would get some hundred packages that no program of it
 * loads. The published `package.json` therefore names none.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** What only a checkout needs. `private` keeps a checkout from being published as it is. */
const NOT_PUBLISHED = ['private', 'scripts', 'dependencies', 'devDependencies', 'allowScripts', 'files'];

/**
 * The manifest of the published package.
 *
 * @param manifest of the repository
 * @param repository `OWNER/NAME` on GitHub: npm compares it with the place that the provenance tells
 */
export function publishedManifest(
  manifest: Readonly<Record<string, unknown>>,
  repository: string | undefined,
): Record<string, unknown> {
  const kept = Object.entries(manifest).filter(([name]) => !NOT_PUBLISHED.includes(name));
  if (repository === undefined) return Object.fromEntries(kept);
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) throw new Error(`"${repository}" is not OWNER/REPOSITORY.`);
  const url = `https://github.com/${repository}`;
  return {
    ...Object.fromEntries(kept),
    homepage: `${url}#readme`,
    bugs: `${url}/issues`,
    repository: { type: 'git', url: `git+${url}.git` },
  };
}

if (import.meta.main) {
  const [folder, repository] = process.argv.slice(2);
  if (folder === undefined) throw new Error('usage: node script/release/pack.ts FOLDER [OWNER/REPOSITORY]');
  const root = resolve(import.meta.dirname, '..', '..');
  // npm itself says what `files` selects.
  const listed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ files } = { files: [] }] = JSON.parse(listed) as { files: { path: string }[] }[];
  for (const { path } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    copyFileSync(join(root, path), join(folder, path));
  }
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(publishedManifest(manifest, repository), null, 2)}\n`);
}

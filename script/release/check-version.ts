/**
 * Refuses a release whose version is not the same everywhere: `node script/release/check-version.ts VERSION`. It looks at
 * package.json, its lock file, the changelog, and the tags of the repository.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { notesOf } from './notes.ts';
import { parseVersion, tagOf } from './version.ts';

export interface Sources {
  /** The version of package.json. */
  readonly packageVersion: string;
  /** The version of package-lock.json. */
  readonly lockVersion: string;
  readonly changelog: string;
  /** The tags that exist. */
  readonly tags: readonly string[];
}

/** What keeps the version from being released, each with its remedy. */
export function faultsOf(version: string, { packageVersion, lockVersion, changelog, tags }: Sources): string[] {
  if (parseVersion(version) === undefined) {
    return [`"${version}" is not a version. Write it without a "v", for example "1.4.0" or "2.0.0-rc.1".`];
  }
  const faults: string[] = [];
  if (packageVersion !== version || lockVersion !== version) {
    faults.push(
      `package.json says ${packageVersion} and package-lock.json ${lockVersion}. ` +
        `Run "npm version --no-git-tag-version ${version}" and commit both.`,
    );
  }
  const notes = notesOf(changelog, version);
  if (notes === undefined || notes.text === '') {
    faults.push(`CHANGELOG.md has no section "## [${version}] - DATE" with a text. Write one for the users.`);
  } else if (!/^\d{4}-\d{2}-\d{2}$/.test(notes.date)) {
    faults.push(`CHANGELOG.md dates ${version} "${notes.date}". Write the day of the release, as YYYY-MM-DD.`);
  }
  if (tags.includes(tagOf(version))) {
    faults.push(`The tag ${tagOf(version)} exists, and a released version never changes. Release the next one.`);
  }
  return faults;
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..', '..');
  const read = (file: string): string => readFileSync(join(root, file), 'utf8');
  const versionIn = (file: string): string => (JSON.parse(read(file)) as { version: string }).version;
  const faults = faultsOf(process.argv[2] ?? '', {
    packageVersion: versionIn('package.json'),
    lockVersion: versionIn('package-lock.json'),
    changelog: read('CHANGELOG.md'),
    tags: execFileSync('git', ['tag', '--list'], { cwd: root, encoding: 'utf8' }).split('\n'),
  });
  for (const fault of faults) console.error(`${process.env['GITHUB_ACTIONS'] === 'true' ? '::error::' : ''}${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gitReader } from './git.ts';
import { nonEmpty } from './variables.ts';

/** AWF's own version, as in its package.json, for example `1.4.0`. @param root the installation's directory */
export function versionOf(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return version;
}

/**
 * Where a reader finds a page of the documentation: on the server that the action came from, at the version that runs, or
 * the file of the installation.
 *
 * @param page below the installation's directory, with an anchor if there is one: `docs/policy.md#commands`
 */
export function documentLink(page: string, root: string, environment: NodeJS.ProcessEnv = process.env): string {
  // The runner sets these for a step with `uses: OWNER/REPOSITORY@REF`, and leaves them empty for `uses: ./`.
  const repository = environment['GITHUB_ACTION_REPOSITORY'] ?? '';
  const ref = environment['GITHUB_ACTION_REF'] ?? '';
  const server = nonEmpty(environment, 'GITHUB_SERVER_URL') ?? 'https://github.com';
  if (repository !== '' && ref !== '') return `${server}/${repository}/blob/${ref}/${page}`;
  return join(root, page);
}

/** Digits of a commit's id that people read. */
const SHORT_COMMIT = 12;

/**
 * The commit that the installation is of: what the release wrote into package.json (`gitHead`), else what git says about the
 * checkout, with `+` for one whose files differ from it.
 *
 * @param root the installation's directory
 * @returns undefined for a copy that says nothing about it
 */
export function commitOf(root: string, environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const { gitHead } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { gitHead?: string };
  if (gitHead !== undefined) return gitHead.slice(0, SHORT_COMMIT);
  // In a directory of another repository, such as node_modules of a project, git would tell that one's commit.
  if (!existsSync(join(root, '.git'))) return undefined;
  const git = gitReader(root, environment);
  const commit = git?.('rev-parse', 'HEAD')?.toString().trim().slice(0, SHORT_COMMIT);
  if (git === undefined || commit === undefined) return undefined;
  return (git('status', '--porcelain', '--untracked-files=no') ?? '').length > 0 ? `${commit}+` : commit;
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

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
  const server = environment['GITHUB_SERVER_URL'] ?? 'https://github.com';
  if (repository !== '' && ref !== '') return `${server}/${repository}/blob/${ref}/${page}`;
  return join(root, page);
}

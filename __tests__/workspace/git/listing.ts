import { nameOf, parseGitConfig } from '../../../src/workspace/git/config.ts';

/** Names and values as `git config --list -z` prints them. Undefined if git rejected the file. */
export type Listing = readonly (readonly [string, string | undefined])[] | undefined;

export function ours(text: string): Listing {
  try {
    return parseGitConfig(text).map((entry) => [nameOf(entry), entry.value]);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

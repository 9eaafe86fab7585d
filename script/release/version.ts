/** What a release's version says: https://semver.org/spec/v2.0.0.html, without build metadata. */

export interface Version {
  /** Major, minor and patch. */
  readonly numbers: readonly [number, number, number];
  /** What follows the hyphen, or an empty text. */
  readonly preRelease: string;
}

const NUMBER = '(0|[1-9]\\d*)';
const FORM = new RegExp(String.raw`^${NUMBER}\.${NUMBER}\.${NUMBER}(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$`);

/** @returns undefined for any other text, such as `v1.0.0` */
export function parseVersion(text: string): Version | undefined {
  const [whole, major, minor, patch, preRelease = ''] = FORM.exec(text) ?? [];
  return whole === undefined ? undefined : { numbers: [Number(major), Number(minor), Number(patch)], preRelease };
}

/** The tag that never moves. */
export const tagOf = (version: string): string => `v${version}`;

/**
 * The tag of the major version, if the release moves it: a pre-release never does, and a fix for an older minor version
 * must not take newer features away from those who follow the tag.
 *
 * @param tags the tags that exist
 */
export function movedTag(version: string, tags: readonly string[]): string | undefined {
  const parsed = parseVersion(version);
  if (parsed === undefined || parsed.preRelease !== '') return undefined;
  const [major] = parsed.numbers;
  const others = tags.flatMap((tag) => (tag.startsWith('v') ? (parseVersion(tag.slice(1)) ?? []) : []));
  const isNewest = others
    .filter(({ numbers, preRelease }) => numbers[0] === major && preRelease === '')
    .every(({ numbers }) => compare(numbers, parsed.numbers) <= 0);
  return isNewest ? `v${major}` : undefined;
}

function compare(a: Version['numbers'], b: Version['numbers']): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where dpkg and ucf keep what they know about the settings of packages. */
export interface PackageFiles {
  /** dpkg's directory with a file `PACKAGE.conffiles` for each package that has settings. (deb-conffiles(5)) */
  readonly info: string;
  /** ucf's list of the settings that packages generate. (ucf(1)) */
  readonly generated: string;
}

const PACKAGE_FILES: PackageFiles = { info: '/var/lib/dpkg/info', generated: '/var/lib/ucf/registry' };

/** The first name below `/etc` in each line: `/etc/php/8.2/cli/php.ini`, `remove-on-upgrade /etc/old.conf`. */
const NAME = /^(?:\S+[ \t]+)?\/etc\/([^/\n]+)/gm;

/**
 * The names directly below `/etc` that the system's packages use for their settings. Empty on a system without dpkg: the
 * databases of rpm and others cannot be read within the milliseconds that a start has.
 */
export function packagedSettings({ info, generated }: PackageFiles = PACKAGE_FILES): ReadonlySet<string> {
  const lists = namesIn(info).filter((name) => name.endsWith('.conffiles'));
  const texts = [...lists.map((name) => join(info, name)), generated].map(textOf);
  return new Set(texts.flatMap((text) => [...text.matchAll(NAME)].map(([, name = '']) => name)));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // there is no dpkg
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the package was removed meanwhile, or there is no ucf
  }
}

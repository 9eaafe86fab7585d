import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/*
 * What the command reads instead of a file with credentials. Most programs take an empty file for no settings. Those of
 * Maven, NuGet and Tomcat, and all that read JSON, end with an error.
 */

const BLANKS: readonly { readonly name: string; readonly is: RegExp; readonly content: string }[] = [
  { name: 'settings.xml', is: /^settings\.xml$/, content: '<settings/>' },
  { name: 'settings-security.xml', is: /^settings-security\.xml$/, content: '<settingsSecurity/>' },
  { name: 'nuget.config', is: /^nuget\.config$/i, content: '<configuration/>' },
  { name: 'tomcat-users.xml', is: /^tomcat-users\.xml$/, content: '<tomcat-users/>' },
  { name: 'json', is: /\.json$/, content: '{}' },
];

const directoryIn = (workDirectory: string): string => join(workDirectory, 'blanks');

/** The file of the host that is mounted over the file at `path`. @param workDirectory the directory of the run's own files */
export function blankFor(path: string, workDirectory: string): string {
  const blank = BLANKS.find(({ is }) => is.test(basename(path)));
  return blank === undefined ? '/dev/null' : join(directoryIn(workDirectory), blank.name);
}

/** Writes what {@link blankFor} names, for everybody to read whatever the umask is. */
export function writeBlanks(workDirectory: string): void {
  const directory = directoryIn(workDirectory);
  mkdirSync(directory);
  for (const { name, content } of BLANKS) {
    writeFileSync(join(directory, name), `${content}\n`);
    chmodSync(join(directory, name), 0o644);
  }
}

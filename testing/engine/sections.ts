/** A script of several probes with separable output. */

const MARK = '=== probe: ';

/** Runs each of `parts` in its own subshell, so that none of them ends the script. */
export function sectionedScript(parts: Readonly<Record<string, string>>): string {
  const sections = Object.entries(parts).map(
    ([name, script]) => `echo; echo '${MARK}${name}'\n(\n${script}\n) 2>&1 || :`,
  );
  return ['set +e +o pipefail', ...sections, `echo; echo '${MARK}'`].join('\n');
}

/** The output of each part, trimmed. */
export function sectionsOf(stdout: string): Record<string, string> {
  const sections = stdout.split(`\n${MARK}`).slice(1, -1);
  return Object.fromEntries(
    sections.map((section) => {
      const end = section.indexOf('\n');
      return [section.slice(0, end), section.slice(end + 1).trim()];
    }),
  );
}

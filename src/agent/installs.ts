import { join } from 'node:path';

/*
 * Where programs go that the command installs: the host's places are read-only, so each installer is led to one directory
 * of the private home. What the host has installed stays where it is, and works.
 */

/** Below the home. It is empty when the command starts. */
const INSTALLED = '.local/installed';

/** The directory of {@link INSTALLED} that most installers put programs in, or links to them. */
const PROGRAMS = `${INSTALLED}/bin`;

/** npm's settings for the whole machine. nvm refuses to work if a variable or the user's own settings name a prefix. */
const NPM_SETTINGS = `${INSTALLED}/etc/npmrc`;

/** Paths below the home, by the variable that an installer reads. */
const VARIABLES: Readonly<Record<string, string>> = {
  // A `prefix` in these has less weight than one of the user's or the project's own.
  NPM_CONFIG_GLOBALCONFIG: NPM_SETTINGS,
  PNPM_HOME: `${INSTALLED}/pnpm`,
  // Hosted runners have pipx's places in /opt.
  PIPX_HOME: `${INSTALLED}/pipx`,
  PIPX_BIN_DIR: PROGRAMS,
  UV_TOOL_DIR: `${INSTALLED}/uv-tools`,
  UV_TOOL_BIN_DIR: PROGRAMS,
  GEM_HOME: `${INSTALLED}/gems`,
  COMPOSER_HOME: `${INSTALLED}/composer`,
  DOTNET_CLI_HOME: `${INSTALLED}/dotnet`,
};

/** Further settings of installers. */
const SETTINGS: Readonly<Record<string, string>> = {
  // Debian's pip refuses even what goes into the home (PEP 668), to protect a Python that nobody can change here.
  PIP_BREAK_SYSTEM_PACKAGES: '1',
};

/**
 * Where installed programs are, below the home. These come first in `PATH`: they are empty at the start, so whatever is in
 * them the command has put there, and means to use, as after an installation outside.
 */
const FIRST = [
  ...[PROGRAMS, `${INSTALLED}/gems/bin`, `${INSTALLED}/pnpm`, `${INSTALLED}/pnpm/bin`],
  ...[`${INSTALLED}/composer/vendor/bin`, `${INSTALLED}/dotnet/.dotnet/tools`],
];

/** The same for installers that share a directory with the host's programs. It must not come before others of the host's. */
const LAST = ['.local/bin', '.cargo/bin', 'go/bin', '.bun/bin', '.deno/bin', '.yarn/bin'];

/** The variables of installers. `env` may choose others. */
export function installVariables(home: string): Record<string, string> {
  const places = Object.entries(VARIABLES).map(([name, path]) => [name, join(home, path)]);
  return { ...(Object.fromEntries(places) as Record<string, string>), ...SETTINGS };
}

/**
 * Settings of installers: paths below the home with contents. npm would look for a newer npm once a week, which is in each
 * run where nothing is remembered, and its request would be reported as refused.
 */
export function installFiles(): Record<string, string> {
  return { [NPM_SETTINGS]: `prefix=\${HOME}/${INSTALLED}\nupdate-notifier=false\n` };
}

/** The host's `PATH`, with the directories of what the command installs. */
export function pathWithInstalls(path: string, home: string): string {
  const host = path.split(':');
  const of = (directories: readonly string[]): string[] =>
    directories.map((directory) => join(home, directory)).filter((directory) => !host.includes(directory));
  return [...of(FIRST), ...host, ...of(LAST)].join(':');
}

/**
 * Links of the private home. `corepack enable` installs next to the first `corepack` in `PATH`.
 *
 * @param corepack the host's; undefined if it has none
 */
export function installLinks(corepack: string | undefined): Record<string, string> {
  return corepack === undefined ? {} : { [`${PROGRAMS}/corepack`]: corepack };
}

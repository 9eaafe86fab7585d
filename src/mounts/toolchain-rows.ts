/** A part of the host that the agent can read, and the reason for it. */
export interface Row {
  /** An absolute path, or one below the home. `*` matches any part of a name. */
  readonly path: string;
  readonly why: string;
  /** Names that `*` does not match, with the reasons. They may contain `*` themselves. */
  readonly except?: Readonly<Record<string, string>>;
}

/** System directories, each mounted at its own path. The sandbox has nothing else of the system apart from settings. */
export const SYSTEM_ROWS: readonly Row[] = [
  { path: '/usr', why: 'programs and libraries, fonts and locale data' },
  { path: '/bin', why: 'a link to /usr/bin, or a separate directory if /usr is not merged' },
  { path: '/sbin', why: 'like /bin' },
  { path: '/lib', why: 'like /bin' },
  { path: '/lib32', why: 'like /bin' },
  { path: '/lib64', why: 'the path of the dynamic loader' },
  { path: '/libx32', why: 'like /bin' },
  { path: '/opt', why: 'third-party software, and the tool cache of hosted runners' },
  { path: '/home/linuxbrew/.linuxbrew', why: 'Homebrew; the rest of the directory is the home of a user' },
  {
    path: '/snap',
    why: "snaps at their own paths; those in /snap/bin need snapd's socket, which the sandbox does not have",
  },
  { path: '/nix/store', why: 'Nix packages' },
  { path: '/nix/var/nix/profiles', why: 'Nix profiles, links to packages' },
  { path: '/var/lib/gems', why: 'Ruby gems for the whole machine on Debian' },
];

/**
 * Settings below `/etc` that every system has, whether or not a package manager knows them. They are in the sandbox
 * without a look at their content, except files that not everybody may read. `etc.ts` adds the settings of other packages.
 */
export const ETC_ROWS: readonly Row[] = [
  { path: '/etc/alternatives', why: 'links to the selected version of a program' },
  { path: '/etc/localtime', why: 'the time zone' },
  { path: '/etc/timezone', why: 'the name of the time zone' },
  { path: '/etc/mime.types', why: 'file types, for web servers and Python' },
  { path: '/etc/ssl/certs', why: 'CA certificates, including those of a company proxy, and those for Java on Debian' },
  { path: '/etc/ssl/openssl.cnf', why: "OpenSSL's settings" },
  { path: '/etc/ca-certificates', why: 'CA certificates' },
  { path: '/etc/pki/tls/certs', why: 'CA certificates on Fedora and RHEL' },
  { path: '/etc/pki/ca-trust', why: 'CA certificates on Fedora and RHEL' },
  { path: '/etc/pki/tls/openssl.cnf', why: "OpenSSL's settings on Fedora and RHEL" },
  { path: '/etc/crypto-policies', why: 'included by the settings of OpenSSL on Fedora and RHEL' },
  { path: '/etc/ld.so.cache', why: 'where the loader finds libraries' },
  { path: '/etc/ld.so.conf', why: 'where the loader finds libraries' },
  { path: '/etc/ld.so.conf.d', why: 'where the loader finds libraries' },
  { path: '/etc/nsswitch.conf', why: 'how to look up names of users and hosts' },
  { path: '/etc/protocols', why: 'names of protocols' },
  { path: '/etc/services', why: 'names of ports' },
  { path: '/etc/fonts', why: 'which fonts to use' },
  { path: '/etc/papersize', why: 'the size of paper, for Ghostscript and R' },
  { path: '/etc/shells', why: 'the shells of the system' },
  { path: '/etc/inputrc', why: 'keys for command lines' },
  { path: '/etc/xml', why: 'where schemas and style sheets of XML are' },
  { path: '/etc/glvnd', why: 'which graphics library to use' },
  { path: '/etc/os-release', why: 'which system this is, for installers' },
  { path: '/etc/debian_version', why: 'which system this is' },
  { path: '/etc/lsb-release', why: 'which system this is' },
  { path: '/etc/terminfo', why: 'terminals' },
  { path: '/etc/dotnet', why: 'where .NET is installed' },
  {
    path: '/etc/java-*/*',
    why: "settings of Debian's JDKs; TLS needs java.security",
    except: { management: 'jmxremote.password has passwords for remote management' },
  },
  { path: '/etc/ant', why: "Ant's settings for the whole machine" },
  { path: '/etc/gradle', why: "settings of Debian's Gradle" },
  {
    path: '/etc/maven/*',
    why: "how Debian's Maven starts (m2.conf), and what it logs",
    except: {
      'settings.xml': "it may have passwords of repositories and proxies; the user's settings.xml is left out as well",
    },
  },
  { path: '/etc/perl', why: 'Perl modules' },
  { path: '/etc/python3', why: "Python's settings for the whole machine" },
  { path: '/etc/python3.*', why: 'settings of a Python version' },
];

/** Toolchains below the user's home. Caches and settings are left out, because both may contain credentials. */
export const HOME_ROWS: readonly Row[] = [
  { path: '.cargo/bin', why: 'Rust programs' },
  { path: '.rustup/toolchains', why: 'Rust toolchains' },
  { path: '.rustup/settings.toml', why: 'which Rust toolchain is the default' },
  { path: '.pyenv/bin', why: 'pyenv' },
  { path: '.pyenv/libexec', why: 'pyenv' },
  { path: '.pyenv/plugins', why: 'pyenv' },
  { path: '.pyenv/pyenv.d', why: 'pyenv' },
  { path: '.pyenv/shims', why: 'programs of the Python versions, including those that pip installs' },
  { path: '.pyenv/version', why: 'which Python version is the default' },
  { path: '.pyenv/versions', why: 'Python versions' },
  { path: '.rbenv', why: 'Ruby versions' },
  { path: '.nvm', why: 'Node.js versions' },
  { path: '.volta/bin', why: 'Node.js versions' },
  { path: '.volta/tools', why: 'Node.js versions' },
  { path: '.local/share/fnm', why: 'Node.js versions' },
  { path: '.asdf', why: 'versions of many tools' },
  { path: '.local/share/mise', why: 'versions of many tools' },
  { path: '.local/bin', why: "the user's programs" },
  { path: '.local/lib/*', why: "libraries of the user's programs", except: { 'python*': 'the next row' } },
  { path: '.local/lib/python*/site-packages', why: "the user's Python packages, which pip installs" },
  { path: '.local/pipx', why: "the user's Python programs" },
  { path: 'setup-pnpm', why: 'pnpm, from its setup action' },
  { path: '.local/share/pnpm/*', why: "pnpm and the user's programs", except: { store: 'a cache of packages' } },
  { path: '.config/composer/vendor', why: 'PHP programs of the user' },
  { path: '.composer/vendor', why: 'PHP programs of the user' },
  { path: '.cabal/bin', why: 'Haskell programs' },
  { path: 'miniconda3', why: 'conda' },
  { path: 'miniforge3', why: 'conda' },
  { path: 'anaconda3', why: 'conda' },
  { path: 'micromamba', why: 'micromamba and its environments' },
  { path: 'micromamba-bin', why: 'micromamba, from its setup action' },
  { path: '.nix-profile', why: "the user's Nix profile, a link" },
  { path: '.local/share/pipx', why: "the user's Python programs" },
  { path: '.local/share/uv', why: 'Python versions and programs that uv installs' },
  { path: '.local/share/claude', why: 'Claude Code, from its native installer' },
  { path: '.claude/local', why: 'Claude Code, from its older local installation' },
  { path: '.opencode/bin', why: 'OpenCode' },
  { path: '.bun/bin', why: 'Bun' },
  { path: '.bun/install/global/node_modules', why: 'the programs that bun add --global installs' },
  { path: '.yarn/bin', why: 'links to the programs that yarn global add installs' },
  { path: '.config/yarn/global/node_modules', why: 'these programs' },
  { path: '.deno/bin', why: 'Deno' },
  { path: '.dotnet', why: '.NET' },
  { path: '.ghcup/bin', why: 'Haskell' },
  { path: '.ghcup/ghc', why: 'Haskell' },
  { path: '.sdkman/candidates', why: 'Java versions' },
  { path: '.jdks', why: 'Java versions' },
  { path: '.swiftly/bin', why: 'Swift' },
  { path: 'go/bin', why: 'Go programs' },
  { path: 'sdk', why: 'Go versions' },
  { path: 'Android/Sdk', why: 'the Android SDK' },
];

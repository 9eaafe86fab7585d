/** What the agent sees of the host, read-only, and why. */
export interface Row {
  /** Absolute, or below the home. A `*` stands for anything within a name. */
  readonly path: string;
  readonly why: string;
  /** Names that a `*` does not stand for, `*` in them likewise, and why not. */
  readonly except?: Readonly<Record<string, string>>;
}

/**
 * System directories, each at its own path. What is not listed is not there, above all what may hold a credential:
 *
 * - settings for the whole machine that may name a registry with its password: `/etc/pip.conf`, `/etc/npmrc`,
 *   `/etc/wgetrc`, `/etc/gitconfig`, `/etc/maven/settings.xml`, `/etc/apt`
 * - what a login shell reads, for tokens are exported there: `/etc/environment`, `/etc/profile.d`, `/etc/default`
 * - keys and accounts: `/etc/ssl/private`, `/etc/ssh`, `/etc/docker`, `/etc/shadow`, `/etc/krb5.keytab`
 */
export const SYSTEM: readonly Row[] = [
  { path: '/usr', why: 'programs and libraries, fonts and locale data' },
  { path: '/bin', why: 'a directory of its own where /usr is not merged, a link into it elsewhere' },
  { path: '/sbin', why: 'as /bin' },
  { path: '/lib', why: 'as /bin' },
  { path: '/lib32', why: 'as /bin' },
  { path: '/lib64', why: "the dynamic loader's path" },
  { path: '/libx32', why: 'as /bin' },
  { path: '/opt', why: 'third-party software, the tool cache of hosted runners' },
  { path: '/home/linuxbrew', why: 'Homebrew on hosted runners' },
  { path: '/snap', why: "snaps, by their own path; /snap/bin needs snapd's socket, which is not there" },
  { path: '/nix/store', why: 'Nix packages' },
  { path: '/var/lib/gems', why: "Ruby's gems for the machine, on Debian" },
  { path: '/etc/alternatives', why: 'links from /usr/bin to the chosen version of a program' },
  { path: '/etc/localtime', why: 'the time zone' },
  { path: '/etc/timezone', why: 'the name of the time zone' },
  { path: '/etc/mime.types', why: 'types of files, asked by web servers and by Python' },
  { path: '/etc/ssl/certs', why: 'CA certificates, those of a company proxy included, and those for Java on Debian' },
  { path: '/etc/ssl/openssl.cnf', why: "OpenSSL's settings" },
  { path: '/etc/ca-certificates', why: 'CA certificates' },
  { path: '/etc/pki/tls/certs', why: 'CA certificates on Fedora and RHEL' },
  { path: '/etc/pki/ca-trust', why: 'CA certificates on Fedora and RHEL' },
  { path: '/etc/pki/tls/openssl.cnf', why: "OpenSSL's settings on Fedora and RHEL" },
  { path: '/etc/crypto-policies', why: 'what the settings of OpenSSL include on Fedora and RHEL' },
  { path: '/etc/ld.so.cache', why: 'where the loader finds libraries' },
  { path: '/etc/ld.so.conf', why: 'where the loader finds libraries' },
  { path: '/etc/ld.so.conf.d', why: 'where the loader finds libraries' },
  { path: '/etc/nsswitch.conf', why: 'how names of users and hosts are looked up' },
  { path: '/etc/protocols', why: 'names of protocols' },
  { path: '/etc/services', why: 'names of ports' },
  { path: '/etc/fonts', why: 'which font is used' },
  { path: '/etc/os-release', why: 'which system this is, asked by installers' },
  { path: '/etc/debian_version', why: 'which system this is' },
  { path: '/etc/lsb-release', why: 'which system this is' },
  { path: '/etc/terminfo', why: 'terminals' },
  { path: '/etc/dotnet', why: 'where .NET is installed' },
  {
    path: '/etc/java-*/*',
    why: "settings of Debian's JDKs: without java.security there is no TLS",
    except: { management: 'passwords for remote management, jmxremote.password, have their place there' },
  },
  { path: '/etc/ant', why: "Ant's settings for the machine" },
  { path: '/etc/gradle', why: "settings of Debian's Gradle" },
  {
    path: '/etc/maven/*',
    why: "how Debian's Maven starts, m2.conf, and what it writes",
    except: {
      'settings.xml': "passwords of repositories and proxies have their place there; the user's is not there either",
    },
  },
  { path: '/etc/perl', why: 'Perl modules' },
  { path: '/etc/python3', why: "Python's settings for the machine" },
  { path: '/etc/python3.*', why: "a Python version's settings" },
];

/** Toolchains below the user's home. Caches and settings stay out: both may hold credentials. */
export const HOME: readonly Row[] = [
  { path: '.cargo/bin', why: 'Rust programs' },
  { path: '.rustup/toolchains', why: 'Rust toolchains' },
  { path: '.rustup/settings.toml', why: 'which Rust toolchain is the default' },
  { path: '.pyenv/bin', why: 'pyenv' },
  { path: '.pyenv/libexec', why: 'pyenv' },
  { path: '.pyenv/plugins', why: 'pyenv' },
  { path: '.pyenv/pyenv.d', why: 'pyenv' },
  { path: '.pyenv/shims', why: 'programs of the Python versions: pip adds to them' },
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
  { path: '.local/lib/python*/site-packages', why: "the user's Python packages: pip adds to them" },
  { path: '.local/pipx', why: "the user's Python programs" },
  { path: '.local/share/pipx', why: "the user's Python programs" },
  { path: '.local/share/uv', why: 'Python versions and programs of uv' },
  { path: '.local/share/claude', why: 'Claude Code, installed by its own installer' },
  { path: '.claude/local', why: 'Claude Code, installed by itself' },
  { path: '.opencode/bin', why: 'OpenCode' },
  { path: '.bun/bin', why: 'Bun' },
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

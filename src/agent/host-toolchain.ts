import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { MountSpec } from '../docker/spec.ts';

/** One row: what the agent sees of the host, read-only, and why. */
interface Row {
  readonly path: string;
  readonly why: string;
}

/** System directories, each at its own path. What is not listed is not there. */
const SYSTEM: readonly Row[] = [
  { path: '/usr', why: 'programs and libraries' },
  { path: '/bin', why: 'a directory of its own where /usr is not merged, a link into it elsewhere' },
  { path: '/sbin', why: 'as /bin' },
  { path: '/lib', why: 'as /bin' },
  { path: '/lib32', why: 'as /bin' },
  { path: '/lib64', why: "the dynamic loader's path" },
  { path: '/libx32', why: 'as /bin' },
  { path: '/opt', why: 'third-party software, the tool cache of hosted runners' },
  { path: '/home/linuxbrew', why: 'Homebrew on hosted runners' },
  { path: '/nix/store', why: 'Nix packages' },
  { path: '/etc/alternatives', why: 'links from /usr/bin to the chosen version of a program' },
  { path: '/etc/ssl/certs', why: 'CA certificates, those of a company proxy included' },
  { path: '/etc/ssl/openssl.cnf', why: "OpenSSL's settings" },
  { path: '/etc/ca-certificates', why: 'CA certificates' },
  { path: '/etc/pki/tls/certs', why: 'CA certificates on Fedora and RHEL' },
  { path: '/etc/pki/ca-trust', why: 'CA certificates on Fedora and RHEL' },
  { path: '/etc/ld.so.cache', why: 'where the loader finds libraries' },
  { path: '/etc/ld.so.conf', why: 'where the loader finds libraries' },
  { path: '/etc/ld.so.conf.d', why: 'where the loader finds libraries' },
  { path: '/etc/nsswitch.conf', why: 'how names of users and hosts are looked up' },
  { path: '/etc/protocols', why: 'names of protocols' },
  { path: '/etc/services', why: 'names of ports' },
  { path: '/etc/localtime', why: 'time zone' },
  { path: '/etc/timezone', why: 'time zone' },
  { path: '/etc/locale.alias', why: 'locales' },
  { path: '/etc/mime.types', why: 'file types' },
  { path: '/etc/magic', why: 'file types' },
  { path: '/etc/fonts', why: 'fonts' },
  { path: '/etc/os-release', why: 'which system this is, asked by installers' },
  { path: '/etc/debian_version', why: 'which system this is' },
  { path: '/etc/lsb-release', why: 'which system this is' },
  { path: '/etc/terminfo', why: 'terminals' },
  { path: '/etc/dotnet', why: 'where .NET is installed' },
  { path: '/etc/maven', why: "Maven's settings for the machine" },
  { path: '/etc/perl', why: 'Perl modules' },
  { path: '/etc/python3', why: "Python's settings for the machine" },
];

/** Toolchains below the user's home. Caches and settings stay out: both may hold credentials. */
const HOME: readonly Row[] = [
  { path: '.cargo/bin', why: 'Rust programs' },
  { path: '.rustup/toolchains', why: 'Rust toolchains' },
  { path: '.rustup/settings.toml', why: 'which Rust toolchain is the default' },
  { path: '.pyenv', why: 'Python versions' },
  { path: '.nvm', why: 'Node.js versions' },
  { path: '.local/bin', why: "the user's programs" },
  { path: '.local/lib', why: "the user's programs" },
  { path: '.local/share/claude', why: 'Claude Code, installed by its own installer' },
  { path: '.bun/bin', why: 'Bun' },
  { path: '.deno/bin', why: 'Deno' },
  { path: '.dotnet', why: '.NET' },
  { path: '.ghcup/bin', why: 'Haskell' },
  { path: '.sdkman/candidates', why: 'Java versions' },
  { path: '.swiftly/bin', why: 'Swift' },
  { path: 'go/bin', why: 'Go programs' },
];

/**
 * The host's toolchain as read-only mounts; what a host does not have is left out. Links are followed here, so that the
 * engine mounts what they lead to, at the path that programs know.
 *
 * @param home the caller's home directory, whose place the private one takes
 * @param toolCache `RUNNER_TOOL_CACHE`, where it is outside the system directories
 */
export function hostToolchain(home: string, toolCache: string | undefined): MountSpec[] {
  const paths = [...SYSTEM.map(({ path }) => path), ...HOME.map(({ path }) => join(home, path))];
  if (toolCache !== undefined && toolCache !== '') paths.push(toolCache);
  return paths
    .filter((path) => existsSync(path))
    .filter((path, _, all) => !all.some((other) => path.startsWith(`${other}/`)))
    .map((path) => ({ kind: 'bind', source: realpathSync(path), target: path, writable: false }));
}

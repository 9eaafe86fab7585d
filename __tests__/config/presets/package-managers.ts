/** Package managers that fetch a real package each, with the preset that it needs. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { missing } from '../../../testing/packages/build-tool.ts';
import { HAS_PYTHON } from '../../../testing/python.ts';

export interface PackageManager {
  readonly name: string;
  readonly preset: string;
  /** Why it cannot be tried on this machine. Undefined if it can. */
  readonly missing: string | undefined;
  /** Shell, in an empty directory. It fails unless the package is there afterwards. */
  readonly script: string;
}

/** Where the test's own package managers are. */
export interface Installed {
  /** A directory with `node_modules`. */
  readonly npm: string;
  readonly uv: string | undefined;
}

const CARGO = `mkdir src && echo 'fn main() {}' > src/main.rs
printf '[package]\\nname = "one"\\nversion = "0.1.0"\\nedition = "2021"\\n[dependencies]\\ncfg-if = "=1.0.0"\\n' > Cargo.toml
CARGO_HOME=$PWD/home cargo fetch && ls home/registry/cache/*/cfg-if-1.0.0.crate`;

const GO = `printf 'module one\\n\\ngo 1.21.0\\n\\nrequire golang.org/x/mod v0.17.0\\n' > go.mod
GOFLAGS=-modcacherw GOPATH=$PWD/path go mod download golang.org/x/mod && ls path/pkg/mod/golang.org/x/mod@v0.17.0/go.mod`;

/** apt works in a directory of one's own without being root. The sandbox has no /etc/apt, which may contain passwords. */
const APT = `set -- -qq -o Dir::Etc=$PWD/../apt-sources -o Dir::State=$PWD/state -o Dir::Cache=$PWD/cache -o APT::Sandbox::User=root -o Debug::NoLocking=1
mkdir -p state/lists/partial cache/archives/partial
apt-get "$@" update && apt-get "$@" download hello && ls hello_*.deb`;

const MAVEN = `mvn -q -B -Dmaven.repo.local=$PWD/repository org.apache.maven.plugins:maven-clean-plugin:3.2.0:clean -f pom.xml
ls repository/org/apache/maven/plugins/maven-clean-plugin/3.2.0/*.jar`;

const POM =
  '<project><modelVersion>4.0.0</modelVersion><groupId>one</groupId><artifactId>one</artifactId><version>1</version><packaging>pom</packaging></project>';

export function packageManagers({ npm, uv }: Installed): PackageManager[] {
  const [bun, deno] = ['@oven/bun-linux-x64/bin/bun', '@deno/linux-x64-glibc/deno'].map((path) =>
    join(npm, 'node_modules', path),
  );
  const has = (path = ''): string | undefined => (existsSync(path) ? undefined : 'not published for this processor');
  const check = 'ls node_modules/is-number/package.json';
  return [
    {
      name: 'npm',
      preset: 'npm',
      missing: missing('npm', '--version'),
      script: `npm install --fetch-retries=0 --no-audit is-number@7.0.0 && ${check}`,
    },
    {
      name: 'pnpm',
      preset: 'npm',
      missing: undefined,
      script: `pnpm add --fetch-retries=0 --store-dir $PWD/store is-number@7.0.0 && ${check}`,
    },
    { name: 'yarn', preset: 'npm', missing: undefined, script: `yarn add --no-progress is-number@7.0.0 && ${check}` },
    { name: 'bun', preset: 'bun', missing: has(bun), script: `${bun ?? ''} add is-number@7.0.0 && ${check}` },
    {
      ...{ name: 'deno', preset: 'deno', missing: has(deno) },
      script: `echo 'import n from "npm:is-number@7.0.0"; console.log("it is", n(7));' > one.ts; DENO_NO_UPDATE_CHECK=1 DENO_TLS_CA_STORE=system DENO_DIR=$PWD/cache ${deno ?? ''} run one.ts | grep 'it is true'`,
    },
    {
      ...{ name: 'pip', preset: 'pypi', missing: missing('python3', '-m', 'pip', '--version') },
      script: 'python3 -m pip download --no-deps --no-cache-dir six==1.17.0 && ls six-1.17.0-*.whl',
    },
    {
      ...{ name: 'uv', preset: 'pypi', missing: HAS_PYTHON ? undefined : 'Python 3.11 with venv is missing' },
      script: `${uv ?? ''} pip install --no-cache --system-certs --python "$(command -v python3)" --target own six==1.17.0 && ls own/six.py`,
    },
    { name: 'cargo', preset: 'crates', missing: missing('cargo', '--version'), script: CARGO },
    { name: 'go', preset: 'go', missing: missing('go', 'version'), script: GO },
    {
      name: 'maven',
      preset: 'maven',
      missing: missing('mvn', '--version'),
      script: `echo '${POM}' > pom.xml\n${MAVEN}`,
    },
    { name: 'apt', preset: 'debian', missing: missing('apt-get', '--version'), script: APT },
  ];
}

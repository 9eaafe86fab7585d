/** Programs that check certificates, each in its own way. */

import { missing } from '../../testing/packages/build-tool.ts';
import { HAS_PYTHON } from '../../testing/python.ts';

export interface TrustingProgram {
  /** Also the path that it asks for. */
  readonly name: string;
  /** Why it cannot be tried on this machine. Undefined if it can. */
  readonly missing: string | undefined;
  /** Files that it needs, below the workspace. */
  readonly files?: Readonly<Record<string, string>>;
  /** Shell. `$URL` is `https://HOST/NAME`. */
  readonly command: string;
}

const FETCH_JAVA = `
import java.net.URI;
class Fetch {
  public static void main(String[] args) throws Exception {
    URI.create(args[0]).toURL().openStream().readAllBytes();
  }
}
`;
/** Node.js before 22.21 has no proxy of its own. */
const FETCH_CJS = `
const { hostname: host, pathname: path } = new URL(process.argv[2]);
const { hostname, port } = new URL(process.env.HTTPS_PROXY);
const http = require('node:http');
http.request({ hostname, port, method: 'CONNECT', path: host + ':443' }).on('connect', (_, socket) => {
  const createConnection = () => require('node:tls').connect({ socket, servername: host });
  http.get({ host, path, headers: { host }, createConnection });
}).end();
`;
const CLIENT_MISSING = HAS_PYTHON ? undefined : 'Python 3.11 with venv is missing';

export const CURL: TrustingProgram = {
  name: 'curl',
  missing: missing('curl', '--version'),
  command: 'curl -sS -o /dev/null "$URL"',
};
export const WGET: TrustingProgram = {
  name: 'wget',
  missing: missing('wget', '--version'),
  command: 'wget -nv -t 1 -O /dev/null "$URL"',
};
export const GIT: TrustingProgram = {
  name: 'git',
  missing: missing('git', '--version'),
  command: 'git ls-remote "$URL"',
};
export const URLLIB: TrustingProgram = {
  name: 'urllib',
  missing: missing('python3', '--version'),
  command: 'python3 -c \'import sys, urllib.request as r; r.urlopen(sys.argv[1])\' "$URL"',
};
/** A Node.js of the test's own version, at `$NODE`. */
export const NODE: TrustingProgram = {
  name: 'node',
  missing: undefined,
  command: `"$NODE" -e 'fetch(process.argv[1])' "$URL"`,
};

/** `$CLIENTS` has an environment with the SDKs' libraries. */
export const PROGRAMS: readonly TrustingProgram[] = [
  ...[CURL, WGET, GIT, URLLIB, NODE],
  {
    name: 'host-node',
    missing: missing('/usr/bin/node', '--version'),
    files: { 'fetch.cjs': FETCH_CJS },
    command: '/usr/bin/node fetch.cjs "$URL"',
  },
  { name: 'npm', missing: missing('npm', '--version'), command: 'npm view awf --fetch-retries=0 --registry="$URL/"' },
  {
    name: 'requests',
    missing: CLIENT_MISSING,
    command: '"$CLIENTS/python3" -c \'import sys, requests; requests.get(sys.argv[1])\' "$URL"',
  },
  {
    name: 'httpx2',
    missing: CLIENT_MISSING,
    command: '"$CLIENTS/python3" -c \'import sys, httpx2; httpx2.get(sys.argv[1])\' "$URL"',
  },
  {
    name: 'pip',
    missing: missing('python3', '-c', 'import pip'),
    command: 'python3 -m pip download --retries 0 --no-deps --dest /tmp/pip --index-url "$URL/" awf',
  },
  {
    name: 'go',
    missing: missing('go', 'version'),
    command: 'GOPROXY="$URL" GONOSUMDB=* GOFLAGS=-mod=mod go list -m -versions example.test/awf',
  },
  {
    name: 'cargo',
    missing: missing('cargo', 'build', '--help'),
    command: 'CARGO_NET_RETRY=0 CARGO_REGISTRIES_AWF_INDEX="sparse+$URL/" cargo search awf --registry awf',
  },
  {
    name: 'java',
    missing: missing('java', '--version') ?? missing('javac', '--version'),
    files: { 'Fetch.java': FETCH_JAVA },
    command: 'java Fetch.java "$URL"',
  },
];

/** The workspace's files for {@link scriptFor}. */
export function filesFor(programs: readonly TrustingProgram[]): Record<string, string> {
  const scripts = programs.map(({ name, command }) => [`programs/${name}`, `${command}\n`] as const);
  return Object.assign(Object.fromEntries(scripts), ...programs.map(({ files = {} }) => files)) as Record<
    string,
    string
  >;
}

/** Tries each program with each host, for a minute at most. */
export function scriptFor(programs: readonly TrustingProgram[], hosts: readonly string[]): string {
  const tries = programs.flatMap(({ name }) =>
    hosts.map((host) => `echo "== ${name} ${host}"; URL=https://${host}/${name} timeout 60 bash programs/${name} 2>&1`),
  );
  return ['set +e', ...tries, 'true'].join('\n');
}

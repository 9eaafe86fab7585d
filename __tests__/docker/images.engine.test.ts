import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { builtImageNames } from '../../src/docker/images.ts';
import { imageSize } from '../../testing/engine/image-size.ts';
import { imageWithTools } from '../../testing/engine/test-image.ts';
import { ROLES } from '../../src/shared/network.ts';
import { AGENT_LIB, CLAUDE_KEY_HELPER, ONE_SHOT_LIBRARY, PLACEHOLDER_CLAUDE_KEY } from '../../src/shared/contract.ts';

const images = builtImageNames(join(import.meta.dirname, '../../dist'));
const SEALED = ['--rm', '--interactive', '--network=none', '--cap-drop=ALL', '--read-only'];

function docker(args: readonly string[], input = ''): { status: number | null; stdout: string; stderr: string } {
  return spawnSync('docker', args, { encoding: 'utf8', input, timeout: 60_000 });
}

function inspect(image: string): { Config: Record<string, unknown> } {
  const { stdout, stderr } = docker(['image', 'inspect', '--format={{json .}}', image]);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as { Config: Record<string, unknown> };
}

describe('the Squid image', () => {
  test('accepts a configuration that peeks at TLS, without capabilities and not as root', () => {
    const configuration = [
      'http_port 127.0.0.1:3129 ssl-bump tls-cert=/etc/squid/peek.pem generate-host-certificates=off',
      'ssl_bump peek all',
      'pinger_enable off',
      'access_log none',
    ].join('\n');
    const parse = ['--entrypoint=squid', images.squid, '-k', 'parse', '-f', '/dev/stdin'];
    const { status, stderr } = docker(['run', ...SEALED, '--tmpfs=/run/squid:mode=1777', ...parse], configuration);
    expect(stderr).not.toMatch(/FATAL|ERROR/);
    expect(status).toBe(0);
    expect(inspect(images.squid).Config['User']).toBe('proxy');
  });
});

describe('the api-proxy image', () => {
  test('does not run as root, and has the health check that is part of the interface', () => {
    expect(inspect(images['api-proxy']).Config).toMatchObject({
      User: '65532:65532',
      Healthcheck: { Interval: 1e9, Timeout: 1e9, Retries: 5, StartPeriod: 2e9 },
    });
  });

  test('has a health check that fails if nothing listens', () => {
    const { status } = docker(['run', ...SEALED, '--entrypoint=awf-health-check', images['api-proxy']]);
    expect(status).toBe(1);
  });

  test('has Node 24 and the bundle without its sources', () => {
    const script = 'node --version && cd /opt/awf && find . -type f | sort';
    const { stdout } = docker(['run', ...SEALED, '--entrypoint=bash', imageWithTools('api-proxy'), '-c', script]);
    const [version, ...files] = stdout.trim().split('\n');
    expect(version).toMatch(/^v24\./);
    const bundle = ['graphql-package.js', 'index.js', 'licenses.txt', 'package.json', 'price-package.js'];
    expect(files).toEqual(bundle.map((file) => `./api-proxy/${file}`));
  });
});

/** What a program has to run, and scanners of images have to find. */
describe.each(['squid', 'api-proxy'] as const)('the %s image', (role) => {
  const list = (script: string): string[] => {
    const run = ['run', ...SEALED, '--user=0:0', '--entrypoint=bash', imageWithTools(role), '-c', script];
    return docker(run).stdout.trim().split('\n');
  };

  test('says which packages its files are from', () => {
    const status = list('cat /etc/os-release /var/lib/dpkg/status.d/*').join('\n');
    expect(status).toMatch(/^ID=debian$/m);
    for (const name of ['bash', 'libc6', ...(role === 'squid' ? ['squid-openssl', 'coreutils'] : [])]) {
      expect(status).toMatch(new RegExp(`^Package: ${name}\n(\\S.*\n| .*\n)*Version: \\d`, 'm'));
    }
  });

  test('has every library that its programs load', () => {
    const programs =
      '$(find / -xdev -type f -perm -100 -size +8k \\( -path "/usr/*bin/*" -o -path /usr/lib/squid/unlinkd \\))';
    const loader = '$(find /usr/lib* -name "ld-linux-*")';
    // As root, because nobody else may read the Node program.
    const lines = list(`for p in ${programs}; do echo "$p:"; ${loader} --list "$p"; done 2>&1`);
    expect(lines.filter((line) => /not found|error/.test(line))).toEqual([]);
    expect(lines).toContain('/usr/bin/bash:');
    expect(lines.filter((line) => line.includes('libc.so.6 =>')).length).toBeGreaterThan(1);
  });

  test('has a user for root, and no program that runs as somebody else', () => {
    expect(list('grep root: /etc/passwd; find / -xdev -perm /6000 -type f')).toEqual([
      expect.stringMatching(/^root:x:0:0:/) as string,
    ]);
  });
});

test('all three images together have at most 70 MB in a registry', () => {
  const sizes = Object.fromEntries(ROLES.map((role) => [role, imageSize(images[role]).compressedBytes / 1e6]));
  const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  expect(total, JSON.stringify(sizes)).toBeLessThanOrEqual(70);
  expect(total).toBeGreaterThan(20);
}, 60_000);

describe('the agent image', () => {
  test('contains its own few files and nothing else', () => {
    const list = ['find', '/', '-xdev', '-type', 'f', '-not', '-path', '/etc/*', '-not', '-path', '/.dockerenv'];
    const busybox = `${AGENT_LIB}/busybox`;
    const { stdout, stderr } = docker(['run', ...SEALED, `--entrypoint=${busybox}`, images.agent, ...list]);
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n').toSorted()).toEqual([
      `${AGENT_LIB}/api-proxy-health-check.sh`,
      `${AGENT_LIB}/attach-input`,
      busybox,
      `${AGENT_LIB}/entrypoint`,
      `${AGENT_LIB}/forward-services`,
      CLAUDE_KEY_HELPER,
      `${AGENT_LIB}/join-trust.sh`,
      `${AGENT_LIB}/keep-transcripts.sh`,
      ONE_SHOT_LIBRARY,
      '/usr/local/bin/get-claude-key.sh',
    ]);
  });

  test.each([CLAUDE_KEY_HELPER, '/usr/local/bin/get-claude-key.sh'])(
    '%s prints the placeholder and logs the call',
    (helper) => {
      const run = [
        'run',
        ...SEALED,
        '--user=1001:1001',
        `--entrypoint=${AGENT_LIB}/busybox`,
        images.agent,
        'sh',
        helper,
      ];
      const { status, stdout, stderr } = docker(run);
      expect({ status, stdout }).toEqual({ status: 0, stdout: `${PLACEHOLDER_CLAUDE_KEY}\n` });
      expect(stderr).toMatch(/^get-claude-key\.sh: /);
      expect(stderr).not.toContain(PLACEHOLDER_CLAUDE_KEY);
    },
  );
});

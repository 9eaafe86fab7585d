import { describe, expect, test } from 'vitest';
import { SQUID_LOG_DIR } from '../../src/shared/contract.ts';
import { addressesIn } from '../../src/shared/network.ts';
import { squidConfig } from '../../src/squid/config.ts';
import { docker } from '../../testing/engine/engine.ts';
import { imageWithTools } from '../../testing/engine/test-image.ts';
import { allowing } from '../../testing/options.ts';

/** The logs go to a place where Squid's user may write in any container. */
const CONFIGURATION = squidConfig({
  // Squid takes requests from its own loopback address for the agent's.
  addresses: { ...addressesIn('172.30.0.0/24'), agent: '127.0.0.1', squid: '127.0.0.1' },
  ...{
    egress: allowing('example.com'),
    targets: [],
    hosts: [],
    hostAddresses: [],
    modelPorts: [],
    namedHosts: [],
    transparent: true,
  },
}).replaceAll(SQUID_LOG_DIR, '/tmp');

interface Outcome {
  readonly logBytes: number;
  readonly longestLine: number;
  readonly isAlive: boolean;
}

/** Sends Squid 300 requests with addresses of 7 KB. @param options further options of `docker run` */
function flood(options: readonly string[]): Outcome {
  const script = `cat > /tmp/squid.conf
    squid -N -f /tmp/squid.conf > /tmp/out 2>&1 & squid=$!
    for i in {1..200}; do (: > /dev/tcp/127.0.0.1/3128) 2> /dev/null && break; sleep 0.05; done
    printf -v long '%7000s' ''
    for i in {1..300}; do
      exec 3<> /dev/tcp/127.0.0.1/3128 || break
      printf 'GET http://refused.example/%s HTTP/1.1\\r\\nConnection: close\\r\\n\\r\\n' "\${long// /\\"}" >&3 2> /dev/null
      read -r -t 2 line <&3; exec 3>&-
    done 2> /dev/null
    longest=0; bytes=0
    while IFS= read -r line; do
      bytes=$((bytes + \${#line} + 1)); ((\${#line} > longest)) && longest=\${#line}
    done < /tmp/access.log
    kill -0 "$squid" 2> /dev/null && alive=true || alive=false
    echo "{\\"logBytes\\":$bytes,\\"longestLine\\":$longest,\\"isAlive\\":$alive}"`;
  const output = docker(
    [
      ...['run', '--rm', '--interactive', '--network=none', ...options],
      ...['--entrypoint=bash', imageWithTools('squid'), '-c', script],
    ],
    CONFIGURATION,
  );
  return JSON.parse(output.split('\n').at(-1) ?? '') as Outcome;
}

describe('L2 Squid’s log on the disk', () => {
  test('control: has a short line for each request, however long it was', () => {
    const { logBytes, longestLine, isAlive } = flood([]);
    expect(isAlive).toBe(true);
    expect(longestLine).toBeLessThan(700);
    expect(logBytes).toBeGreaterThan(300 * 512);
  });

  test('does not grow beyond the limit of the container, and nothing passes that cannot be logged', () => {
    const { logBytes, isAlive } = flood(['--ulimit=fsize=65536']);
    expect(logBytes).toBeLessThanOrEqual(65_536);
    expect(isAlive).toBe(false);
  });
});

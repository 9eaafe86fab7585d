import { describe, expect, test } from 'vitest';
import { addressesIn } from '../../src/shared/network.ts';
import { squidConfig } from '../../src/squid/config.ts';
import { SIDECAR_OPEN_FILES } from '../../src/squid/limits.ts';
import { docker } from '../../testing/engine/engine.ts';
import { imageWithTools } from '../../testing/engine/test-image.ts';
import { allowing } from '../../testing/options.ts';

const POLICY = {
  addresses: { ...addressesIn('172.30.0.0/24'), squid: '127.0.0.1' },
  egress: allowing('example.com'),
  targets: [],
  hosts: [],
  hostAddresses: [],
  modelPorts: [],
  transparent: true,
  namedHosts: [],
};

/**
 * Starts Squid with a limit of open files, and reports its table.
 *
 * @param limit as for Docker's `--ulimit nofile`: the soft and the hard one
 */
function tableOfSquid(limit: string, configuration: string): number {
  const script = `cat > /tmp/squid.conf; mkdir -p /var/log/squid
    squid -N -f /tmp/squid.conf > /tmp/out 2>&1 & squid=$!
    for i in {1..400}; do
      kill -0 "$squid" 2> /dev/null || break
      (: > /dev/tcp/127.0.0.1/3128) 2> /dev/null && break
      sleep 0.05
    done
    while read -r line; do [[ $line != *'file descriptors available'* ]] || echo "$line"; done < /var/log/squid/cache.log`;
  const output = docker(
    [
      ...['run', '--rm', '--interactive', '--network=none', '--user=0:0', `--ulimit=nofile=${limit}`],
      ...['--entrypoint=bash', imageWithTools('squid'), '-c', script],
    ],
    configuration,
  );
  return Number(/With (\d+) file descriptors/.exec(output)?.[1]);
}

describe('D9 Squid’s table of open files', () => {
  const configuration = squidConfig(POLICY);

  test.each(['20000:20000', '16384:16384', '1024:16384'])('is the same where the engine’s own limit is %s', (limit) => {
    expect(tableOfSquid(limit, configuration)).toBe(SIDECAR_OPEN_FILES);
  });

  test('control: without the configuration’s limit it is the engine’s', () => {
    expect(tableOfSquid('20000:20000', configuration.replace(/^max_filedescriptors .*$/m, ''))).toBe(20_000);
  });
});

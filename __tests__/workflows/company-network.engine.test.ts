import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../testing/root.ts';

/** Milliseconds. It copies the images to an engine of its own. */
const LIMIT = 280_000;

// Whoever makes namespaces and starts an engine in one has to be root.
test.runIf(process.getuid?.() === 0)(
  'the demo works in a network with a proxy, without DNS, and with routes everywhere (only as root)',
  () => {
    const { status, stdout, stderr } = spawnSync(join(ROOT, 'script/company'), { encoding: 'utf8', timeout: LIMIT });
    expect(status, stdout + stderr).toBe(0);
    // The demo leaves its logs to whoever watches it.
    const logs = /^The logs are in (\/.*\/awf-runner-\w+)\/temp$/m.exec(stdout)?.[1] ?? 'none';
    rmSync(logs, { recursive: true });
    expect(stdout).toContain('=== Everything worked');
    expect(stdout).toContain('Hello from the local provider.');
    expect(stdout).toContain('{"method":"CONNECT","target":"api.anthropic.com:443","status":200}');
    expect(stdout).not.toContain('"status":407');
    expect(stdout).toContain('"credentials":["accepted"]');
    // Both networks have the MTU of the way out.
    expect(stdout.match(/\/networks\/create .*"com\.docker\.network\.driver\.mtu":"1400"/g)).toHaveLength(2);
    expect(stdout).toContain('every private network is routed here (10.0.0.0/8)');
    // The runner masks the password, and nothing else repeats it.
    const unmasked = stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    expect(unmasked.filter((line) => /p(@|%40)ss( |%20)w/.test(line))).toEqual([]);
  },
  LIMIT,
);

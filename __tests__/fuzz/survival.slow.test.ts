import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../testing/root.ts';

interface Report {
  readonly executions: number;
  readonly upstream: number;
}

// In a process of its own, because what nobody catches is what it looks for.
test('D2 no octets end the api-proxy in a short run, whose requests reach an upstream', () => {
  const args = [join(ROOT, 'fuzz', 'main.ts'), 'survival', '0.15', '42'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
  expect(stdout + (status === 0 ? '' : stderr)).toMatch(/"findings":0\}\n$/);
  const { executions, upstream } = JSON.parse(stdout) as Report;
  expect(executions).toBeGreaterThan(200);
  expect(upstream).toBeGreaterThan(10);
});

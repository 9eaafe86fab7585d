import { chmodSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startEngineProxy, type EngineProxy } from '../../testing/engine/engine-proxy.ts';
import { actionStep } from '../../testing/runner/action.ts';
import { remains } from '../../testing/runner/remains.ts';

const PROGRAM = '#!/bin/sh\necho a tool of the host\n';

/** The engine, in front of which something is removed once, before the agent's container: a moment after the host was looked at. */
async function engineAfter(remove: () => void): Promise<EngineProxy & { readonly removed: () => boolean }> {
  let removed = false;
  const proxy = await startEngineProxy((name) => {
    if (removed || !name.startsWith('awf-agent')) return;
    removed = true;
    remove();
  });
  onTestFinished(proxy.close);
  return { ...proxy, removed: () => removed };
}

test.each([
  ['the tool cache', '.'],
  ['a socket that was to be hidden', 'agent.sock'],
  ['a credential that was to be hidden', 'node/24.1.0/x64/etc/npmrc'],
])('the command runs although the host loses something in the last moment: %s', async (_, path) => {
  const engine = await engineAfter(() => {
    rmSync(realpathSync(join(toolCache, path)), { recursive: true });
  });
  const env = { DOCKER_HOST: engine.endpoint };
  const step = actionStep({ run: 'echo "the command ran"; ls "$RUNNER_TOOL_CACHE" || true' }, { env });
  onTestFinished(step.runner.remove);
  const toolCache = step.runner.main.env['RUNNER_TOOL_CACHE']!;
  const npmrc = join(toolCache, 'node/24.1.0/x64/etc/npmrc');
  mkdirSync(dirname(npmrc), { recursive: true });
  writeFileSync(npmrc, '//registry.example/:_authToken=x\n');
  writeFileSync(join(toolCache, 'tool'), PROGRAM);
  chmodSync(join(toolCache, 'tool'), 0o755);
  const server = createServer().listen(join(toolCache, 'agent.sock'));
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { code, stdout } = await step.main();
  expect(code, stdout).toBe(0);
  expect(stdout).toContain('the command ran');
  expect(engine.removed()).toBe(true);
  expect(remains(step.runner)).toEqual([]);
});

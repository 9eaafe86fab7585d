import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { actionStep } from '../../testing/runner/action.ts';
import { remains } from '../../testing/runner/remains.ts';

const PROGRAM = '#!/bin/sh\necho a tool of the host\n';

/**
 * A directory with a `docker` program that removes something once, before the agent's container: the client is called a moment
 * after the host was looked at. It then has a file `done`.
 *
 * @param path in the tool cache
 */
function dockerThatRemoves(path: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'test-awf-docker-'));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  const remove = `[ -e ${directory}/done ] || { : > ${directory}/done; rm -r "$(realpath "$RUNNER_TOOL_CACHE"/${path})"; }`;
  const script = `#!/bin/sh
case "$1 $*" in run\\ *--name=awf-agent*) ${remove} ;; esac
PATH=\${PATH#*:} exec docker "$@"
`;
  writeFileSync(join(directory, 'docker'), script, { mode: 0o755 });
  return directory;
}

test.each([
  ['the tool cache', '.'],
  ['a socket that was to be hidden', 'agent.sock'],
  ['a credential that was to be hidden', 'node/24.1.0/x64/etc/npmrc'],
])('the command runs although the host loses something in the last moment: %s', async (_, path) => {
  const programs = dockerThatRemoves(path);
  const env = { PATH: `${programs}:${process.env['PATH']}` };
  const step = actionStep({ run: 'echo "the command ran"; ls "$RUNNER_TOOL_CACHE" || true' }, { env });
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
  expect(existsSync(join(programs, 'done'))).toBe(true);
  expect(remains(step.runner)).toEqual([]);
});

/**
 * Compares the agent programs inside the sandbox with the same programs outside it, from start to end: a prompt, a
 * shell command that the model asks for, an answer. `npm run bench:programs -- [ROUNDS]` prints medians in
 * milliseconds. They exclude the start and end of the sandbox itself, which `bench/startup` measures.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { actionStep, startLocalProvider, TEST_KEYS } from '../../testing/runner/action.ts';
import { AGENT_PROGRAMS, install, type AgentProgram } from '../../testing/agents/programs.ts';
import { startProviderServer, type Turn } from '../../testing/provider/server.ts';
import { createTestCa } from '../../testing/tls.ts';
import { CREDENTIAL_NAMES, PROVIDERS } from '../../src/shared/providers.ts';
import { median } from '../statistics.ts';

const DONE = 'The file is there, says the model.';
const TIMES = 'times.json';
const TIMER_FILE = 'timer.cjs';
/** Outside, the real key has its own variable. A bearer token and a key helper are needed only in the sandbox. */
const SANDBOX_ONLY = /^CLAUDE_CODE|^ANTHROPIC_AUTH_TOKEN$|^COPILOT_OFFLINE$/;
const rounds = Number(process.argv[2] ?? 5);

/** Runs a command and records its time. It runs in Node, so that both places measure in the same way. */
const TIMER = `
const { spawnSync } = require('node:child_process');
const started = performance.now();
const { status, stdout } = spawnSync(process.argv[2], process.argv.slice(3), { stdio: ['ignore', 'pipe', 'inherit'] });
const took = performance.now() - started;
require('node:fs').writeFileSync('${TIMES}', JSON.stringify({ took, status, stdout: String(stdout) }));
`;

console.log('| program | outside, ms | in the sandbox, ms | ratio |\n| --- | --- | --- | --- |');
for (const program of AGENT_PROGRAMS) {
  const path = [join(await install(program), 'node_modules', '.bin'), process.env['PATH'] ?? ''].join(delimiter);
  const outside: number[] = [];
  const inside: number[] = [];
  // The first round warms up the machine's caches and does not count.
  for (let round = 0; round <= rounds; round++) {
    const times = [await runOutside(program, path), await runInside(program, path)] as const;
    if (round === 0) continue;
    outside.push(times[0]);
    inside.push(times[1]);
  }
  const ratio = median(inside.map((time, round) => time / (outside[round] ?? Number.NaN)));
  console.log(
    `| ${program.name} | ${median(outside).toFixed(0)} | ${median(inside).toFixed(0)} | ${ratio.toFixed(2)} |`,
  );
}

function turns(program: AgentProgram): Turn[] {
  return [{ toolUse: program.shellTool('echo content > made.txt') }, DONE];
}

/** Reads the program's time from the workspace of a run, and checks that it did its work. */
function timeIn(workspace: string): number {
  const { took, stdout } = JSON.parse(readFileSync(join(workspace, TIMES), 'utf8')) as { took: number; stdout: string };
  if (!stdout.includes(DONE)) throw new Error(`the program did not do its work: ${stdout}`);
  readFileSync(join(workspace, 'made.txt'));
  return took;
}

async function runInside(program: AgentProgram, path: string): Promise<number> {
  const provider = await startLocalProvider({ respond: turns(program) });
  const argv = [program.bin, ...program.args, "'Please make the file.'"].join(' ');
  const step = actionStep(
    {
      run: `node ${TIMER_FILE} ${argv}`,
      mounts: await install(program),
      ...provider.inputs(program.provider),
    },
    { ca: provider.ca, env: { PATH: path } },
  );
  writeFileSync(join(step.runner.workspace, TIMER_FILE), TIMER);
  const { code, stdout } = await step.main();
  await provider.server.close();
  if (code !== 0) throw new Error(`${program.name} in the sandbox ended with ${String(code)}: ${stdout}`);
  const time = timeIn(step.runner.workspace);
  step.runner.remove();
  return time;
}

/**
 * Runs outside with its own home, a proxy that denies what Squid denies, and the provider's address instead of the
 * sidecar's.
 */
async function runOutside(program: AgentProgram, path: string): Promise<number> {
  const provider = PROVIDERS.find(({ id }) => id === program.provider);
  if (!provider) throw new Error(`no provider ${program.provider}`);
  const ca = await createTestCa();
  const server = await startProviderServer({ ca, keys: TEST_KEYS, respond: turns(program) });
  const proxy = createServer().on('connect', (_, socket) =>
    socket.on('error', () => undefined).end('HTTP/1.1 403 Forbidden\r\n\r\n'),
  );
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const home = mkdtempSync(join(tmpdir(), 'awf-bench-home-'));
  const workspace = join(home, 'workspace');
  mkdirSync(workspace);
  writeFileSync(join(workspace, TIMER_FILE), TIMER);
  const baseUrl = `https://localhost:${String(server.port)}`;
  const caFile = join(home, 'ca.pem');
  writeFileSync(caFile, ca.certPem);
  for (const { path: place, content } of provider.managedSettings) {
    const file = join(home, place.replace(/^~\//, '').replace(/^\/etc\//, '.'));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content(baseUrl, []));
  }
  const settings = provider.agentVariables.filter(({ role }) => role !== 'placeholder');
  const variables = [
    ...settings.map(({ name, role, value }) => [name, role === 'base-url' ? baseUrl + value : value] as const),
    ...[...CREDENTIAL_NAMES].map((name) => [name, TEST_KEYS[provider.id]] as const),
  ].filter(([name]) => !SANDBOX_ONLY.test(name));
  const proxyUrl = `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`;
  const child = spawn(process.execPath, [TIMER_FILE, program.bin, ...program.args, 'Please make the file.'], {
    cwd: workspace,
    env: {
      ...Object.fromEntries(variables),
      PATH: path,
      HOME: home,
      HTTPS_PROXY: proxyUrl,
      HTTP_PROXY: proxyUrl,
      NO_PROXY: 'localhost',
      NODE_EXTRA_CA_CERTS: caFile,
      SSL_CERT_FILE: caFile,
    },
    stdio: ['ignore', 'inherit', 'ignore'],
  });
  await once(child, 'exit');
  await server.close();
  proxy.close();
  const time = timeIn(workspace);
  rmSync(home, { recursive: true });
  return time;
}

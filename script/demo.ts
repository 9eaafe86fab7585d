import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CLAUDE, install } from '../testing/agents/programs.ts';
import { bridgeAddress, leftOvers } from '../testing/engine/engine.ts';
import { startProviderServer, type ProviderServer } from '../testing/provider/server.ts';
import { createRunner, type RunnerStep } from '../testing/runner/files.ts';
import { runIdOf } from '../testing/runner/remains.ts';
import { createTestCa } from '../testing/tls.ts';
import { PROVIDERS } from '../src/shared/providers.ts';
import { ROOT } from '../testing/root.ts';

/** Not a real key, but it looks like one. */
const DEMO_KEY = 'sk-ant-api03-demo-key-that-never-enters-the-sandbox';
/** Runs in the sandbox. It requests the denied host in plain bash, because every machine has bash. */
const COMMAND = `
echo '--- who and where'
id
grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status
echo '--- what the command holds: placeholders'
env | grep -E '^(ANTHROPIC|CLAUDE|GEMINI|GOOGLE|COPILOT|OPENAI|HTTPS_PROXY|NO_PROXY)' | sort
echo '--- a host that is not on the list'
squid=\${HTTPS_PROXY#http://}
exec 3<> "/dev/tcp/\${squid%:*}/\${squid#*:}"
printf 'CONNECT exfiltration.example:443 HTTP/1.1\\r\\nHost: exfiltration.example:443\\r\\n\\r\\n' >&3
read -r answer <&3 && echo "\${answer%$'\\r'}"
exec 3>&-
echo '--- Claude Code'
claude -p 'Say hello to the reader of this demo in one sentence.'
`;

const claude = await install(CLAUDE);
const { values: options } = parseArgs({
  options: {
    live: { type: 'boolean', default: false },
    // The provider is beyond the network's own proxy, with a certificate of the CA in this file.
    outside: { type: 'string' },
    // Installs what the demo needs, and ends.
    install: { type: 'boolean', default: false },
  },
});
if (options.install) process.exit();
const { live, outside } = options;
const anthropic = PROVIDERS.find(({ id }) => id === 'anthropic');
if (anthropic === undefined) throw new Error('the provider table has no Anthropic');

const key = live ? process.env['ANTHROPIC_API_KEY'] : DEMO_KEY;
if (key === undefined || key === '') {
  console.error('script/demo --live: set ANTHROPIC_API_KEY to a real key.');
  process.exit(1);
}
const ca = await createTestCa();
const provider = live || outside !== undefined ? undefined : await startLocalProvider();
const runner = createRunner({
  actionFile: join(ROOT, 'action.yml'),
  inputs: {
    run: COMMAND,
    'anthropic-api-key': key,
    mounts: claude,
    ...(provider && {
      'add-hosts': `${anthropic.defaultTarget}:${bridgeAddress()}`,
      'anthropic-api-target': `${anthropic.defaultTarget}:${String(provider.port)}`,
    }),
    ...(!live && { 'upstream-ca': 'ca.pem' }),
    ...(outside !== undefined && { 'log-level': 'debug' }),
  },
  env: {
    PATH: `${join(claude, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`,
    ...(outside !== undefined && inherited('DOCKER_HOST', 'HTTPS_PROXY', 'NO_PROXY')),
  },
});
writeFileSync(join(runner.workspace, 'ca.pem'), outside === undefined ? ca.certPem : readFileSync(outside));

heading('The main step (dist/main), as a runner starts it');
const exitCode = await runStep('main', runner.main);
heading('The post step (dist/post)');
await runStep('post', runner.post());
heading('The job summary');
console.log(runner.main.summary());
heading('The outputs');
console.log(runner.main.outputs());

const problems = exitCode === 0 ? [] : [`the main step exited with code ${String(exitCode)}`];
if (provider) problems.push(...(await inspectProvider(provider)));
// Other runs may share the engine.
const left = leftOvers(runIdOf(runner));
if (left.length > 0) problems.push(`objects of the engine are left over: ${left.join(', ')}`);
heading(problems.length === 0 ? 'Everything worked' : 'Something is wrong');
for (const problem of problems) console.log(problem);
console.log(`The logs are in ${runner.temp}`);
process.exit(problems.length === 0 ? 0 : 1);

/** Plays the provider under its real name, on an address that Squid's container can reach. */
async function startLocalProvider(): Promise<ProviderServer> {
  const options = { ca, keys: { anthropic: key ?? '' }, host: bridgeAddress() };
  try {
    return await startProviderServer({ ...options, port: 443 });
  } catch {
    return startProviderServer(options);
  }
}

function inherited(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, process.env[name] ?? '']));
}

async function runStep(name: 'main' | 'post', step: RunnerStep): Promise<number> {
  const entry = join(ROOT, 'dist', name, 'index.js');
  const child = spawn(process.execPath, [entry], { cwd: runner.workspace, env: step.env, stdio: ['ignore', 1, 2] });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

async function inspectProvider(server: ProviderServer): Promise<string[]> {
  heading('What the provider received');
  await server.close();
  for (const { method, path, headers, credential } of server.requests) {
    console.log(`${method} ${path}  x-api-key: ${mask(headers['x-api-key'])}  credential: ${credential}`);
  }
  const sent = JSON.stringify(server.requests.map(({ rawHeaders }) => rawHeaders));
  return [
    ...(server.requests.some(({ credential }) => credential === 'accepted') ? [] : ['the real key did not arrive']),
    ...(server.requests.every(({ credential }) => credential !== 'wrong') ? [] : ['a wrong key arrived']),
    ...(sent.includes('placeholder') ? ['a placeholder arrived'] : []),
  ];
}

function mask(value: string | string[] | undefined): string {
  return value === undefined ? '(none)' : `${String(value).slice(0, 12)}...`;
}

function heading(text: string): void {
  console.log(`\n=== ${text}`);
}

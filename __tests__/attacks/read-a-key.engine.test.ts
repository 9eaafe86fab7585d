import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtImageNames } from '../../src/docker/images.ts';
import { CREDENTIALS } from '../../src/shared/providers.ts';
import { actionStep, startLocalProvider, type ActionStep, type LocalProvider } from '../../testing/runner/action.ts';
import { ROOT } from '../../testing/root.ts';
import { UNREACHABLE, type Outcome } from '../../testing/engine/agent-outcome.ts';
import { docker } from '../../testing/engine/engine.ts';
import { commandLines, engineFilesWith, filesWith, formsOf, keysIn } from './key-search.ts';
import { untilSaid, type EntryResult } from '../../testing/runner/run-entry.ts';
import { dialProgram, runContainers } from '../../testing/engine/sandbox-run.ts';
import { sectionedScript, sectionsOf } from '../../testing/engine/sections.ts';

const random = (prefix: string): string =>
  `${prefix}${randomBytes(12).toString('hex')}+/=${randomBytes(4).toString('hex')}`;
/** The keys by input. They belong to this run only, so a file that contains one comes from this run. */
const KEYS = Object.fromEntries(CREDENTIALS.map(({ input }) => [input, random(`sk-${input}-`)]));
/** The credential of a named host. */
const HOST_KEY = random('host-');
const ALL_KEYS = [...Object.values(KEYS), HOST_KEY];
/** A key that is deliberately passed in the wrong way. */
const CARELESS = random('careless-');
/** The agent's file dump must contain this, or it has not searched. */
const MARKER = random('marker-');

const JOB_MEANS = [
  ...['ACTIONS_RUNTIME_TOKEN', 'ACTIONS_RUNTIME_URL', 'ACTIONS_RESULTS_URL', 'ACTIONS_CACHE_URL'],
  ...['ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'ACTIONS_ID_TOKEN_REQUEST_URL', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STATE'],
];
const CREDENTIAL_FILES = [
  ...['.docker/config.json', '.npmrc', '.netrc', '.ssh/id_ed25519', '.aws/credentials', '.config/gh/hosts.yml'],
  ...['.config/gcloud/credentials.db', '.azure/accessTokens.json', '.kube/config', '.cargo/credentials.toml'],
  ...['.cargo/credentials', '.m2/settings.xml', '.gradle/gradle.properties', '.pypirc', '.git-credentials'],
];
const SOCKETS = [
  ...['/var/run/docker.sock', '/run/docker.sock', '/run/containerd/containerd.sock', '/run/podman/podman.sock'],
  ...['/run/user/1000/podman/podman.sock', '/run/dbus/system_bus_socket', '/run/systemd/private'],
];
const METADATA = ['tcp://169.254.169.254:80', 'tcp://168.63.129.16:80', 'tcp://[fd00:ec2::254]:80'];

const SCRIPT = sectionedScript({
  'R1 environment': `cat /proc/self/environ /proc/1/environ | tr '\\0' '\\n'; env; set`,
  'R2 processes': `cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'`,
  'R2 pids': 'readlink /proc/self/ns/pid; ls -d /proc/[0-9]* | wc -l',
  'R3 sockets': `for path in ${SOCKETS.join(' ')} /proc/self; do [ -e $path ] && echo $path; done; find / -xdev -type s`,
  'R5 files':
    'find /tmp "$RUNNER_TEMP" "$GITHUB_WORKSPACE" "$HOME" /run /var /etc /dev/shm -type f -size -500k -exec cat {} +',
  'R7 variables': `for name in ${JOB_MEANS.join(' ')} HARMLESS; do [ -n "\${!name+set}" ] && echo $name; done`,
  'R8 metadata': 'node dial.mjs metadata.json',
  'R10 limit': 'ulimit -c; ulimit -Hc',
  'R11 home': `cd ~; for path in ${CREDENTIAL_FILES.join(' ')} .local/bin/control; do [ -e $path ] && echo $path; done`,
  'R11 content': `cd ~; cat ${CREDENTIAL_FILES.join(' ')}`,
  'the model': `node -e '
    const headers = { "content-type": "application/json", "x-api-key": process.env.ANTHROPIC_AUTH_TOKEN };
    const body = JSON.stringify({ model: "claude-sonnet-4-5", max_tokens: 16, messages: [{ role: "user", content: "hi" }] });
    fetch(process.env.ANTHROPIC_BASE_URL + "/v1/messages", { method: "POST", headers, body }).then((r) => console.log(r.status));'`,
  'the wait': 'until [ -e go ]; do sleep 0.05; done',
});

const started = new Date(Date.now() - 1000);
const images = builtImageNames(join(ROOT, 'dist'));
let provider: LocalProvider;
let step: ActionStep;
let careless: string;
let result: EntryResult;
let sections: Record<string, string>;
/** What the search found during the run. */
let during: { engine: string[]; runner: string[]; inspect: string; commandLines: string };
let limits: string[];
let abort: string;

beforeAll(async () => {
  provider = await startLocalProvider({ keys: { anthropic: KEYS['anthropic-api-key'] ?? '' } });
  step = actionStep(
    {
      ...provider.inputs('anthropic'),
      ...KEYS,
      'host-credentials': `named.example bearer ${HOST_KEY}`,
      run: SCRIPT,
      'env-all': 'true',
    },
    {
      ca: provider.ca,
      env: {
        ...Object.fromEntries(JOB_MEANS.slice(0, 6).map((name) => [name, 'https://job.invalid'])),
        HARMLESS: 'yes',
        // There is no Copilot whose list could name one.
        COPILOT_MODEL: 'local-model',
      },
    },
  );
  const { runner } = step;
  for (const path of [...CREDENTIAL_FILES, '.local/bin/control']) {
    mkdirSync(dirname(join(runner.main.env['HOME'] ?? '', path)), { recursive: true });
    writeFileSync(join(runner.main.env['HOME'] ?? '', path), `contents of ${path}\n`);
  }
  writeFileSync(join(runner.workspace, 'marker'), MARKER);
  writeFileSync(join(runner.workspace, 'dial.mjs'), dialProgram());
  writeFileSync(join(runner.workspace, 'metadata.json'), JSON.stringify(METADATA));
  careless = docker(['create', `--env=KEY=${CARELESS}`, images.agent]);

  const entry = await step.start();
  await untilSaid(entry, 'probe: the wait');
  const { runId } = JSON.parse(runner.main.state()['awf'] ?? '{}') as { runId: string };
  const containers = Object.values(runContainers(runId));
  during = {
    engine: engineFilesWith([...ALL_KEYS, CARELESS], started),
    runner: filesWith(dirname(runner.temp), ALL_KEYS),
    inspect: docker(['inspect', ...containers]),
    commandLines: commandLines(),
  };
  limits = containers.map((name) => docker(['inspect', '--format={{json .HostConfig.Ulimits}}', name]));
  const crash = `echo "$(< /proc/1/limits)"; cd /var/log/api-proxy; node -e 'process.abort()' 2>&1; echo "exit $?"
    shopt -s dotglob; printf '%s\\n' *`;
  abort = docker(['exec', containers.find((name) => name.startsWith('awf-api-proxy')) ?? '', 'bash', '-c', crash]);
  writeFileSync(join(runner.workspace, 'go'), '');
  result = await entry.done;
  sections = sectionsOf(result.stdout);
});
afterAll(async () => {
  docker(['rm', '--force', careless]);
  await provider.server.close();
  step.runner.remove();
});

const section = (name: string): string => {
  const text = sections[name];
  if (text === undefined) throw new Error(`no output of ${name}`);
  return text;
};
const linesOf = (name: string): string[] =>
  section(name)
    .split('\n')
    .filter((line) => line !== '');

describe('the agent finds no key', () => {
  test('control: the keys are in use', () => {
    expect(result.code, result.stdout + result.stderr).toBe(0);
    expect(section('the model')).toBe('200');
    expect(provider.server.requests.at(-1)?.headers['x-api-key']).toBe(KEYS['anthropic-api-key']);
  });

  test.each(['R1 environment', 'R2 processes', 'R5 files', 'R11 content'])('%s', (name) => {
    expect(keysIn(section(name), ALL_KEYS)).toEqual([]);
  });

  test('R1 shows placeholders', () => {
    expect(section('R1 environment')).toContain('ANTHROPIC_AUTH_TOKEN=placeholder-token-for-credential-isolation');
    expect(section('R1 environment')).not.toContain('INPUT_');
  });

  test('R2 sees only the processes of its own container', () => {
    const [namespace = '', count] = linesOf('R2 pids');
    expect(namespace).toMatch(/^pid:\[\d+\]$/);
    expect(Number(count)).toBeLessThan(10);
    expect(section('R2 processes')).not.toContain('dist/main');
    expect(commandLines()).toContain('vitest');
  });

  test('R3 finds no socket of an engine', () => {
    expect(linesOf('R3 sockets')).toEqual(['/proc/self']);
  });

  test('R5 control: the dump contains the files of the workspace', () => {
    expect(section('R5 files')).toContain(MARKER);
  });

  test('R7 has no variable that lets it act on the job', () => {
    expect(linesOf('R7 variables')).toEqual(['HARMLESS']);
  });

  test('R8 has no route to the metadata services', () => {
    const outcomes = JSON.parse(section('R8 metadata')) as Record<string, Outcome>;
    expect(Object.keys(outcomes)).toEqual(METADATA);
    for (const outcome of Object.values(outcomes)) expect(outcome).toMatch(UNREACHABLE);
  });

  test('R10 writes no core dump', () => {
    expect(linesOf('R10 limit')).toEqual(['0', '0']);
    for (const limit of limits) expect(JSON.parse(limit)).toContainEqual({ Name: 'core', Hard: 0, Soft: 0 });
    expect(abort).toMatch(/^Max core file size +0 +0/m);
    expect(abort).toContain('exit 134');
    expect(abort.slice(abort.indexOf('exit 134'))).not.toContain('core');
    const control = docker(['run', '--rm', '--network=none', '--entrypoint=bash', images.squid, '-c', 'ulimit -Hc']);
    expect(control).not.toBe('0');
  });

  test('R11 sees the toolchains in the home and none of its credential files', () => {
    // Maven's settings come from the sandbox.
    expect(linesOf('R11 home')).toEqual(['.m2/settings.xml', '.local/bin/control']);
    const content = linesOf('R11 content').filter((line) => !line.startsWith('cat: '));
    expect([content.at(0), content.at(-1)]).toEqual(['<settings>', '</settings>']);
    expect(content.join()).toContain('<proxy>');
  });
});

describe('R4: no key is left on the host', () => {
  test('control: the search finds every form of a key', () => {
    for (const form of formsOf(CARELESS)) expect(keysIn(`x${form}y`, [CARELESS])).toEqual([CARELESS]);
    const encoded = ['', 'a', 'ab'].map((before) => Buffer.from(`${before}${CARELESS}z`).toString('base64'));
    for (const text of encoded) expect(keysIn(text, [CARELESS])).toEqual([CARELESS]);
  });

  test('during the run: the engine has only the careless key', () => {
    expect(during.engine).not.toEqual([]);
    expect(during.engine.filter((file) => !file.includes(`/containers/${careless}/`))).toEqual([]);
  });

  test('during the run: no file of the job, no docker inspect, no command line', () => {
    expect(during.runner).toEqual([]);
    expect(keysIn(during.inspect, ALL_KEYS)).toEqual([]);
    expect(keysIn(during.commandLines, ALL_KEYS)).toEqual([]);
    expect(during.inspect).toContain('AWF_PEERS');
    expect(during.commandLines).toContain('dist/main');
  });

  test('after the run: no file of the engine or the job, no layer, no log', () => {
    const engine = engineFilesWith([...ALL_KEYS, CARELESS], started);
    expect(engine.filter((file) => !file.includes(`/containers/${careless}/`))).toEqual([]);
    expect(engine).not.toEqual([]);
    expect(filesWith(dirname(step.runner.temp), ALL_KEYS)).toEqual([]);
    const logs = readdirSync(step.runner.temp, { recursive: true }).map(String);
    expect(logs).toEqual(
      expect.arrayContaining([expect.stringMatching(/access\.log$/), expect.stringMatching(/api-proxy\.log$/)]),
    );
    const history = Object.values(images).map((image) => docker(['history', '--no-trunc', image]));
    expect(keysIn(history.join('\n'), ALL_KEYS)).toEqual([]);
  });

  test('the output masks the keys first and never prints them again', () => {
    const rest = result.stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    expect(keysIn(rest.join('\n') + result.stderr, ALL_KEYS)).toEqual([]);
  });
});

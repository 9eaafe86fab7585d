import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { flagsFrontEnd } from '../../src/command-line/flags.ts';
import { examine } from '../../src/doctor/examine.ts';
import { doctorJson, doctorReport, doctorText } from '../../src/doctor/report.ts';
import { caller } from '../../src/host/user.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import { FakeEngine } from '../../testing/engine/fake-engine.ts';
import { ROOT } from '../../testing/root.ts';

const schema = (await import('../../schema/doctor.schema.json', { with: { type: 'json' } })).default;

async function examined(
  engine: FakeEngine,
  { policy = '', home = '/nonexistent-home', temporary = temporaryDirectory() } = {},
) {
  const workspace = temporaryDirectory();
  if (policy !== '') {
    mkdirSync(join(workspace, '.github'));
    writeFileSync(join(workspace, '.github/awf.yml'), policy);
  }
  const checks = await examine(flagsFrontEnd(new Map(), {}), {
    ...{ root: ROOT, environment: { PATH: '/nonexistent' }, workspace, engine, temporary },
    user: { ...caller(), home: home === 'workspace' ? workspace : home },
    signal: new AbortController().signal,
  });
  return { checks, workspace, text: doctorText(checks, (page) => page) };
}

test('the engine’s default network may lead out', async () => {
  const bridge = {
    ...{ Driver: 'bridge', IPAM: { Config: [{ Subnet: '172.17.0.0/16' }] } },
    Options: { 'com.docker.network.bridge.name': 'docker0', 'com.docker.network.driver.mtu': '576' },
  };
  const { text } = await examined(new FakeEngine({ defaultBridge: bridge }));
  expect(text).toMatch(/✔ \S+\/24 is free, and the engine's default network leads out/);
});

test.each(['/nonexistent', '/proc'])(
  'temporary files cannot be at %s: every message says what to do',
  async (temporary) => {
    const { text } = await examined(new FakeEngine(), { temporary });
    const problems = text.split('\n').filter((line) => line.startsWith('✘'));
    expect(problems.length).toBeGreaterThan(0);
    for (const line of problems)
      expect(line).toMatch(/^✘ The directory for temporary files cannot be used: .*Point RUNNER_TEMP .*TMPDIR/);
    expect(text).toMatch(/✔ The workspace /);
    expect(text).toMatch(/GB are free for the workspace/);
  },
);

test('a machine on which everything works', async () => {
  const engine = new FakeEngine();
  const { text, checks } = await examined(engine);
  expect(text).toContain('✔ Docker 28.5.2 answers');
  expect(text).toMatch(/✔ \S+\/24 and \S+ are free/);
  expect(text).toMatch(/✔ A sandbox starts in .* s/);
  expect(text).not.toContain('✘');
  expect(engine.left).toEqual([]);
  const document = JSON.parse(doctorJson(checks, '1.2.3', false)) as { checks: { id: string }[] };
  expect(Object.keys(document)).toEqual(schema.required);
  const { enum: ids } = schema.properties.checks.items.properties.id;
  expect(document.checks.filter(({ id }) => !ids.includes(id))).toEqual([]);
  expect(Object.keys(document.checks[0] ?? {})).toEqual(schema.properties.checks.items.required);
});

test.each<[string, ConstructorParameters<typeof FakeEngine>[0], string]>([
  [
    'rootless',
    { info: { SecurityOptions: ['name=seccomp', 'name=rootless'] } },
    '✘ The Docker engine runs in rootless mode',
  ],
  [
    'on another machine',
    { endpoint: 'ssh://me@build.example' },
    '✘ The Docker client is set to ssh://me@build.example',
  ],
  ['too old', { info: { ServerVersion: '19.03.1' } }, '✘ The Docker engine is too old: 19.03.1.'],
  ['without images', { image: () => undefined }, '⚠ 3 images are not here yet: awf-squid:'],
])('an engine %s', async (_, options, message) => {
  const engine = new FakeEngine(options);
  const { text } = await examined(engine);
  expect(text).toContain(message);
  expect(text).not.toContain('A sandbox starts');
  expect(engine.left).toEqual([]);
});

test('mistakes in the policy, and a workspace with the home directory', async () => {
  const policy = 'version: 1\negress:\n  allow: [10.0.0.1]\n  alow: []\n';
  const { text } = await examined(new FakeEngine(), { policy });
  expect(text).toContain('✘ .github/awf.yml, line 3, column 11: "10.0.0.1" is an IP address.');
  expect(text).toContain('✘ .github/awf.yml, line 4, column 3: "alow" is not a key of egress. Did you mean "allow"?');
  const { text: other, checks, workspace } = await examined(new FakeEngine(), { home: 'workspace' });
  expect(other).toContain(`✘ The workspace ${workspace} holds the home directory`);
  const report = doctorReport(checks, '1.2.3');
  expect(report).toContain('✘ The workspace <path> holds the home directory <path>');
  expect(report).not.toContain(workspace);
});

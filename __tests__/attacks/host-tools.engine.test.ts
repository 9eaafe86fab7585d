import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sectionedScript, sectionsOf } from '../../testing/engine/sections.ts';
import { actionStep, mainAs, waitFor, type ActionStep } from '../../testing/runner/action.ts';
import { give, ordinaryUser } from '../../testing/runner/program.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';

/** Only root can put tools below a directory of the system. */
const IS_ROOT = process.getuid?.() === 0;

const SECRET = 'SENTINEL-of-a-neighbour';

/** What is among the tools, and is none. */
const STRAYS: Readonly<Record<string, readonly [content: string, mode?: number]>> = {
  'runner-2/.runner': ['{}'],
  'runner-2/.credentials_rsaparams': [SECRET, 0o600],
  'runner-2/_work/_temp/git.config': [SECRET, 0o600],
  'runner-2/_work/other/other/secret': [SECRET, 0o600],
  'work-3/_actions/x': [''],
  'work-3/other/other/secret': [SECRET, 0o600],
  'python/envs/a/pip.conf': [`index-url = https://me:${SECRET}@pypi.corp.example/simple`],
  'conda/.condarc': [`channels: [https://conda.example/t/${SECRET}/x]`],
  'cargo/credentials.toml': [`token = "${SECRET}"`, 0o600],
  'agent/conf/buildAgent.properties': [`authorizationToken=${SECRET}`],
  'agent/config.toml': [`token = "${SECRET}"`],
  'vpn/etc/vpn/office': [`password ${SECRET}`],
  'plugin/.git/config': [`[remote "origin"]\n\turl = https://x:${SECRET}@git.corp.example/a\n`],
  'service/data': [SECRET, 0o600],
  'service/.ssh/id_rsa': [SECRET, 0o600],
};

const SCRIPT = sectionedScript({
  everything: `grep -rsl 'SENTINEL-of-a-neighbou[r]' "$TOOLS"; echo searched`,
  runners: 'ls -A "$TOOLS/runner-2" "$TOOLS/work-3"',
  'a socket': `node -e "
    require('net').connect(process.env.TOOLS + '/service/run/agent.sock')
      .on('connect', () => { console.log('connected'); process.exit() }).on('error', (e) => console.log('Error', e.code))"`,
  'control: tools': 'cat "$TOOLS/tool/bin/tool" "$TOOLS/tool/conf/tool.properties" "$TOOLS/python/envs/a/bin/python"',
}).replace('set +e +o pipefail', 'set +e');

/** Listens under a name that says nothing about where it is. */
const LISTENER = `require('net').createServer((socket) => socket.end()).listen('agent.sock', () => require('fs').chmodSync('agent.sock', 0o777))`;

describe.skipIf(!IS_ROOT).each([
  { who: 'root', asOther: false },
  { who: 'an ordinary user', asOther: true },
])('what stands beside the tools below /opt, for $who (only as root)', ({ asOther }) => {
  let tools: string;
  let step: ActionStep;
  let listener: ChildProcess;
  let result: EntryResult;
  let sections: Record<string, string>;
  const write = (name: string, content: string, mode = 0o644): void => {
    mkdirSync(dirname(join(tools, name)), { recursive: true });
    writeFileSync(join(tools, name), content);
    chmodSync(join(tools, name), mode);
  };

  beforeAll(async () => {
    tools = mkdtempSync('/opt/awf-tools-');
    chmodSync(tools, 0o755);
    for (const [name, [content, mode]] of Object.entries(STRAYS)) write(name, content, mode);
    write('tool/bin/tool', 'a tool\n', 0o755);
    write('tool/conf/tool.properties', 'colour = blue\n');
    write('python/envs/a/bin/python', 'a Python\n', 0o755);
    mkdirSync(join(tools, 'service/run'));
    listener = spawn(process.execPath, ['-e', LISTENER], { cwd: join(tools, 'service/run'), stdio: 'ignore' });
    await waitFor('the socket', () => existsSync(join(tools, 'service/run/agent.sock')));
    step = actionStep({ env: `TOOLS=${tools}`, run: SCRIPT });
    const user = ordinaryUser();
    if (asOther) give(tools, user);
    result = await (asOther ? mainAs(user, step) : step.main());
    sections = sectionsOf(result.stdout);
  });
  afterAll(() => {
    listener.kill();
    step.runner.remove();
    rmSync(tools, { recursive: true });
  });

  test('control: the tools and their settings are there', () => {
    expect(result.code, result.stdout.slice(-2_000)).toBe(0);
    expect(sections['control: tools']).toBe('a tool\ncolour = blue\na Python');
  });

  test('R12 no other runner is there, nor the directory of its jobs', () => {
    expect(sections['runners']).toBe(`${tools}/runner-2:\n\n${tools}/work-3:`);
  });

  test('R13 no credential is there', () => {
    expect(sections['everything']).toBe('searched');
    expect(result.stdout).not.toContain(SECRET);
  });

  test('R16 the socket is not there', () => {
    expect(sections['a socket']).toMatch(/^Error/);
  });
});

const MAVEN = '/usr/share/maven';

describe.skipIf(!IS_ROOT || !existsSync(MAVEN))(
  'a Maven below /opt, from an archive (only as root, with a Maven)',
  () => {
    let maven: string;
    let step: ActionStep;
    afterAll(() => {
      step.runner.remove();
      rmSync(maven, { recursive: true });
    });

    test('R13 its settings are not there, and it works', async () => {
      maven = mkdtempSync('/opt/awf-maven-');
      chmodSync(maven, 0o755);
      // Debian's conf is a link to /etc, where nothing may be written.
      for (const name of ['bin', 'boot', 'lib']) symlinkSync(join(MAVEN, name), join(maven, name));
      mkdirSync(join(maven, 'conf/logging'), { recursive: true });
      const password = `<settings><servers><server><id>a</id><password>${SECRET}</password></server></servers></settings>`;
      writeFileSync(join(maven, 'conf/settings.xml'), password);
      step = actionStep({
        run: `cat ${maven}/conf/settings.xml; ${maven}/bin/mvn --quiet --offline validate && echo works`,
      });
      const pom =
        '<modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version>';
      writeFileSync(join(step.runner.workspace, 'pom.xml'), `<project>${pom}<packaging>pom</packaging></project>`);
      const { stdout } = await step.main();
      expect(stdout).not.toContain(SECRET);
      expect(stdout).toMatch(/works$/m);
    });
  },
);

describe('a workspace that the runner knows by a link in the home', () => {
  let step: ActionStep;
  afterAll(() => {
    step.runner.remove();
  });

  test('is found by its variable and by its name', async () => {
    step = actionStep({ run: 'placeholder' });
    const top = dirname(step.runner.workspace);
    mkdirSync(join(top, 'home/runner'));
    symlinkSync(top, join(top, 'home/runner/_work'));
    const named = join(top, 'home/runner/_work/workspace');
    const run = `cd "$GITHUB_WORKSPACE"; echo a > a; cd '${named}'; cat a; pwd -P`;
    Object.assign(step.runner.main.env, { GITHUB_WORKSPACE: named, HOME: join(top, 'home'), INPUT_RUN: run });
    const { code, stdout } = await step.main();
    expect(code, stdout.slice(-2_000)).toBe(0);
    expect(stdout).toContain(`\na\n${step.runner.workspace}\n`);
  });
});

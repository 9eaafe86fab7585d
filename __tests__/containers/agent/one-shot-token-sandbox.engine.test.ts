import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { actionStep, type ActionStep } from '../../../testing/runner/action.ts';
import { copyFromImage, PROBE_DIRECTORY, probeImage } from './one-shot-token.ts';
import { sectionedScript, sectionsOf } from '../../../testing/engine/sections.ts';

const TOKEN = 'ghp_value-of-the-token';
/** Milliseconds. Building the probe's images takes a minute, once per machine. */
const BUILD_PATIENCE = 600_000;

let step: ActionStep | undefined;
afterEach(() => {
  step?.runner.remove();
  step = undefined;
});

/** The probe's steps in the sandbox, and in the same sandbox without the library. */
const probeSections = (probe: string): Record<string, string> => {
  const steps = `${probe} libc getenv:GITHUB_TOKEN environ:GITHUB_TOKEN procfs:${TOKEN} exec:getenv:GITHUB_TOKEN`;
  return { preloaded: steps, control: `LD_PRELOAD= ${steps}` };
};
const READ_ONCE = [
  `getenv:GITHUB_TOKEN: ${TOKEN}`,
  'environ:GITHUB_TOKEN: -',
  `procfs:${TOKEN}: no`,
  'getenv:GITHUB_TOKEN: -',
  'exec:getenv:GITHUB_TOKEN: done',
];
const READ_ALWAYS = [
  `getenv:GITHUB_TOKEN: ${TOKEN}`,
  `environ:GITHUB_TOKEN: ${TOKEN}`,
  `procfs:${TOKEN}: yes`,
  `getenv:GITHUB_TOKEN: ${TOKEN}`,
  'exec:getenv:GITHUB_TOKEN: done',
];

async function outputOf(
  inputs: Readonly<Record<string, string>>,
  sections: Readonly<Record<string, string>>,
  prepare: (workspace: string) => void = () => undefined,
): Promise<Record<string, string[]>> {
  step = actionStep({ env: `GITHUB_TOKEN=${TOKEN}`, ...inputs, run: sectionedScript(sections) });
  prepare(step.runner.workspace);
  const result = await step.main();
  expect(result.stdout + result.stderr).not.toMatch(/ld\.so|cannot be preloaded|Error loading shared library/);
  expect(result.code, result.stdout + result.stderr).toBe(0);
  return Object.fromEntries(Object.entries(sectionsOf(result.stdout)).map(([name, text]) => [name, text.split('\n')]));
}

/** Sections for `outputOf` with programs from the host. */
const HOST_PROGRAMS = {
  bash: `bash -c 'echo "$GITHUB_TOKEN"; sh -c "echo child: \\$GITHUB_TOKEN"; grep -c ${TOKEN} /proc/$$/environ'`,
  'node reads': inNode('token(), token(), Object.keys(process.env).includes("GITHUB_TOKEN"), child()'),
  // Copying process.env for a child reads every variable in it.
  'node starts two': inNode('child(), child(), token()'),
  'node without': `LD_PRELOAD= ${inNode('token(), child(), child()')}`,
  debug: 'AWF_ONE_SHOT_TOKEN_DEBUG=1 probe/probe getenv:GITHUB_TOKEN',
};

function inNode(expressions: string): string {
  return `node -e '
    const child = () => require("child_process").execFileSync("sh", ["-c", "echo $GITHUB_TOKEN"]).toString().trim();
    const token = () => process.env.GITHUB_TOKEN;
    console.log(JSON.stringify([${expressions}]));'`;
}

test(
  'with the host’s toolchain: a program that uses getenv reads once, a shell passes the variable on',
  async () => {
    const probe = copyFromImage(probeImage('glibc-2.31'), PROBE_DIRECTORY);
    const output = await outputOf(
      {},
      {
        ...probeSections('probe/probe'),
        ...HOST_PROGRAMS,
      },
      (workspace) => {
        cpSync(join(probe.directory, 'probe'), join(workspace, 'probe'), { recursive: true });
      },
    );
    probe.remove();
    expect(output).toEqual({
      preloaded: [expect.stringMatching(/^libc: 2\.\d\d$/), ...READ_ONCE],
      control: [expect.stringMatching(/^libc: 2\.\d\d$/), ...READ_ALWAYS],
      bash: [TOKEN, `child: ${TOKEN}`, '1'],
      'node reads': [JSON.stringify([TOKEN, TOKEN, false, ''])],
      'node starts two': [JSON.stringify([TOKEN, '', TOKEN])],
      'node without': [JSON.stringify([TOKEN, TOKEN, TOKEN])],
      debug: [
        expect.stringMatching(/^one-shot-token: GITHUB_TOKEN: read, and removed from the environment \(process \d+\)$/),
        `getenv:GITHUB_TOKEN: ${TOKEN}`,
      ],
    });
  },
  BUILD_PATIENCE,
);

test.each([
  ['glibc-2.31', /^libc: 2\.31$/],
  ['musl', /^libc: musl$/],
] as const)(
  'in an image with %s',
  async (libc, version) => {
    const output = await outputOf(
      { 'agent-image': probeImage(libc), shell: 'sh' },
      probeSections(`${PROBE_DIRECTORY}/probe`),
    );
    expect(output).toEqual({
      preloaded: [expect.stringMatching(version), ...READ_ONCE],
      control: [expect.stringMatching(version), ...READ_ALWAYS],
    });
  },
  BUILD_PATIENCE,
);

test('logs if the user asks for it in env', async () => {
  const output = await outputOf(
    { env: `GITHUB_TOKEN=${TOKEN}\nAWF_ONE_SHOT_TOKEN_DEBUG=1` },
    { node: 'node -e "process.env.GITHUB_TOKEN"' },
  );
  expect(output['node']).toEqual([expect.stringMatching(/^one-shot-token: GITHUB_TOKEN: read, .*\(process \d+\)$/)]);
});

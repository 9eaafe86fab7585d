/** Agent programs for which AWF contains nothing of their own: a prompt, a tool call by the model, a file. */

import { readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  installOther,
  isFromPyPI,
  LAST_WORDS,
  MADE_FILE,
  OTHER_PROGRAMS,
  type OtherProgram,
} from '../../testing/agents/other-programs.ts';
import { HAS_PYTHON } from '../../testing/python.ts';
import { actionStep, mainAs, startLocalProvider, TEST_KEYS } from '../../testing/runner/action.ts';
import { HOST_PATH } from '../../testing/runner/host-path.ts';
import { ordinaryUser, type OrdinaryUser } from '../../testing/runner/program.ts';
import { remains } from '../../testing/runner/remains.ts';
import { FETCH_LIMIT } from '../../testing/scratch.ts';

/** An interpreter in the caller's own home is out of another user's reach. */
const callersOf = (program: OtherProgram): (readonly [string, OrdinaryUser | undefined])[] =>
  process.getuid?.() === 0 && !isFromPyPI(program)
    ? [
        ['an ordinary user', ordinaryUser()],
        ['root', undefined],
      ]
    : [['the user of the tests', undefined]];

async function run(program: OtherProgram, user: OrdinaryUser | undefined): Promise<void> {
  const provider = await startLocalProvider({ respond: program.answers });
  const { bin, mounts } = await installOther(program);
  const step = actionStep(
    { ...program.inputs, mounts: mounts.join('\n'), ...provider.inputs(program.provider) },
    { ca: provider.ca, env: { PATH: [bin, HOST_PATH].join(delimiter) } },
  );
  try {
    const { code, stdout } = await (user ? mainAs(user, step) : step.main());
    expect(stdout).toContain(LAST_WORDS);
    expect(code).toBe(0);
    expect(stdout).not.toContain('No price is known');
    const file = join(step.runner.workspace, MADE_FILE);
    expect(readFileSync(file, 'utf8')).toBe('content\n');
    expect(statSync(file).uid).toBe(user?.uid ?? statSync(step.runner.workspace).uid);

    const { requests } = provider.server;
    expect(requests.map(({ credential }) => credential)).toEqual(requests.map(() => 'accepted'));
    expect(JSON.stringify(requests.map(({ rawHeaders }) => rawHeaders))).not.toMatch(/placeholder/i);
    expect(stdout.slice(stdout.indexOf('::stop-commands::'))).not.toContain(TEST_KEYS[program.provider]);
    expect(Number(step.runner.main.outputs()['requests'])).toBe(requests.length);
    expect(remains(step.runner)).toEqual([]);
  } finally {
    step.runner.remove();
    await provider.server.close();
  }
}

describe.each(OTHER_PROGRAMS)('$name', (program) => {
  test.skipIf(isFromPyPI(program) && !HAS_PYTHON).each(callersOf(program))(
    'works for %s',
    (_, user) => run(program, user),
    FETCH_LIMIT,
  );
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { git, HAS_GIT } from '../../testing/git.ts';
import { actionStep } from '../../testing/runner/action.ts';

test.skipIf(!HAS_GIT)('the command commits as whom the home’s settings name, and they stay outside', async () => {
  const step = actionStep({ run: 'git commit -qm done --allow-empty && cat ~/.gitconfig' });
  const { runner } = step;
  onTestFinished(runner.remove);
  git(runner.workspace, 'init', '-q');
  const settings = '[user]\n\tname = Ada\n\temail = ada@example.org\n[credential]\n\thelper = store --file=x\n';
  writeFileSync(join(runner.main.env['HOME']!, '.gitconfig'), settings);
  const { code, stdout } = await step.main();
  expect(code, stdout).toBe(0);
  expect(git(runner.workspace, 'log', '--format=%an <%ae> %cn')).toBe('Ada <ada@example.org> Ada');
  expect(stdout).not.toContain('credential');
});

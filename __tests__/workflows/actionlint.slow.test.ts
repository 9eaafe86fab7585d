import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../testing/root.ts';
import { FETCH_LIMIT } from '../../testing/scratch.ts';
import { goTool, HAS_GO } from '../../testing/go-tool.ts';
import { EXAMPLES, exampleText, THIS_ACTION } from './example-files.ts';
import { WORKFLOWS } from './workflow-files.ts';

/** Does not call other programs that some machines have, so that the verdict is the same everywhere. */
const ALONE = ['-shellcheck=', '-pyflakes=', '-no-color', '-oneline'];

describe.skipIf(!HAS_GO)('actionlint', () => {
  let actionlint: string;

  beforeAll(async () => {
    actionlint = await goTool('github.com/rhysd/actionlint', 'v1.7.12', 'github.com/rhysd/actionlint/cmd/actionlint');
  }, FETCH_LIMIT);

  /** Checks a text as if it were the repository's file of that name. */
  function lint(file: string, text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const args = [...ALONE, '-stdin-filename', file, '-'];
      const child = execFile(actionlint, args, { cwd: ROOT }, (error, stdout, stderr) => {
        // 1 means findings. Anything above means that it could not check the file.
        if (error && error.code !== 1) reject(new Error(`${error.message}\n${stderr}`));
        else resolve(stdout);
      });
      child.stdin?.end(text);
    });
  }

  const contentOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

  test.each(WORKFLOWS)('finds nothing in %s', async (file) => {
    expect(await lint(file, contentOf(file))).toBe('');
  });

  // With the action from here, so that it knows the inputs and outputs.
  test.each(EXAMPLES)('finds nothing in examples/%s', async (file) => {
    expect(await lint(`.github/workflows/${file}`, exampleText(file).replaceAll(THIS_ACTION, './'))).toBe('');
  });

  // This proves that it reads action.yml. Otherwise a misspelled input, which only causes a warning on a runner, would
  // pass.
  test.each([
    { what: 'an input that the action does not have', from: 'anthropic-api-key:', to: 'antropic-api-key:' },
    { what: 'an output that the action does not have', from: 'outputs.outcome', to: 'outputs.outcom' },
  ])('rejects $what', async ({ from, to }) => {
    const file = '.github/workflows/smoke-claude.yml';
    const text = contentOf(file);
    expect(text).toContain(from);
    expect(await lint(file, text.replaceAll(from, to))).toContain(`"${to.replace(/^outputs\.|:$/g, '')}"`);
  });
});

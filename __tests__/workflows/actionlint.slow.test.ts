import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../testing/root.ts';
import { FETCH_LIMIT } from '../../testing/scratch.ts';
import { goTool, HAS_GO } from './go-tool.ts';
import { WORKFLOWS } from './workflow-files.ts';

/** Without the programs that it would call where a machine has them: the verdict is the same everywhere. */
const ALONE = ['-shellcheck=', '-pyflakes=', '-no-color', '-oneline'];

describe.skipIf(!HAS_GO)('actionlint', () => {
  let actionlint: string;

  beforeAll(async () => {
    actionlint = await goTool('github.com/rhysd/actionlint/cmd/actionlint', 'v1.7.12');
  }, FETCH_LIMIT);

  /** Judges a text as if it were the repository's file of that name. */
  function lint(file: string, text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const args = [...ALONE, '-stdin-filename', file, '-'];
      const child = execFile(actionlint, args, { cwd: ROOT }, (error, stdout, stderr) => {
        // 1 means findings, everything above that it could not judge.
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

  // The proof that it reads action.yml: else a misspelled input, which a runner only warns about, would pass.
  test.each([
    { what: 'an input that the action does not have', from: 'anthropic-api-key:', to: 'antropic-api-key:' },
    { what: 'an output that the action does not have', from: 'outputs.outcome', to: 'outputs.outcom' },
  ])('refuses $what', async ({ from, to }) => {
    const file = '.github/workflows/smoke-claude.yml';
    const text = contentOf(file);
    expect(text).toContain(from);
    expect(await lint(file, text.replaceAll(from, to))).toContain(`"${to.replace(/^outputs\.|:$/g, '')}"`);
  });
});

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EXAMPLES } from '../../src/command-line/examples.ts';
import type { CommandContext } from '../../src/command-line/subcommand.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

function awfExamples(argv: readonly string[]) {
  const root = temporaryDirectory();
  mkdirSync(join(root, 'examples'));
  writeFileSync(join(root, 'examples/pr-review.yml'), '# Title: Claude Code reviews a pull request\nname: Review\n');
  writeFileSync(join(root, 'examples/playwright.yml'), 'name: x\n');
  writeFileSync(join(root, 'secret.yml'), 'secret');
  return EXAMPLES.run(argv, { root } as CommandContext);
}

test('the examples are listed by their titles, and printed by name', async () => {
  const { text } = (await awfExamples([])) as { text: string };
  expect(text).toContain('playwright\npr-review   Claude Code reviews a pull request\n');
  for (const name of ['pr-review', 'pr-review.yml']) {
    expect(await awfExamples([name])).toEqual({
      text: expect.stringMatching(/name: Review\n$/) as string,
      exitCode: 0,
    });
  }
});

test.each([
  ['review', '"review" is not an example.'],
  ['../secret', '"../secret" is not an example.'],
])('%s is refused', async (name, message) => {
  await expect(awfExamples([name])).rejects.toThrow(message);
});

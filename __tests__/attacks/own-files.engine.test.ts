import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { actionStep, type ActionStep } from '../../testing/runner/action.ts';
import { ROOT } from '../../testing/root.ts';
import { runEntry } from '../../testing/runner/run-entry.ts';

let step: ActionStep | undefined;
afterEach(() => step?.runner.remove());

test('E: with `uses: ./`, the command cannot change what the runner executes after it', async () => {
  step = actionStep({
    run: `
      set +e
      echo tampered > control.txt
      echo tampered > dist/post/index.js
      mv dist elsewhere
      rm -rf dist
      echo tampered > containers/agent/entrypoint
      echo tampered > action.yml
      mv action.yml elsewhere.yml
      exit 0`,
  });
  const { workspace } = step.runner;
  for (const name of ['action.yml', 'dist', 'containers']) {
    cpSync(join(ROOT, name), join(workspace, name), { recursive: true });
  }
  const main = await runEntry(join(workspace, 'dist', 'main', 'index.js'), step.runner.main.env);
  expect((await main.done).code).toBe(0);

  expect(readFileSync(join(workspace, 'control.txt'), 'utf8')).toBe('tampered\n');
  for (const name of ['action.yml', 'dist/post/index.js', 'containers/agent/entrypoint']) {
    expect(readFileSync(join(workspace, name)).equals(readFileSync(join(ROOT, name))), name).toBe(true);
  }
  const post = await runEntry(join(workspace, 'dist', 'post', 'index.js'), step.runner.post().env);
  expect((await post.done).code).toBe(0);
});

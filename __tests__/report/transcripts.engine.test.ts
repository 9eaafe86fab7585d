import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { actionStep, type ActionStep } from '../../testing/runner/action.ts';
import { startArtifactService } from '../../testing/runner/artifact-service.ts';
import { remains } from '../../testing/runner/remains.ts';
import { readZip } from '../../testing/zip.ts';

let step: ActionStep;
afterEach(() => {
  expect(remains(step.runner)).toEqual([]);
  step.runner.remove();
});

/** What an agent program leaves, and what a hostile command adds to it. */
const WRITE = `
  set +e
  sessions=~/.codex/sessions/2026/11; mkdir -p "$sessions" ~/.claude/projects/-work
  echo '{"role":"user"}' > ~/.claude/projects/-work/session.jsonl
  ln -s /etc/passwd "$sessions/link"; mkfifo "$sessions/pipe"; ln -s /etc ~/.gemini; mkdir -p ~/.copilot/session-state
  printf x > "$sessions/"$'a\\n::error::b'; mkdir -p ~/.ssh; echo private > ~/.ssh/id`;

const agentLogs = (): string => (step.runner.main.outputs()['logs-path'] ?? '').replace('squid-logs-', 'agent-logs-');

function filesIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter(
    (entry) => !entry.isDirectory(),
  );
  return entries.map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1)).sort();
}

const KEPT = ['.claude/projects/-work/session.jsonl', '.codex/sessions/2026/11/a___error__b'];

test('what the programs wrote is beside the logs and in the artifact; the exit code is the command’s', async () => {
  const service = await startArtifactService();
  onTestFinished(service.close);
  step = actionStep({ run: `${WRITE}; exit 7` }, { env: service.env });
  const result = await step.main();
  expect(result.code, result.stdout + result.stderr).toBe(7);
  expect(filesIn(agentLogs())).toEqual(KEPT);
  expect(readFileSync(join(agentLogs(), KEPT[0]!), 'utf8')).toBe('{"role":"user"}\n');
  expect(step.runner.main.summary()).toMatch(/<sub>Logs: artifact `awf-logs-/);
  await step.post();
  const names = [...readZip(service.artifacts[0]!.zip).keys()].filter((name) => name.startsWith('agent-logs/'));
  expect(names.map((name) => name.replace(/^agent-logs\//, '')).sort()).toEqual(KEPT);
});

test('so it is when the time is over, and in an image', async () => {
  step = actionStep({
    run: `${WRITE}; sleep 60`,
    'agent-image': 'debian:trixie-slim',
    shell: 'bash {0}',
    'timeout-minutes': '0.02',
  });
  expect((await step.main()).code).toBe(124);
  expect(filesIn(agentLogs())).toEqual(KEPT);
});

test('agent-logs: false keeps nothing', async () => {
  step = actionStep({ run: WRITE, 'agent-logs': 'false' });
  expect((await step.main()).code).toBe(0);
  expect(existsSync(agentLogs())).toBe(false);
});

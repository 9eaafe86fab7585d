import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEngineProxy, type EngineProxy } from '../../testing/engine/engine-proxy.ts';
import { ROOT } from '../../testing/root.ts';
import { actionStep, TEST_KEYS, type ActionStep } from '../../testing/runner/action.ts';
import { HOST_PATH } from '../../testing/runner/host-path.ts';
import { runProgram } from '../../testing/runner/program.ts';
import { remains } from '../../testing/runner/remains.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';

/** What the run has of memory, containers and programs of the host together. Bytes. */
const MACHINE_BYTES = 600 << 20;
const MEMORY = '/sys/fs/cgroup/memory';
/** Only root can make a control group. Version 2 of them lets no process be beside the groups of containers. */
const CAN_LIMIT =
  process.getuid?.() === 0 &&
  existsSync(join(MEMORY, 'memory.limit_in_bytes')) &&
  spawnSync('docker', ['info', '--format={{.CgroupDriver}}'], { encoding: 'utf8' }).stdout.trim() === 'cgroupfs';

const SCRIPT = `set +e
ask() { curl -sS -m 20 --noproxy '*' "\${OPENAI_BASE_URL%/v1}/health"; echo; curl -s -m 20 -o /dev/null -w 'squid %{http_connect}\\n' https://$1.example; }
ask before
node -e 'Buffer.alloc(50 << 20, 1); console.log("50 MB fit")'
node -e 'const kept = []; for (;;) kept.push(Buffer.alloc(4 << 20, 1))'
echo "the hog ended with $?"
ask after
df -B1 --output=size /tmp | tail -1
# Memory that no program holds: ending one frees nothing.
head -c 2G /dev/zero > /tmp/file
echo "the command goes on"; sleep 100`;

describe.skipIf(!CAN_LIMIT)(
  'D10 a machine with less memory than the command may have (only as root, on version 1 of control groups)',
  () => {
    const group = `/awf-test-${process.pid}`;
    let engine: EngineProxy;
    let step: ActionStep;
    let result: EntryResult;

    beforeAll(async () => {
      mkdirSync(MEMORY + group);
      writeFileSync(join(MEMORY + group, 'memory.limit_in_bytes'), String(MACHINE_BYTES));
      // Containers start in the group, like all that begins in it.
      engine = await startEngineProxy((_, { HostConfig }) => {
        HostConfig['CgroupParent'] = group;
      });
      step = actionStep(
        { 'openai-api-key': TEST_KEYS.openai, 'check-keys': 'false', memory: '3g', run: SCRIPT },
        { env: { PATH: HOST_PATH, DOCKER_HOST: engine.endpoint } },
      );
      // AWF itself, which no shell may start: some drop variables with hyphens in their names, as inputs have.
      const enter = `fs.writeFileSync('${MEMORY}${group}/cgroup.procs', String(process.pid))`;
      const entry = `import(${JSON.stringify(join(ROOT, 'dist/main/index.js'))})`;
      result = await runProgram([process.execPath, '-e', `${enter}; ${entry}`], {
        env: step.runner.main.env,
        cwd: step.runner.workspace,
      });
    });
    afterAll(() => {
      step.runner.remove();
      engine.close();
      for (const controller of [
        'memory',
        'cpu',
        'cpuacct',
        'cpuset',
        'devices',
        'freezer',
        'blkio',
        'pids',
        'systemd',
        'unified',
      ]) {
        const path = join('/sys/fs/cgroup', controller + group);
        if (existsSync(path)) rmdirSync(path);
      }
    });

    test('control: the run fits into it, and its memory was used up, not that of the command', () => {
      expect(result.stdout).toContain('50 MB fit');
      expect(Number(/^\d{9,}$/m.exec(result.stdout)?.[0])).toBeGreaterThan(MACHINE_BYTES);
      const of = (name: string): string => readFileSync(join(MEMORY + group, name), 'utf8');
      expect(Number(of('memory.max_usage_in_bytes'))).toBeGreaterThan(MACHINE_BYTES * 0.99);
    });

    test('the command’s program dies first, and both sidecars answer afterwards', () => {
      expect(result.stdout).toContain('the hog ended with 137');
      expect(result.stdout.match(/"status":"ok"/g)).toHaveLength(2);
      expect(result.stdout.match(/squid 403/g)).toHaveLength(2);
    });

    test('files in memory end the command, and the run reports all and says why', () => {
      expect(result.code).toBe(137);
      expect(result.stdout).not.toContain('the command goes on');
      expect(result.stdout).toMatch(
        /::error title=[^:]+::Memory ran out, and the command was killed .*3 GB, or more than the machine had left\..* machine/,
      );
      const { main } = step.runner;
      expect(main.outputs()).toMatchObject({
        outcome: 'failure',
        'blocked-domains': '["after.example","before.example"]',
      });
      expect(remains(step.runner)).toEqual([]);
    });
  },
);

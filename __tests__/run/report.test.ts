import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { TIMINGS_FILE, type LogDirectories } from '../../src/host/log-directories.ts';
import type { RunResult } from '../../src/run/report.ts';
import { API_REQUESTS_FILE, REQUESTS_FILE } from '../../src/report/request-writer.ts';
import { NO_DOMAINS } from '../../src/report/traffic.ts';
import { NO_MODEL_USAGE, USAGE_FILE } from '../../src/report/usage.ts';
import { ACCESS_LOG, API_PROXY_LOG_DIR, API_PROXY_LOG_FILE, SQUID_LOG_DIR } from '../../src/shared/contract.ts';
import type { ProgramIo } from '../../testing/engine/fake-engine.ts';
import { accessLine, refusedLine, requestLine } from '../../testing/engine/log-lines.ts';
import { aWorld, CONCURRENT, removeWorlds, type World } from './world.ts';

type SidecarLogs = Pick<LogDirectories, 'squid' | 'apiProxy'>;

const logsOf = (program: ProgramIo): SidecarLogs => ({
  squid: program.hostPath(SQUID_LOG_DIR, 'squid'),
  apiProxy: program.hostPath(API_PROXY_LOG_DIR, 'api-proxy'),
});

/** A run with traffic. Its command then damages the logs. */
async function runWith(damage: (logs: SidecarLogs) => void): Promise<{ world: World; result: RunResult }> {
  const world = aWorld({
    command: async (program) => {
      const logs = logsOf(program);
      const agent = program.spec.address!;
      appendFileSync(join(logs.squid, ACCESS_LOG), accessLine(agent, 'allowed.example:443'));
      appendFileSync(join(logs.squid, ACCESS_LOG), refusedLine(agent, 'refused.example:443'));
      appendFileSync(join(logs.apiProxy, API_PROXY_LOG_FILE), requestLine());
      damage(logs);
      return 3;
    },
  });
  return { world, result: await world.run() };
}

interface Damage {
  readonly what: string;
  readonly damage: (logs: SidecarLogs) => void;
  /** What can still be read. */
  readonly readable: { readonly domains: boolean; readonly usage: boolean };
  readonly warnings: readonly RegExp[];
}

function replace(directory: string, name: string, work: (path: string) => void): void {
  const path = join(directory, name);
  rmSync(path);
  work(path);
}

const fifo = (path: string): void => {
  expect(spawnSync('mkfifo', [path]).status).toBe(0);
};

const DAMAGES: readonly Damage[] = [
  {
    what: 'both directories are gone',
    damage: (logs) => {
      for (const directory of Object.values(logs)) rmSync(directory, { recursive: true });
    },
    readable: { domains: false, usage: false },
    warnings: [
      /^Could not read Squid's log: ENOENT/,
      /^Could not read the api-proxy's log: ENOENT/,
      /^Could not write timings\.json: ENOENT/,
    ],
  },
  {
    what: 'Squid’s directory is gone',
    damage: ({ squid }) => {
      rmSync(squid, { recursive: true });
    },
    readable: { domains: false, usage: true },
    warnings: [/^Could not read Squid's log: ENOENT/, /^Could not write timings\.json: ENOENT/],
  },
  {
    what: 'Squid’s log is gone',
    damage: ({ squid }) => {
      rmSync(join(squid, ACCESS_LOG));
    },
    readable: { domains: false, usage: true },
    warnings: [/^Could not read Squid's log: ENOENT/],
  },
  {
    what: 'a directory stands in the place of Squid’s log',
    damage: ({ squid }) => {
      replace(squid, ACCESS_LOG, mkdirSync);
    },
    readable: { domains: false, usage: true },
    warnings: [/^Could not read Squid's log: .*is not a regular file/],
  },
  {
    what: 'a pipe stands in the place of Squid’s log: whoever opens it waits for ever',
    damage: ({ squid }) => {
      replace(squid, ACCESS_LOG, fifo);
    },
    readable: { domains: false, usage: true },
    warnings: [/^Could not read Squid's log: .*is not a regular file/],
  },
  {
    what: 'a link stands in the place of the api-proxy’s log',
    damage: ({ apiProxy }) => {
      replace(apiProxy, API_PROXY_LOG_FILE, (path) => {
        const other = join(apiProxy, '..', 'other');
        writeFileSync(other, requestLine());
        symlinkSync(other, path);
      });
    },
    readable: { domains: true, usage: false },
    warnings: [/^Could not read the api-proxy's log: ELOOP/],
  },
  {
    what: 'a directory stands in the place of the api-proxy’s log',
    damage: ({ apiProxy }) => {
      replace(apiProxy, API_PROXY_LOG_FILE, mkdirSync);
    },
    readable: { domains: true, usage: false },
    warnings: [/^Could not read the api-proxy's log: .*is not a regular file/],
  },
  {
    what: 'the api-proxy’s directory is a file',
    damage: ({ apiProxy }) => {
      rmSync(apiProxy, { recursive: true });
      writeFileSync(apiProxy, '');
    },
    readable: { domains: true, usage: false },
    warnings: [/^Could not read the api-proxy's log: ENOTDIR/],
  },
];

afterAll(removeWorlds);

describe('a part of the report that fails loses only itself', CONCURRENT, () => {
  test.each(DAMAGES)('L7 $what', async ({ damage, readable, warnings }) => {
    const { world, result } = await runWith(damage);
    expect(result).toMatchObject({ outcome: 'failure', exitCode: 3, error: undefined });
    expect({
      domains: result.traffic.domains?.blocked.length === 1,
      usage: result.traffic.usage?.requests === 1,
    }).toEqual(readable);
    // Unreadable data is undefined, never empty.
    if (!readable.domains) expect(result.traffic.domains).toBeUndefined();
    if (!readable.usage) expect(result.traffic.usage).toBeUndefined();
    expect(world.warnings).toEqual(warnings.map((warning) => expect.stringMatching(warning) as unknown));
    expect(world.engine.left).toEqual([]);
  });
});

describe('before the command has started', CONCURRENT, () => {
  test('a missing log does not count as lost', async () => {
    const world = aWorld({ programs: { squid: async () => 1 } });
    const { traffic } = await world.run();
    expect(traffic.domains).toEqual(NO_DOMAINS);
    expect(world.warnings).toEqual([]);
  });

  test('an incomplete log is still read', async () => {
    const world = aWorld({
      programs: {
        agent: async (program) => {
          const log = join(program.hostPath(SQUID_LOG_DIR, 'squid'), ACCESS_LOG);
          while (!existsSync(log)) await sleep(5);
          appendFileSync(log, refusedLine(program.spec.address!, 'refused.example:443'));
          return 1;
        },
      },
    });
    expect((await world.run()).traffic.domains?.blocked).toHaveLength(1);
  });
});

describe('the report', CONCURRENT, () => {
  test('the logs are read, and the files that belong beside them are written', async () => {
    const { world, result } = await runWith(() => undefined);
    expect(result.traffic).toMatchObject({
      domains: {
        allowed: [{ domain: 'allowed.example', requests: 1 }],
        blocked: [{ domain: 'refused.example', requests: 1 }],
        unreadableLines: 0,
      },
      usage: { requests: 1 },
    });
    expect(readdirSync(result.logs!.squid).toSorted()).toEqual([
      REQUESTS_FILE,
      ACCESS_LOG,
      'policy.json',
      TIMINGS_FILE,
    ]);
    expect(readdirSync(result.logs!.apiProxy).toSorted()).toEqual([API_PROXY_LOG_FILE, API_REQUESTS_FILE, USAGE_FILE]);
    expect(JSON.parse(readFileSync(join(result.logs!.apiProxy, USAGE_FILE), 'utf8'))).toMatchObject({ requests: 1 });
    expect({ left: world.left(), warnings: world.warnings }).toEqual({ left: [], warnings: [] });
  });

  test('a run without the api-proxy misses no log of it', async () => {
    const world = aWorld();
    const { traffic } = await world.run({ apiProxy: false });
    expect(traffic.usage).toEqual(NO_MODEL_USAGE);
    expect({ left: world.left(), warnings: world.warnings }).toEqual({ left: [], warnings: [] });
  });

  test('records of an earlier run in a chosen directory do not count', async () => {
    const world = aWorld({
      command: async (program) => {
        const old = accessLine(program.spec.address!, 'old.example:443', { time: '1.000' });
        appendFileSync(join(logsOf(program).squid, ACCESS_LOG), old);
        appendFileSync(
          join(logsOf(program).apiProxy, API_PROXY_LOG_FILE),
          requestLine({ time: '2026-01-01T00:00:00Z' }),
        );
        return 0;
      },
    });
    const chosen = join(world.temporary, 'squid-logs-1');
    const { traffic, logs } = await world.run({ proxyLogsDir: chosen });
    expect(logs?.squid).toBe(chosen);
    expect(traffic).toEqual({ domains: NO_DOMAINS, usage: NO_MODEL_USAGE });
  });

  test('requests refused for an exhausted budget are reported', async () => {
    const world = aWorld({
      command: async (program) => {
        const refusal = requestLine({ status: 429, forwarded: false, error: 'budget_exhausted' });
        appendFileSync(join(logsOf(program).apiProxy, API_PROXY_LOG_FILE), refusal);
        return 0;
      },
    });
    await world.run({ budget: { maxRequests: 2 } });
    expect(world.warnings).toEqual([
      expect.stringMatching(/^Budget reached: 1 request \(max-requests: 2\)\. 1 more request was refused/),
    ]);
  });
});

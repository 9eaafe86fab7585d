import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { NO_NAMED_HOSTS } from '../config/named-hosts.ts';
import { UPSTREAM_PROXY_SECRET } from '../config/network-build.ts';
import type { Secrets } from '../config/secrets.ts';
import { builtImageNames } from '../docker/images.ts';
import { makeTemporary } from '../host/directories.ts';
import { newRunId, run } from '../run/run.ts';
import type { RunResult } from '../run/report.ts';
import { inProcess } from '../workspace/look-through.ts';
import type { CheckContext } from './context.ts';

/** A run of nothing. */
export interface Probe {
  readonly result: RunResult;
  /** What the command wrote. */
  readonly output: string;
}

/**
 * Runs a harmless command in a sandbox like that of the run to come, in a workspace of its own and without any credential:
 * the networks, the proxies and the pre-flight check are those of a run.
 *
 * @param script for `sh`
 * @param signal ends it
 */
export async function probe(
  script: string,
  context: CheckContext,
  config: Config,
  signal: AbortSignal,
): Promise<Probe> {
  const { root, engine, environment } = context;
  const directory = makeTemporary(context.temporary, 'awf-doctor-');
  try {
    const [workspace, temporary] = ['workspace', 'temporary'].map((name) => join(directory, name)) as [string, string];
    for (const path of [workspace, temporary]) mkdirSync(path);
    let output = '';
    const ignore = (): undefined => undefined;
    const result = await run(configOf(config, workspace, script), secretsOf(context.built?.secrets), {
      runId: newRunId(),
      engine,
      reporter: { debug: ignore, info: ignore, warning: ignore, error: ignore, group: ignore },
      warnNow: ignore,
      output: { stdout: (chunk) => void (output += chunk.toString()), stderr: ignore },
      root,
      images: () => builtImageNames(`${root}/dist`),
      lookThrough: inProcess(root),
      ...{ temporary, environment, signal, hasPostStep: false },
    });
    return { result, output };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Nothing of the user's is touched, and no provider is asked. */
function configOf(config: Config, workspace: string, script: string): Config {
  return {
    ...config,
    ...{ workspace, workingDirectory: workspace, command: { kind: 'argv', argv: ['sh', '-c', script] } },
    ...{ providers: [], namedHosts: NO_NAMED_HOSTS, hostVariables: {}, github: undefined, policy: undefined },
    ...{ protectPaths: [], services: [], env: [], envAll: false, agentLogs: false, checkKeys: false },
    ...{ timeoutMinutes: 1, proxyLogsDir: undefined, keepContainers: false, failOnBlocked: false },
  };
}

/** Squid needs the password of the network's own proxy to start. */
function secretsOf(secrets: Secrets = new Map()): Secrets {
  return new Map([...secrets].filter(([name]) => name.startsWith(UPSTREAM_PROXY_SECRET)));
}

/** A whole run of AWF inside the test's own process, with a DNS resolver for Squid that the test controls. */

import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunAuthority } from '../../src/authority/authority.ts';
import { buildConfig } from '../../src/config/build.ts';
import { DockerEngine } from '../../src/docker/docker-engine.ts';
import type { Engine } from '../../src/docker/engine.ts';
import { imageNames, type ImageNames } from '../../src/docker/images.ts';
import { RUN_LABEL, type ContainerSpec } from '../../src/docker/spec.ts';
import type { LogDirectories } from '../../src/host/log-directories.ts';
import type { RunResult } from '../../src/run/report.ts';
import { inProcess } from '../../src/workspace/look-through.ts';
import { newRunId, run } from '../../src/run/run.ts';
import { ROLES, SQUID_PORT, type Role } from '../../src/shared/network.ts';
import { inputs } from '../options.ts';
import { ROOT } from '../root.ts';
import { docker } from './engine.ts';
import { give, type OrdinaryUser } from '../runner/program.ts';

const asJavaScript = (url: string): string => stripTypeScriptTypes(readFileSync(fileURLToPath(url), 'utf8'));

/** `agent-probe.ts` as JavaScript, for the host's Node.js of any version. */
export const probeProgram = (): string => asJavaScript(import.meta.resolve('./agent-probe.ts'));

/** `relay.ts` as JavaScript. */
export const relayProgram = (): string => asJavaScript(import.meta.resolve('../outside/relay.ts'));

/** `agent-dial.ts` as JavaScript. */
export const dialProgram = (): string => asJavaScript(import.meta.resolve('./agent-dial.ts'));

/**
 * AWF's engine, except that Squid asks another resolver and has IPv6, as on an engine that gives every network IPv6.
 */
export class OwnResolver extends DockerEngine {
  readonly #resolver: string;

  constructor(resolver: string) {
    super(() => undefined);
    this.#resolver = resolver;
  }

  override create(spec: ContainerSpec): Promise<void> {
    const sysctls = { ...spec.sysctls, 'net.ipv6.conf.all.disable_ipv6': '0' };
    return super.create(spec.name.startsWith('awf-squid') ? { ...spec, dns: [this.#resolver], sysctls } : spec);
  }
}

/** Asks Squid from a container of its own. @returns the first line of the answer to each CONNECT */
export function askSquid(images: ImageNames, from: string, squid: string, authorities: readonly string[]): string[] {
  const script = `for a; do
    exec 3<> /dev/tcp/${squid}/${SQUID_PORT}
    printf 'CONNECT %s HTTP/1.1\\r\\n\\r\\n' "$a" >&3
    read -r line <&3 && echo "$line"
  done`;
  const place = ['run', '--rm', `--network=${from}`, '--entrypoint=bash', images.squid];
  return docker([...place, '-c', script, '-', ...authorities]).split('\n');
}

export interface RunOptions {
  /** The options, named like the action's inputs. */
  readonly options: Readonly<Record<string, string>>;
  /** The values, by environment variable. */
  readonly credentials: Readonly<Record<string, string>>;
  /** A bash script. */
  readonly script: string;
  /** The address of Squid's resolver. */
  readonly resolver: string;
  /** The files of the workspace: path to content. */
  readonly files: Readonly<Record<string, string | Buffer>>;
  /** Owns the workspace and runs the command. The caller by default. */
  readonly owner?: OrdinaryUser;
  /** By default, AWF's own, with `resolver` for Squid. */
  readonly engine?: Engine;
  /** The caller's variables, in addition to `PATH`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The variables that set options. None by default. */
  readonly hostVariables?: Readonly<Record<string, string>>;
  /** What the programs in the sandbox are to trust. */
  readonly authority?: RunAuthority;
}

export interface SandboxRun {
  readonly images: ImageNames;
  readonly stdout: () => string;
  readonly done: Promise<RunResult>;
  readonly writeFile: (name: string, content: string) => void;
  readonly workspace: string;
  readonly warnings: readonly string[];
  /** Undefined until the directories exist. */
  readonly logs: () => LogDirectories | undefined;
  /** The names of the run's containers. */
  readonly containers: () => Record<Role, string>;
  readonly runId: string;
  readonly removeFiles: () => void;
}

export function startSandbox(given: RunOptions): SandboxRun {
  const { options, credentials, script, resolver, files, owner, engine = new OwnResolver(resolver), authority } = given;
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'awf-sandbox-')));
  const [workspace, temporary] = [join(directory, 'workspace'), join(directory, 'temp')];
  for (const path of [workspace, temporary]) mkdirSync(path);
  const writeFile = (name: string, content: string | Buffer): void => {
    const path = join(workspace, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  };
  for (const [name, content] of Object.entries(files)) writeFile(name, content);
  if (owner !== undefined) give(workspace, owner);
  const environment = { PATH: process.env['PATH'], ...given.environment };
  const { config, secrets } = buildConfig(inputs({ ...options, run: script }, credentials), {
    environment: { ...environment, ...given.hostVariables },
    workspace,
  });
  const runId = newRunId();
  const images = imageNames(ROOT);
  const warnings: string[] = [];
  let stdout = '';
  let logs: LogDirectories | undefined;
  const done = run(config, secrets, {
    runId,
    engine,
    reporter: {
      debug: () => undefined,
      info: () => undefined,
      group: () => undefined,
      warning: (text) => warnings.push(text),
      error: () => undefined,
    },
    output: {
      stdout: (chunk) => void (stdout += chunk.toString()),
      stderr: (chunk) => void (stdout += chunk.toString()),
    },
    warnNow: (text) => warnings.push(text),
    root: ROOT,
    images: () => images,
    lookThrough: inProcess(ROOT),
    temporary,
    environment,
    ...(authority === undefined ? {} : { authority }),
    signal: new AbortController().signal,
    hasPostStep: false,
    onLogs: (directories) => (logs = directories),
  });
  return {
    images,
    stdout: () => stdout,
    done,
    writeFile,
    workspace,
    warnings,
    logs: () => logs,
    containers: () => runContainers(runId),
    runId,
    removeFiles: () => {
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The names of a run's containers by role. */
export function runContainers(runId: string): Record<Role, string> {
  const names = docker(['ps', `--filter=label=${RUN_LABEL}=${runId}`, '--format={{.Names}}']).split('\n');
  const named = ROLES.map((role) => [role, names.find((name) => name.startsWith(`awf-${role}`)) ?? '']);
  return Object.fromEntries(named) as Record<Role, string>;
}

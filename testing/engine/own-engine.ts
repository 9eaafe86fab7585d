/**
 * An engine of a test's own: the program of the engine that the tests use, with other settings. It is in a network of its
 * own, a namespace, because two engines in one take each other's rules apart. Only root can start it.
 */

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { imageNames } from '../../src/docker/images.ts';
import { ROOT } from '../root.ts';

export interface OwnEngine {
  /** Leads programs to the engine. */
  readonly variables: Readonly<Record<string, string>>;
  /** Put this in front of an argv to run it in the engine's network. */
  readonly prefix: readonly string[];
  /** The address of a machine outside, with a web server that answers {@link OUTSIDE}. It knows no way to containers. */
  readonly outside: string;
  /** Runs `docker` with the engine, and returns its standard output, trimmed. @throws Error */
  readonly docker: (...args: readonly string[]) => string;
  /** Ends the engine with `signal`, and starts it again. Its containers go on only with `live-restore`. */
  readonly restart: (signal: NodeJS.Signals) => Promise<void>;
  /** Ends the engine with `signal`. */
  readonly kill: (signal: NodeJS.Signals) => Promise<void>;
  /** Ends it with everything that belongs to it. */
  readonly close: () => Promise<void>;
}

/** What the web server outside answers. */
export const OUTSIDE = 'This is outside.';

const HERE = '10.255.78.1';
const THERE = '10.255.78.2';
const SERVER = `require('node:http').createServer((_, answer) => answer.end('${OUTSIDE}')).listen(80, () => console.log('up'))`;

/** Milliseconds that an engine may take to start, or to end. */
const LIMIT_MS = 60_000;

/**
 * @param settings what would be in `/etc/docker/daemon.json`
 * @param prepare shell commands for the engine's network, before it starts
 * @returns once the engine answers, and has AWF's images
 */
export async function startOwnEngine(settings: object, prepare = ''): Promise<OwnEngine> {
  const directory = mkdtempSync(join(tmpdir(), 'test-awf-own-engine-'));
  const names = ['engine', 'outside'].map((place) => `awf-test-${place}-${process.pid}-${String(Date.now() % 1e6)}`);
  const [network = '', outside = ''] = names;
  const enter = (name: string): string[] => ['nsenter', `--net=/run/netns/${name}`];
  shell(`set -e; ip netns add ${network}; ip netns add ${outside}
    ip link add eth0 netns ${network} type veth peer name eth0 netns ${outside}
    for name in ${network} ${outside}; do ip -n $name link set lo up; ip -n $name link set eth0 up; done
    ip -n ${network} address add ${HERE}/30 dev eth0; ip -n ${outside} address add ${THERE}/30 dev eth0
    ${prepare === '' ? '' : `${enter(network).join(' ')} sh -ec '${prepare}'`}`);
  const server = run([...enter(outside), process.execPath, '-e', SERVER], join(directory, 'outside.log'));
  writeFileSync(join(directory, 'daemon.json'), JSON.stringify(settings));
  const variables = { DOCKER_HOST: `unix://${join(directory, 'docker.sock')}` };
  const docker = (...args: readonly string[]): string => ask(args, variables);
  let engine: ChildProcess;
  const start = async (): Promise<void> => {
    engine = startDaemon(directory, variables, enter(network));
    await untilAnswers(docker, engine, join(directory, 'docker.log'));
  };
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    const ended = once(engine, 'exit');
    if (engine.exitCode === null && engine.signalCode === null && engine.kill(signal)) await ended;
  };
  const close = async (): Promise<void> => {
    // An engine that was killed leaves its containerd.
    if (engine.exitCode !== null || engine.signalCode !== null) await start();
    for (const id of docker('ps', '--quiet').split('\n').filter(Boolean)) docker('rm', '--force', id);
    await kill('SIGTERM');
    server.kill();
    shell(`for name in ${names.join(' ')}; do ip netns delete $name; done`);
    rmSync(directory, { recursive: true, force: true });
  };
  await start();
  shell(`docker save ${Object.values(imageNames(ROOT)).join(' ')} | DOCKER_HOST=${variables.DOCKER_HOST} docker load`);
  const restart = async (signal: NodeJS.Signals): Promise<void> => {
    await kill(signal);
    await start();
  };
  return { variables, prefix: enter(network), outside: THERE, docker, restart, kill, close };
}

/** The engine that the tests use tells where its process is: beside its socket, see `script/engine`, or where it always is. */
function startDaemon(directory: string, { DOCKER_HOST }: { DOCKER_HOST: string }, prefix: string[]): ChildProcess {
  const used = process.env['DOCKER_HOST']?.replace('unix://', '') ?? '/var/run/docker.sock';
  const pid = readFileSync(join(dirname(used), 'docker.pid'), 'utf8').trim();
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  const env = Object.fromEntries(
    environment.filter((line) => /^(PATH|XTABLES_LIBDIR)=/.test(line)).map((line) => line.split('=', 2)),
  ) as Record<string, string>;
  const place = (option: string, name: string): string => `--${option}=${join(directory, name)}`;
  const places = [place('config-file', 'daemon.json'), place('data-root', 'data'), place('exec-root', 'exec')];
  const args = [...places, place('pidfile', 'docker.pid'), `--host=${DOCKER_HOST}`];
  return run([...prefix, readlinkSync(`/proc/${pid}/exe`), ...args], join(directory, 'docker.log'), env);
}

async function untilAnswers(docker: OwnEngine['docker'], engine: ChildProcess, log: string): Promise<void> {
  const limit = performance.now() + LIMIT_MS;
  for (;;) {
    try {
      docker('version');
      return;
    } catch (cause) {
      if (performance.now() > limit || engine.exitCode !== null)
        throw new Error(`The engine does not answer: ${readFileSync(log, 'utf8').slice(-2_000)}`, { cause });
      await sleep(200);
    }
  }
}

/** Starts a program that writes to a file. */
function run([file = '', ...args]: readonly string[], log: string, env: NodeJS.ProcessEnv = process.env): ChildProcess {
  const output = openSync(log, 'a');
  return spawn(file, args, { env, stdio: ['ignore', output, output] });
}

function ask(args: readonly string[], variables: Readonly<Record<string, string>>): string {
  const options = { encoding: 'utf8', env: { ...process.env, ...variables } } as const;
  const { status, stdout, stderr } = spawnSync('docker', args, options);
  if (status !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

function shell(script: string): void {
  const { status, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
}

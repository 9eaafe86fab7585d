import { spawnSync } from 'node:child_process';
import { RUN_LABEL } from '../../src/docker/spec.ts';

/** Runs `docker` and returns its standard output, trimmed. @throws Error with its standard error */
export function docker(args: readonly string[], input: string | Buffer = ''): string {
  const { status, stdout, stderr } = spawnSync('docker', args, {
    encoding: 'utf8',
    input,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

/**
 * The host's address on the engine's default network, which containers on ordinary networks can reach. Early engines of
 * the 20.10 line name only the subnet; the host then has its first address.
 */
export function bridgeAddress(): string {
  const format = '--format={{with index .IPAM.Config 0}}{{.Gateway}}|{{.Subnet}}{{end}}';
  const [gateway = '', subnet = ''] = docker(['network', 'inspect', 'bridge', format]).split('|');
  return gateway === '' ? subnet.replace(/0\/\d+$/, '1') : gateway;
}

/** The last part of the addresses that {@link addBridgeAddress} has made in this process. */
let lastAddress = process.pid % 20_000;

/**
 * Gives the host another address that containers can reach, so that a server can have a port of its own there: named hosts
 * are always asked at port 443. Only root can do that.
 */
export function addBridgeAddress(): { readonly address: string; readonly remove: () => void } {
  const [first, second] = bridgeAddress().split('.');
  lastAddress += 1;
  const address = [first, second, 128 + (lastAddress >> 8), lastAddress & 0xff].join('.');
  const ip = (verb: string): void => {
    const { status, stderr } = spawnSync('ip', ['address', verb, `${address}/32`, 'dev', 'docker0'], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`ip address ${verb} ${address}: ${stderr}`);
  };
  ip('add');
  return {
    address,
    remove: () => {
      ip('del');
    },
  };
}

/** Leads programs to the engine that the tests use, where that is not the machine's own: see `script/engine`. */
export const ENGINE_VARIABLES: Readonly<Record<string, string>> =
  process.env['DOCKER_HOST'] === undefined ? {} : { DOCKER_HOST: process.env['DOCKER_HOST'] };

/** Everything on the engine (containers, networks, volumes) that belongs to any run, or only to `runId`. */
export function leftOvers(runId?: string): string[] {
  const filter = `--filter=label=${RUN_LABEL}${runId === undefined ? '' : `=${runId}`}`;
  return [
    ...docker(['ps', '--all', filter, '--format={{.Names}}']).split('\n'),
    ...docker(['network', 'ls', filter, '--format={{.Name}}']).split('\n'),
    ...docker(['volume', 'ls', filter, '--format={{.Name}}']).split('\n'),
  ].filter((name) => name !== '');
}

/** A registry of images on loopback: Debian's package docker-registry. Docker takes plain HTTP from loopback. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchWith, madeOnce } from './scratch.ts';

/** If it is false, the tests that need a registry are skipped by name. script/test fails on that when CI=true. */
export const HAS_REGISTRY_PACKAGE = spawnSync('apt-cache', ['show', 'docker-registry']).status === 0;

/** Milliseconds until the registry has to answer. */
const START_LIMIT_MS = 30_000;

export interface Registry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly stop: () => Promise<void>;
}

export async function startRegistry(): Promise<Registry> {
  const program = await madeOnce('docker-registry', async (directory) => {
    await fetchWith(['apt-get', 'download', '-q', 'docker-registry'], { cwd: directory });
    await fetchWith(['bash', '-c', 'dpkg-deb -x docker-registry_*.deb . && rm docker-registry_*.deb'], {
      cwd: directory,
    });
  });
  const directory = mkdtempSync(join(tmpdir(), 'awf-registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  const configuration = join(directory, 'config.yml');
  const storage = `filesystem: { rootdirectory: ${join(directory, 'images')} }`;
  writeFileSync(
    configuration,
    `version: 0.1\nlog: { level: error }\nstorage: { ${storage} }\nhttp: { addr: "${host}" }\n`,
  );
  const server = spawn(join(program, 'usr/bin/docker-registry'), ['serve', configuration], { stdio: 'ignore' });
  const ended = once(server, 'close');
  const stop = async (): Promise<void> => {
    server.kill();
    await ended;
    rmSync(directory, { recursive: true });
  };
  const limit = performance.now() + START_LIMIT_MS;
  for (;;) {
    const answer = await fetch(`http://${host}/v2/`).catch(() => undefined);
    if (answer?.status === 200) return { host, stop };
    if (server.exitCode !== null || performance.now() > limit) throw new Error('docker-registry did not start');
    await sleep(50);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

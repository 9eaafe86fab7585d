/**
 * The published proxies that we compare with. They are fetched on demand from `peers/package-lock.json`, and are no
 * dependencies.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installLocked } from '../../testing/scratch.ts';

const FOLDER = join(import.meta.dirname, 'peers');

/** The packages, by their names in the tables. */
export const PEERS = {
  portkey: '@portkey-ai/gateway',
  llms: '@musistudio/llms',
  httpxy: 'httpxy',
} as const;

export function versionOf(peer: keyof typeof PEERS): string {
  const { dependencies } = JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8')) as {
    dependencies: Record<(typeof PEERS)[keyof typeof PEERS], string>;
  };
  return dependencies[PEERS[peer]];
}

/** @returns a `node_modules` folder with the peers. @throws Error with npm's message */
export async function installPeers(): Promise<string> {
  return join(await installLocked(FOLDER), 'node_modules');
}

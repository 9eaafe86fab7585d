/** The published proxies that are measured beside ours: fetched on demand, at these versions, and no dependency. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** By what it is called in the tables. */
export const PEERS = {
  portkey: { package: '@portkey-ai/gateway', version: '1.15.2' },
  llms: { package: '@musistudio/llms', version: '1.0.53' },
  httpxy: { package: 'httpxy', version: '0.5.6' },
} as const;

const SCRATCH = join(import.meta.dirname, '..', '..', '.scratch');

/** @returns a `node_modules` folder with the peers. @throws Error with npm's message */
export function installPeers(): string {
  const packages = Object.values(PEERS).map(({ package: name, version }) => `${name}@${version}`);
  const folder = join(SCRATCH, `bench-proxy-${packages.join('-').replace(/[@/]+/g, '_')}`);
  if (!existsSync(folder)) {
    mkdirSync(SCRATCH, { recursive: true });
    const installing = mkdtempSync(join(SCRATCH, 'installing-'));
    try {
      const args = ['install', '--prefix', installing, '--ignore-scripts', '--no-audit', '--no-fund', ...packages];
      execFileSync('npm', args, { stdio: ['ignore', 'ignore', 'pipe'] });
      renameSync(installing, folder);
    } finally {
      rmSync(installing, { recursive: true, force: true });
    }
  }
  return join(folder, 'node_modules');
}

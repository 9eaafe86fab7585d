import { execFile } from 'node:child_process';
import { closeSync, createReadStream, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { REQUESTS_FILE } from '../../src/report/request-writer.ts';
import type { DomainTraffic } from '../../src/report/traffic.ts';
import { ACCESS_LOG } from '../../src/shared/contract.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import { accessLine, refusedLine } from '../../testing/engine/log-lines.ts';

const AGENT = '172.30.0.20';
const MIB = 1024 * 1024;

/** Longer than the longest string in Node.js, which is 512 MiB. */
const BYTES = 600 * MIB;
const BLOCK = 64 * 1024;
const BLOCKS = BYTES / BLOCK;

/** Writes blocks that each add one new name, and long addresses of one host. They cost the command nothing. */
function writeLog(path: string): { readonly fillers: number } {
  const url = `http://allowed.example/${'%FF'.repeat(2_600)}`;
  const filler = accessLine(AGENT, url, { method: 'GET', status: 'TCP_MISS/200' });
  const head = (index: number): string => refusedLine(AGENT, `${String(index).padStart(5, '0')}.refused.example:443`);
  const perBlock = Math.floor((BLOCK - head(0).length) / filler.length);
  const body = filler.repeat(perBlock);
  const file = openSync(path, 'w');
  let fillers = 0;
  for (let index = 0; index < BLOCKS; index++) {
    writeSync(file, head(index) + body);
    fillers += perBlock;
  }
  for (; statSync(path).size < BYTES; fillers += perBlock) writeSync(file, body);
  closeSync(file);
  return { fillers };
}

async function linesIn(path: string): Promise<number> {
  let lines = 0;
  for await (const chunk of createReadStream(path)) {
    for (const octet of chunk as Buffer) if (octet === 0x0a) lines += 1;
  }
  return lines;
}

test('a log longer than any string is counted in full, in bounded memory', { timeout: 300_000 }, async () => {
  const directory = temporaryDirectory();
  const { fillers } = writeLog(join(directory, ACCESS_LOG));
  expect(statSync(join(directory, ACCESS_LOG)).size).toBeGreaterThanOrEqual(BYTES);
  const program = join(import.meta.dirname, 'fixtures', 'read-domains.ts');
  const options = { maxBuffer: 16 * MIB };
  const argv = ['--max-old-space-size=64', program, directory, AGENT];
  const { stdout } = await promisify(execFile)(process.execPath, argv, options);
  const { domains, maxRssMiB } = JSON.parse(stdout) as { domains: DomainTraffic; maxRssMiB: number };
  expect(domains.allowed).toMatchObject([{ domain: 'allowed.example', requests: fillers }]);
  expect(domains.blocked).toHaveLength(BLOCKS);
  expect(domains).toMatchObject({
    unreadableLines: 0,
    others: { allowed: 0, blocked: 0, audited: 0, unresolvable: 0, unreachable: 0 },
  });
  expect(maxRssMiB).toBeLessThan(250);
  expect(await linesIn(join(directory, REQUESTS_FILE))).toBe(fillers + BLOCKS);
});

import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { followLogs } from '../../src/logs/follow.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

const line = (host: string, at: number): string =>
  `${String(at)}.080 0 172.30.0.20 34774 TCP_DENIED/403 61 379 CONNECT ${host} 443 ${host}:443 HIER_NONE/- - - - not-listed\n`;

test('requests are shown as they end, until the run is over', async () => {
  const directory = join(temporaryDirectory(), '1795742171358-0123abcd');
  const squid = join(directory, 'squid-logs-1795742171358');
  mkdirSync(squid, { recursive: true });
  writeFileSync(join(squid, 'access.log'), line('a.example', 1795742175));
  let text = '';
  const following = followLogs(directory, 'all', (piece) => (text += piece), new AbortController().signal);
  await expect.poll(() => text).toContain(' 0:03.7  ⛔ a.example');
  const [start, end] = [line('b.example', 1795742176).slice(0, 60), line('b.example', 1795742176).slice(60)];
  appendFileSync(join(squid, 'access.log'), start);
  appendFileSync(join(squid, 'access.log'), `${end}${line('\u001b[31m', 1795742177)}`);
  await expect.poll(() => text).toContain('⛔ b.example');
  writeFileSync(join(directory, 'run.json'), '{}');
  await following;
  expect(text).not.toContain('\u001b');
  expect(text.match(/a\.example/g)).toHaveLength(1);
});

test('a signal ends it', async () => {
  const directory = temporaryDirectory();
  const controller = new AbortController();
  const following = followLogs(directory, 'all', () => undefined, controller.signal);
  controller.abort();
  await following;
});

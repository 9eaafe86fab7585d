import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ownerOf } from '../../src/host/owner.ts';
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

const RUN = '20261128T141711.193Z-0123abcd';

/** The directory of a run of the command line, which names its process from the start. */
function runBy(owner: string | undefined): { directory: string; accessLog: string } {
  const directory = join(temporaryDirectory(), RUN);
  const squid = join(directory, 'squid-logs-1795742171358');
  mkdirSync(squid, { recursive: true });
  writeFileSync(join(directory, 'run.json'), JSON.stringify({ owner }));
  return { directory, accessLog: join(squid, 'access.log') };
}

test('a run whose process lives goes on', async () => {
  const { directory, accessLog } = runBy(ownerOf());
  let text = '';
  const following = followLogs(directory, 'all', (piece) => (text += piece), new AbortController().signal);
  for (const [at, name] of ['a', 'b', 'c'].entries()) {
    appendFileSync(accessLog, line(`${name}.example`, 1795742175 + at));
    await expect.poll(() => text).toContain(`⛔ ${name}.example`);
  }
  writeFileSync(join(directory, 'run.json'), JSON.stringify({ version: 1, outcome: 'success' }));
  await following;
});

test.each([
  ['its directory', ({ directory }: ReturnType<typeof runBy>) => directory],
  ['Squid’s, which the report of a run names', ({ accessLog }: ReturnType<typeof runBy>) => dirname(accessLog)],
])('a run that was killed is over, by %s', async (_, placeOf) => {
  const child = spawn('sleep', ['60']);
  const owner = ownerOf(child.pid);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const run = runBy(owner);
  writeFileSync(run.accessLog, line('last.example', 1795742175));
  let text = '';
  await followLogs(placeOf(run), 'all', (piece) => (text += piece), new AbortController().signal);
  expect(text).toContain('last.example');
});

test('logs that are removed meanwhile end it with the reason', async () => {
  const { directory, accessLog } = runBy(ownerOf());
  writeFileSync(accessLog, line('a.example', 1795742175));
  let text = '';
  const following = followLogs(directory, 'all', (piece) => (text += piece), new AbortController().signal);
  const rejected = expect(following).rejects.toThrow(`${directory} was removed.`);
  await expect.poll(() => text).toContain('a.example');
  rmSync(directory, { recursive: true });
  await rejected;
});

test('a signal ends it', async () => {
  const directory = temporaryDirectory();
  const controller = new AbortController();
  const following = followLogs(directory, 'all', () => undefined, controller.signal);
  controller.abort();
  await following;
});

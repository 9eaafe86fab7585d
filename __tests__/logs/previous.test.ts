import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { abandonedLogs, lastRun, pruneLogs } from '../../src/logs/previous.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

function places() {
  const [temporary, home] = [temporaryDirectory(), temporaryDirectory()];
  const make = (name: string): string => {
    mkdirSync(join(temporary, name));
    return join(temporary, name);
  };
  return { make, given: { environment: {}, user: { uid: process.getuid?.() ?? 0, home }, temporary } };
}

test('the last run is the newest one in the state directory, else in the temporary directory', () => {
  const { make, given } = places();
  expect(lastRun(given)).toBeUndefined();
  make('squid-logs-1795742171357');
  const newest = make('squid-logs-1795742171358');
  make('squid-logs-x');
  expect(lastRun(given)).toBe(newest);
  const run = join(given.user.home, '.local/state/awf/runs/20261127T010203.004Z-0123abcd');
  mkdirSync(run, { recursive: true });
  expect(lastRun(given)).toBe(run);
  expect(lastRun({ ...given, environment: { XDG_STATE_HOME: '/nonexistent' } })).toBe(newest);
});

test('a temporary directory that is not there has no logs', () => {
  const { given } = places();
  const nowhere = { ...given, temporary: '/nonexistent' };
  expect([lastRun(nowhere), abandonedLogs(nowhere), pruneLogs(nowhere)]).toEqual([undefined, [], []]);
});

test('what is removed belongs to the user, and to no run that may go on', () => {
  const { make, given } = places();
  const now = Date.now();
  const [running, over] = [make(`squid-logs-${String(now)}`), make(`squid-logs-${String(now - 1)}`)];
  const beside = make(`api-proxy-logs-${String(now - 1)}`);
  const [old, other] = [make('squid-logs-1695742171358'), make('squid-logs-mine')];
  writeFileSync(join(over, 'timings.json'), '12345');
  expect(abandonedLogs({ ...given, user: { ...given.user, uid: 4_000_000 } })).toEqual([]);
  const removed = pruneLogs(given);
  expect(removed.map(({ path }) => path).sort()).toEqual([beside, old, over].sort());
  expect(removed.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(5);
  expect([running, other, old, over].map((path) => existsSync(path))).toEqual([true, true, false, false]);
});

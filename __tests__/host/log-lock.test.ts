import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeError } from '../../src/errors.ts';
import { lockLogs } from '../../src/host/log-lock.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

function directories(top: string, name: string) {
  const made = { squid: join(top, name), apiProxy: join(top, 'api-proxy-logs'), agent: join(top, 'agent-logs') };
  for (const path of [made.squid, made.apiProxy]) mkdirSync(path, { recursive: true });
  return made;
}

test.each([
  ['the same directory', 'logs', ''],
  ['another one, but the same for the api-proxy', 'others', ''],
  ['a link to it', 'logs', 'link'],
])('a run in %s is refused until the first one has ended', async (_, name, way) => {
  const top = temporaryDirectory();
  symlinkSync('.', join(top, 'link'));
  const lock = await lockLogs(directories(top, 'logs'));
  const second = directories(join(top, way), name);
  const error: unknown = await lockLogs(second).catch((caught: unknown) => caught);
  expect(describeError(error)).toBe(
    `--proxy-logs-dir: another run writes its logs to ${second.squid}, or to ${second.apiProxy}.\n` +
      'Wait until it has ended, or name a directory with another parent: api-proxy-logs is next to it.',
  );
  lock.release();
  (await lockLogs(second)).release();
});

test('one directory for both sidecars is no second run, and directories elsewhere are free', async () => {
  const [one, other] = [temporaryDirectory(), temporaryDirectory()];
  const lock = await lockLogs(directories(one, 'api-proxy-logs'));
  (await lockLogs(directories(other, 'api-proxy-logs'))).release();
  lock.release();
});

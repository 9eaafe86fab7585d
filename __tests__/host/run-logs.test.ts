import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lastRun, makeRunDirectory, prune, runLogsDirectory, runs, writeRunRecord } from '../../src/host/run-logs.ts';
import { describeError } from '../../src/errors.ts';
import { temporaryDirectory, thrown } from '../../testing/builders.ts';

const DAY = 24 * 60 * 60 * 1_000;
const NOW = Date.UTC(2026, 10, 27, 1, 2, 3, 4);

const id = (number: number): string => number.toString(16).padStart(8, '0');

/** Makes a run that ended. */
function ended(directory: string, number: number, time: Date): string {
  const path = makeRunDirectory(id(number), '/nowhere', directory, time);
  const record = { awf: '1.0.0', runId: id(number), program: 'x', outcome: 'success', exitCode: 0, durationMs: 1 };
  writeRunRecord(path, time, record);
  return path;
}

test.each([
  [{}, '/home/me/.local/state/awf/runs'],
  [{ XDG_STATE_HOME: '/state' }, '/state/awf/runs'],
  [{ XDG_STATE_HOME: 'relative' }, '/home/me/.local/state/awf/runs'],
  [{ XDG_STATE_HOME: '' }, '/home/me/.local/state/awf/runs'],
])('the place with %j is %s', (environment, expected) => {
  expect(runLogsDirectory(environment, '/home/me')).toBe(expected);
});

describe('a run', () => {
  test('gets a directory that is the user’s alone, below one that is too', () => {
    const directory = join(temporaryDirectory(), 'awf', 'runs');
    const path = makeRunDirectory('0123abcd', '/nowhere', directory, new Date(NOW));
    expect(basename(path)).toBe('20261127T010203.004Z-0123abcd');
    for (const one of [directory, path]) expect(statSync(one).mode & 0o777).toBe(0o700);
    expect(lastRun(directory)).toEqual({ path, time: new Date(NOW) });
  });

  test('gets none in the workspace', () => {
    const workspace = temporaryDirectory();
    expect(() => makeRunDirectory(id(1), workspace, join(workspace, 'state'))).toThrow('is in the workspace');
    expect(existsSync(join(workspace, 'state'))).toBe(false);
  });

  test.each([
    ['a parent that is a file', (place: string) => join(place, 'file', 'awf', 'runs'), /ENOTDIR/],
    ['a parent that takes no directory', () => '/proc/awf/runs', /ENOENT/],
    ['a parent whose name nobody can look up', (place: string) => join(place, 'x'.repeat(300)), /ENAMETOOLONG/],
  ])('gets none below %s, and hears which variables decide', (_, below, cause) => {
    const place = temporaryDirectory();
    writeFileSync(join(place, 'file'), '');
    const directory = below(place);
    const text = describeError(thrown(() => makeRunDirectory(id(1), '/nowhere', directory)));
    expect(text).toContain(`Nothing can be written to ${directory}.`);
    expect(text).toMatch(/XDG_STATE_HOME.*HOME/);
    expect(text).toMatch(cause);
  });

  test('says how it ended', () => {
    const path = ended(temporaryDirectory(), 1, new Date(NOW));
    expect(JSON.parse(readFileSync(join(path, 'run.json'), 'utf8'))).toEqual({
      ...{ version: 1, startedAt: '2026-11-27T01:02:03.004Z', awf: '1.0.0', runId: id(1), program: 'x' },
      ...{ outcome: 'success', exitCode: 0, durationMs: 1 },
    });
  });
});

test('runs are listed newest first; what is not one is left alone', () => {
  const directory = temporaryDirectory();
  const [first, third, second] = [1, 3, 2].map((at) => ended(directory, at, new Date(NOW + at * 1_000)));
  mkdirSync(join(directory, 'other'));
  writeFileSync(join(directory, '20261127T010203.004Z-00000009'), '');
  symlinkSync('/', join(directory, '20261127T010203.004Z-00000008'));
  expect(runs(directory).map(({ path }) => path)).toEqual([third, second, first]);
  expect(runs(join(directory, 'missing'))).toEqual([]);
});

describe('prune', () => {
  test('keeps the newest 20', () => {
    const directory = temporaryDirectory();
    const all = Array.from({ length: 23 }, (_, at) => ended(directory, at, new Date(NOW - at * 1_000)));
    prune(directory, NOW);
    expect(runs(directory).map(({ path }) => path)).toEqual(all.slice(0, 20));
  });

  test('removes what is older than 30 days, and not what is 29', () => {
    const directory = temporaryDirectory();
    const kept = ended(directory, 1, new Date(NOW - 29 * DAY));
    ended(directory, 2, new Date(NOW - 31 * DAY));
    prune(directory, NOW);
    expect(runs(directory).map(({ path }) => path)).toEqual([kept]);
  });

  test('keeps a run that is still going on', () => {
    const directory = temporaryDirectory();
    const going = makeRunDirectory(id(99), '/nowhere', directory, new Date(NOW - DAY));
    for (let at = 0; at < 25; at++) ended(directory, at, new Date(NOW - at * 1_000));
    prune(directory, NOW);
    expect(runs(directory)).toHaveLength(21);
    expect(existsSync(going)).toBe(true);
  });
});

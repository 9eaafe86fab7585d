import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EVENT_LIMIT, eventCopy, eventMounts, readEvent, writeEvent } from '../../src/agent/event-file.ts';
import { NO_SECRETS, temporaryDirectory } from '../../testing/builders.ts';

const copyOf = (path: string | undefined) => {
  const environment = path === undefined ? {} : { GITHUB_EVENT_PATH: path };
  return eventCopy({ event: readEvent(environment), environment }, NO_SECRETS);
};

const NONE = { text: undefined, variables: {}, warnings: [] };

test('the command gets a copy at a place of the sandbox’s own, which it can read', () => {
  const directory = temporaryDirectory();
  const path = join(directory, 'runner.json');
  writeFileSync(path, '{"token":"x","number":7}');
  const { text, variables, warnings } = copyOf(path);
  expect({ variables, warnings }).toEqual({
    variables: { GITHUB_EVENT_PATH: '/tmp/awf-github/event.json' },
    warnings: [],
  });
  writeEvent(directory, text);
  const [mount] = eventMounts(directory, text);
  expect(mount).toMatchObject({ kind: 'bind', target: '/tmp/awf-github/event.json', writable: false });
  const source = join(directory, 'event.json');
  expect(mount).toMatchObject({ source });
  expect(statSync(source).mode & 0o777).toBe(0o644);
  expect(JSON.parse(readFileSync(source, 'utf8'))).toEqual({ token: '***', number: 7 });
});

test('without an event, there is neither variable nor mount', () => {
  const directory = temporaryDirectory();
  for (const path of [undefined, '', join(directory, 'missing')]) expect(copyOf(path)).toEqual(NONE);
  writeEvent(directory, undefined);
  expect(eventMounts(directory, undefined)).toEqual([]);
});

test('what cannot be used is said, and not waited for', () => {
  const directory = temporaryDirectory();
  const at = (name: string): string => join(directory, name);
  mkdirSync(at('directory'));
  expect(spawnSync('mkfifo', [at('pipe')]).status).toBe(0);
  writeFileSync(at('large'), `{"a":"${'x'.repeat(EVENT_LIMIT)}"}`);
  writeFileSync(at('bad'), '{');
  const problems = {
    directory: 'it is not a regular file',
    pipe: 'it is not a regular file',
    large: `it has ${String(EVENT_LIMIT + 8)} bytes, and the limit is ${String(EVENT_LIMIT)}`,
    bad: 'it is not JSON',
  };
  for (const [name, problem] of Object.entries(problems)) {
    const warnings = [`The command gets no copy of the job's event: ${problem}.`];
    expect(copyOf(at(name))).toEqual({ ...NONE, warnings });
  }
});

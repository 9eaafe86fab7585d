/** Where runners really have their directories: mounts and tools beside the workspace, as hosted runners and others do. */

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sectionedScript, sectionsOf } from '../../testing/engine/sections.ts';
import { copyAction, give, ordinaryUser, runProgram } from '../../testing/runner/program.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';

const IS_ROOT = process.getuid?.() === 0;

const SCRIPT = sectionedScript({
  'b3 a mount': 'cat "$RESULTS/in"; echo out > "$RESULTS/out"; ls "$RESULTS"',
  'b4 a tool': 'a-tool',
  'npm’s prefix, and fnm’s link': 'a-global; a-version',
  'b11 a download': 'a-download; command -v odd || echo "odd: $?"',
  neighbours: 'ls -A "$WORK"; cat "$WORK/other/secret"',
  'the home': 'mkdir -p ~/.cache/x && echo works > ~/.cache/x/y && cat ~/.cache/x/y',
});

const LAYOUTS = [
  { layout: 'a hosted runner', home: 'home', work: 'home/work' },
  { layout: 'a runner of one’s own', home: 'home', work: 'home/actions-runner/_work' },
  { layout: 'a runner whose home is its own directory', home: 'actions-runner', work: 'actions-runner/_work' },
  { layout: 'a runner beside the home', home: 'home', work: 'actions-runner/_work' },
];
const ROWS = [
  ...LAYOUTS.map((layout) => ({ ...layout, who: 'an ordinary user', isOther: true })),
  ...(IS_ROOT ? [{ ...LAYOUTS[0]!, who: 'root', isOther: false }] : []),
];

describe.each(ROWS)('$layout, for $who', ({ home, work, isOther }) => {
  let top: string;
  let result: EntryResult;
  let sections: Record<string, string>;
  const at = (...parts: readonly string[]): string => join(top, ...parts);
  const write = (content: string, ...parts: readonly string[]): void => {
    mkdirSync(join(at(...parts), '..'), { recursive: true });
    writeFileSync(at(...parts), content);
  };

  beforeAll(async () => {
    top = mkdtempSync(join(tmpdir(), 'test-awf-layout-'));
    chmodSync(top, 0o755);
    write('in', work, '_temp/results/in');
    write('#!/bin/sh\necho a tool\n', work, '_tool/t/1/x64/bin/a-tool');
    chmodSync(at(work, '_tool/t/1/x64/bin/a-tool'), 0o755);
    write('#!/bin/sh\necho a global program\n', home, '.npm-global/lib/node_modules/a/cli');
    mkdirSync(at(home, '.npm-global/bin'));
    symlinkSync('../lib/node_modules/a/cli', at(home, '.npm-global/bin/a-global'));
    write('#!/bin/sh\necho a version\n', home, '.local/share/fnm/v24/bin/a-version');
    for (const file of ['.npm-global/lib/node_modules/a/cli', '.local/share/fnm/v24/bin/a-version']) {
      chmodSync(at(home, file), 0o755);
    }
    mkdirSync(at(home, '.local/state'));
    symlinkSync(at(home, '.local/share/fnm/v24'), at(home, '.local/state/fnm-shell'));
    for (const [name, path] of [
      ['a-download', join(work, '_temp/0b0e')],
      ['odd', join(home, 'odd/bin')],
    ] as const) {
      write(`#!/bin/sh\necho ${name}\n`, path, name);
      chmodSync(at(path, name), 0o755);
    }
    write('of a neighbour', work, 'other/secret');
    for (const path of [join(work, 'r/r'), home]) mkdirSync(at(path), { recursive: true });
    const { root, argv } = copyAction(top);
    const user = ordinaryUser();
    if (isOther) give(top, user);
    const [node = ''] = argv('main');
    const results = at(work, '_temp/results');
    const program = [node, join(root, 'dist/cli/index.js'), `--mount=${results}:rw`, `--env=RESULTS=${results}`];
    result = await runProgram(
      [
        ...(isOther ? user.prefix : []),
        ...program,
        `--env=WORK=${at(work)}`,
        '--',
        'sh',
        '-c',
        SCRIPT.replace('set +e +o pipefail', 'set +e'),
      ],
      {
        cwd: at(work, 'r/r'),
        env: {
          HOME: at(home),
          PATH: [
            ...[at(home, '.npm-global/bin'), at(home, '.local/state/fnm-shell/bin')],
            ...[at(work, '_tool/t/1/x64/bin'), at(work, '_temp/0b0e'), at(home, 'odd/bin'), at(home, 'none')],
            '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
          ].join(':'),
          RUNNER_TEMP: at(work, '_temp'),
          RUNNER_TOOL_CACHE: at(work, '_tool'),
        },
      },
    );
    sections = sectionsOf(result.stdout);
  });
  afterAll(() => {
    rmSync(top, { recursive: true });
  });

  test('b3 a mount in the runner’s temporary directory is there, and what the command writes arrives', () => {
    expect(result.code, result.stderr).toBe(0);
    expect(sections['b3 a mount']).toBe('inin\nout');
    expect(readFileSync(at(work, '_temp/results/out'), 'utf8')).toBe('out\n');
  });

  test('b4 the tool cache is there, and PATH finds its tools', () => {
    expect(sections['b4 a tool']).toBe('a tool');
  });

  test('programs that npm installed in a prefix of the user’s own are found, and those behind fnm’s link', () => {
    expect(sections['npm’s prefix, and fnm’s link']).toBe('a global program\na version');
  });

  test('b11 a program in RUNNER_TEMP is found; a directory of PATH that is missing is named', () => {
    expect(sections['b11 a download']).toMatch(/^a-download\nodd: \d+$/);
    const warnings = result.stderr.split('\n').filter((line) => line.includes('PATH names'));
    expect(warnings).toEqual([expect.stringContaining(`PATH names ${at(home, 'odd/bin')}, which the sandbox`)]);
  });

  test('nothing else of the runner is there, and the home can be written to', () => {
    expect(sections['neighbours']).not.toContain('of a neighbour');
    expect(sections['the home']).toBe('works');
  });
});

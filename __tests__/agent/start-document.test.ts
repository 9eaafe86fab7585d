import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startDocument, type AgentStart } from '../../src/agent/start-document.ts';
import { UserError } from '../../src/errors.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

/** Strings that a shell would act on if they were not quoted. Nothing in them may run, and no byte may change. */
const HOSTILE = {
  'a single quote': "it's",
  'only single quotes': "'''",
  'an escape from quotes': "'; touch OWNED; echo '",
  'double quotes': '"$HOME"',
  'a command substitution': '$(touch OWNED)',
  backticks: '`touch OWNED`',
  'a parameter': '${PATH:-x} $PATH $$ $1 $@',
  'a line break': 'a\nb',
  'line breaks at its end': 'a\n\n\n',
  'a carriage return': 'a\r\nb',
  'a backslash at its end': 'a\\',
  backslashes: '\\n \\\\ \\0',
  'a here-document': '<<EOF\ntouch OWNED\nEOF\n',
  'globs and tildes': '* ? [a-z] ~ ~root',
  operators: '; & | && || > OWNED < x ! # {a,b}',
  'a percent format': '%s%n%%',
  'an option': '--help',
  'spaces at both ends': '  a  b  ',
  'an empty string': '',
  'control characters': '\u0001\u001b[31m\u001e\u007f',
  'more than ASCII': 'ü\u2028\u{1f600}',
  'a workflow command': '::stop-commands::x\n::add-path::/evil',
};

interface Seen {
  readonly environment: Record<string, string>;
  readonly argv: string[];
  readonly umask: number;
  /** Reads a file that the document wrote. */
  readonly file: (name: string) => { content: string; mode: number };
  /** Everything in the directory where the shell ran. */
  readonly directory: string;
}

const START: AgentStart = {
  environment: {},
  command: { kind: 'argv', argv: ['true'] },
  checks: [],
  homeFiles: {},
  modes: {},
  umask: '0022',
  directories: [],
  homeLinks: {},
  transcripts: '',
  services: '',
  input: '',
  trust: '',
  modelUrls: [],
  cleared: [],
};

/** Prints what the kernel passed to it. A shell would only show variables with valid names. */
const DUMP = `
PATH=/usr/bin:/bin
printf '%s\\0' "$(umask)" $#
cat /proc/$$/cmdline /proc/$$/environ
`;

/**
 * Runs the document in a real shell, as the container's entrypoint does, and returns what a program started by it gets.
 * The document's own paths below /tmp are moved to a directory of the test.
 */
function evaluate(shell: string, start: Partial<AgentStart>, ofImage: readonly [string, string][] = []): Seen {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'work'));
  mkdirSync(join(directory, 'awf-modes'));
  writeFileSync(join(directory, 'busybox'), '#!/bin/sh\nPATH=/usr/bin:/bin exec "$@"\n');
  chmodSync(join(directory, 'busybox'), 0o755);
  writeFileSync(join(directory, 'dump'), DUMP);
  writeFileSync(
    join(directory, 'entrypoint'),
    `set -u
AWF_LIB='${directory}'
AWF_DOCUMENT=$("$AWF_LIB/busybox" cat) || exit 1
eval "$AWF_DOCUMENT" || exit 1
AWF_CHECKS=$AWF_CHECKS exec /bin/sh '${directory}/dump' "$@"
`,
  );
  const home = { HOME: join(directory, 'home') };
  const document = startDocument({ ...START, ...start, environment: { ...home, ...start.environment } });
  const { status, stdout, stderr } = spawnSync(shell, [join(directory, 'entrypoint')], {
    cwd: join(directory, 'work'),
    env: Object.fromEntries(ofImage),
    input: document.replaceAll('/tmp/awf-', `${directory}/awf-`),
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const [umask = '', count, ...strings] = stdout.split('\0');
  const [argv, environment] = [strings.slice(2, 2 + Number(count)), strings.slice(2 + Number(count), -1)];
  return {
    umask: Number.parseInt(umask, 8),
    argv: argv.map((word) => word.replaceAll(`${directory}/awf-`, '/tmp/awf-')),
    environment: Object.fromEntries(environment.map((entry) => entry.split(/=([^]*)/, 2) as [string, string])),
    file: (name) => ({
      content: readFileSync(join(directory, name), 'utf8'),
      mode: statSync(join(directory, name)).mode & 0o777,
    }),
    directory: join(directory, 'work'),
  };
}

/** Checks that no injected command ran: it would have left this file. */
const untouched = (seen: Seen): void => {
  expect(() => statSync(join(seen.directory, 'OWNED'))).toThrow('ENOENT');
};

describe.each(['sh', 'bash'])('read by %s', (shell) => {
  test('every hostile value arrives in the environment', () => {
    const environment = Object.fromEntries(Object.values(HOSTILE).map((value, index) => [`V${index}`, value]));
    const seen = evaluate(shell, { environment });
    expect(seen.environment).toMatchObject(environment);
    untouched(seen);
  });

  test('nothing else is in the environment', () => {
    const { environment } = evaluate(shell, { environment: { A: '1' } });
    const ofShell = ['HOME', 'PWD', 'OLDPWD', 'SHLVL', '_', 'AWF_CHECKS'];
    expect(Object.keys(environment).filter((name) => !ofShell.includes(name))).toEqual(['A']);
  });

  test('every hostile word arrives in the argv', () => {
    const argv = Object.values(HOSTILE);
    const seen = evaluate(shell, { command: { kind: 'argv', argv } });
    expect(seen.argv).toEqual(argv);
    untouched(seen);
  });

  test.each(Object.entries(HOSTILE))('a script with %s is written unchanged', (_, text) => {
    const seen = evaluate(shell, { command: { kind: 'script', script: text, shell: ['sh', '-e', '{0}'] } });
    expect(seen.argv).toEqual(['sh', '-e', '/tmp/awf-command']);
    expect(seen.file('awf-command').content).toBe(text.endsWith('\n') ? text : `${text}\n`);
    untouched(seen);
  });

  test('the shell’s template gets the script’s path wherever it asks for it', () => {
    const command = { kind: 'script', script: 'x', shell: ['tool', '--file={0}', '{0}', "o'clock"] } as const;
    expect(evaluate(shell, { command }).argv).toEqual([
      'tool',
      '--file=/tmp/awf-command',
      '/tmp/awf-command',
      "o'clock",
    ]);
  });

  test('files of the home and the script are private to the user, but not files that the command makes', () => {
    const content = `{"a": "it's $(touch OWNED)"}\n`;
    const seen = evaluate(shell, {
      homeFiles: { '.claude.json': content, '.config/deep/file': 'x' },
      command: { kind: 'script', script: 'true', shell: ['sh', '{0}'] },
      umask: '0002',
    });
    expect(seen.file('home/.claude.json')).toEqual({ content, mode: 0o600 });
    expect(seen.file('home/.config/deep/file')).toEqual({ content: 'x', mode: 0o600 });
    expect(seen.file('awf-command').mode).toBe(0o600);
    expect(seen.umask).toBe(0o002);
    untouched(seen);
  });

  test('directories are private to the user; links in a writable home lead to the right places', () => {
    const seen = evaluate(shell, {
      directories: ["/tmp/awf-it's a/b", '/tmp/awf-runtime'],
      modes: { '/tmp/awf-modes': '1770' },
      homeLinks: {
        ".cargo/bin/it's": "/tmp/awf-home/it's",
        '.cargo/bin/-s': '/tmp/awf-home/-s',
        '.local/share/claude': '/tmp/awf-home/claude',
      },
      homeFiles: { '.local/file': 'x' },
    });
    const at = (path: string): string => join(seen.directory, '..', path);
    expect(statSync(at('awf-modes')).mode & 0o7777).toBe(0o1770);
    for (const path of ["awf-it's a/b", 'awf-runtime', 'home/.cargo/bin', 'home/.local/share']) {
      expect(statSync(at(path)).mode & 0o777).toBe(0o700);
    }
    expect(readlinkSync(at("home/.cargo/bin/it's"))).toBe(at("awf-home/it's"));
    expect(readlinkSync(at('home/.cargo/bin/-s'))).toBe(at('awf-home/-s'));
    expect(readlinkSync(at('home/.local/share/claude'))).toBe(at('awf-home/claude'));
    untouched(seen);
  });

  test('variables that an image may have set are removed, unless the environment sets them', () => {
    const { environment } = evaluate(shell, { environment: { SET: 'ours' }, cleared: ['SET', 'OF_IMAGE'] }, [
      ['SET', 'image'],
      ['OF_IMAGE', 'image'],
      ['OTHER', 'image'],
    ]);
    expect(environment).toMatchObject({ SET: 'ours', OTHER: 'image' });
    expect(environment).not.toHaveProperty('OF_IMAGE');
  });

  test('the checks arrive line by line', () => {
    const checks = ['absent A', "placeholder B it's $(touch OWNED)", 'listening C'];
    const seen = evaluate(shell, { checks });
    expect(seen.environment['AWF_CHECKS']).toBe(checks.join('\n'));
    untouched(seen);
  });

  test('reads a document of one megabyte', () => {
    const script = `${'# it’s long\n'.repeat(80_000)}true\n`;
    const seen = evaluate(shell, { command: { kind: 'script', script, shell: ['sh', '{0}'] } });
    expect(seen.file('awf-command').content === script).toBe(true);
  });
});

test.each<[string, Partial<AgentStart>]>([
  ['the command', { command: { kind: 'argv', argv: ['a\0b'] } }],
  ['the script', { command: { kind: 'script', script: 'a\0b', shell: ['sh', '{0}'] } }],
  ['a variable', { environment: { A: 'a\0b' } }],
])('a NUL in %s is rejected, because no process can receive it', (_, start) => {
  expect(() => startDocument({ ...START, ...start })).toThrow(UserError);
});

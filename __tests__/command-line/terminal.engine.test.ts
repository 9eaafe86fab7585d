import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CLAUDE, install } from '../../testing/agents/programs.ts';
import { docker, leftOvers } from '../../testing/engine/engine.ts';
import { ROOT } from '../../testing/root.ts';
import { startLocalProvider, TEST_KEYS } from '../../testing/runner/action.ts';
import { HOST_PATH } from '../../testing/runner/host-path.ts';
import { containerOf } from '../../testing/runner/remains.ts';
import { HAS_TMUX, TestTerminal } from '../../testing/runner/terminal.ts';
import { FETCH_LIMIT } from '../../testing/scratch.ts';

const PROGRAM = join(ROOT, 'dist', 'cli', 'index.js');
const SIZE = { columns: 100, rows: 30 };

let directory: string;
let terminal: TestTerminal;

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'test-awf-tty-')));
  for (const name of ['workspace', 'temporary', 'home']) mkdirSync(join(directory, name));
  writeFileSync(join(directory, 'awf'), `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`, { mode: 0o755 });
});
afterEach(() => {
  terminal.close();
  rmSync(directory, { recursive: true });
});

/** Opens a terminal in the workspace, in which `awf` is a program, and writes its settings to the file `before`. */
async function open(path = HOST_PATH, variables: Readonly<Record<string, string>> = {}): Promise<void> {
  const env = {
    ...{ PATH: `${directory}${delimiter}${path}`, HOME: join(directory, 'home'), TMPDIR: join(directory, 'temporary') },
    ...{ TERM: 'xterm-256color', LANG: 'C.UTF-8', ...variables },
  };
  terminal = new TestTerminal(directory, { env, cwd: join(directory, 'workspace'), ...SIZE });
  terminal.enter('stty -a > ../before; echo written');
  await terminal.until(/^written$/m);
}

/** Waits for the end of `awf`, whose line ended with `; done`. @returns its exit code */
async function ended(): Promise<number> {
  const screen = await terminal.until(/^exit code \d+ of awf$/m, 120_000);
  terminal.enter('stty -a > ../after; echo also written');
  await terminal.until(/^also written$/m);
  const [after, before] = ['after', 'before'].map((name) =>
    readFileSync(join(directory, name), 'utf8').replace(/rows \d+; columns \d+/, ''),
  );
  expect(after).toBe(before);
  return Number(/^exit code (\d+) of awf$/m.exec(screen)?.[1]);
}

const REPORT = '; echo "exit code $? of awf"';

/** The id of the only run of this test. */
function runId(): string {
  const [name = ''] = readdirSync(join(directory, 'temporary')).filter((one) => /^awf-[0-9a-f]{8}$/.test(one));
  return name.slice(4);
}

describe.skipIf(!HAS_TMUX)('a terminal', { timeout: 300_000 }, () => {
  test('is the command’s own: size, resize, Ctrl-C, job control, exit code; the local one is as before', async () => {
    await open();
    terminal.enter(`awf -- bash --norc --noprofile -i${REPORT}`);
    await terminal.until(/bash-[\d.]+[#$]/);
    terminal.enter('test -t 0 && test -t 1 && test -t 2 && echo "all are $(tty)"; stty size');
    await terminal.until(/^all are \/dev\/pts\/\d+\n30 100$/m);
    terminal.resize(77, 22);
    terminal.enter('sleep 1; stty size; echo resized');
    await terminal.until(/^22 77\nresized$/m);
    terminal.enter('sleep 600; echo "sleep ended with $?"');
    await terminal.until('sleep 600');
    terminal.press('C-c');
    terminal.enter('echo still here');
    await terminal.until(/^still here$/m);
    terminal.enter('sleep 601');
    await terminal.until('sleep 601');
    terminal.press('C-z');
    await terminal.until(/Stopped\s+sleep 601/);
    terminal.enter('fg');
    await terminal.until(/[#$] fg\nsleep 601/);
    terminal.press('C-c');
    terminal.enter('exit 5');
    expect(await ended()).toBe(5);
    // An exit code alone is no news.
    expect(terminal.screen()).not.toMatch(/^awf: (error|logs)/m);
    expect(readdirSync(join(directory, 'temporary'))).toEqual([]);
  });

  test.each([
    ['less', 'q'],
    ['vi', 'i'],
    ['top', 'q'],
  ] as const)('shows a full-screen program: %s', async (name, ...keys) => {
    await open();
    const line = { less: 'seq 1 500 > lines; awf -- less lines', vi: 'awf -- vi made-by-vi', top: 'awf -- top' }[name];
    terminal.enter(line + REPORT);
    const sign = { less: /^28$/m, vi: /^~\s*\n~\s*\n~/m, top: /PID USER/ }[name];
    await terminal.until(sign);
    expect(terminal.isFullScreen || name === 'top').toBe(true);
    terminal.press(...keys);
    if (name === 'vi') {
      terminal.type('größer');
      terminal.press('BSpace', 'BSpace', 'Escape');
      terminal.enter(':wq');
    }
    expect(await ended()).toBe(0);
    expect(terminal.isFullScreen).toBe(false);
    if (name === 'vi') expect(readFileSync(join(directory, 'workspace/made-by-vi'), 'utf8')).toBe('größ\n');
  });

  /** A program that turns on what a terminal has, and is not asked when it ends. */
  const RUDE = `sh -c 'printf "\\033[?1049h\\033[?1003h\\033[?25l\\033[?1h\\033="; echo on; trap "" TERM INT HUP; sleep 600'`;
  const USUAL = 'alternate_on=0 cursor_flag=1 mouse_any_flag=0 keypad_cursor_flag=0 keypad_flag=0';

  test.each<[string, string, () => unknown, number]>([
    ['the end of its time', '--timeout-minutes=0.05', () => undefined, 124],
    ['SIGTERM for awf', '', () => terminalProcess('SIGTERM'), 143],
    ['SIGHUP for awf', '', () => terminalProcess('SIGHUP'), 129],
    ['a container that somebody removes', '', () => docker(['rm', '--force', containerOf(runId(), 'agent')]), 1],
  ])('is as before after %s', async (_, flags, end, code) => {
    await open();
    terminal.enter(`awf ${flags} -- ${RUDE}${REPORT}`);
    await terminal.untilTrue(() => terminal.isFullScreen);
    const id = runId();
    end();
    expect(await ended()).toBe(code);
    expect(terminal.modes).toBe(USUAL);
    expect(leftOvers(id)).toEqual([]);
  });

  function terminalProcess(signal: NodeJS.Signals): void {
    const [pid] = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((name) => {
        try {
          const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
          return words[1] === PROGRAM && readFileSync(`/proc/${name}/environ`, 'utf8').includes(directory);
        } catch {
          return false;
        }
      });
    process.kill(Number(pid), signal);
  }

  test('is not given in the background, with --no-tty, or for half of the streams', async () => {
    await open();
    const look = `sh -c 'test -t 0 || echo no input; test -t 1 || echo no output; cat; echo end'`;
    terminal.enter(`awf --no-tty -- ${look}${REPORT}`);
    expect(await ended()).toBe(0);
    expect(terminal.screen()).toMatch(/^no input\nno output\nend$/m);
    terminal.press('C-l');
    terminal.enter(`clear; awf -- ${look} | cat; awf -- ${look} & wait; echo all done`);
    await terminal.until(/^all done$/m);
    expect(terminal.screen().match(/^no input\nno output\nend$/gm)).toHaveLength(2);
    terminal.enter(`clear; awf -t -- true < /dev/null${REPORT}`);
    await terminal.until(/^awf: error: --tty: the standard input of awf is not a terminal\.$/m);
  });

  test.each([
    ['a title without an end', '\\033]0;x'],
    ['a device string without an end', '\\033Pq'],
  ])('shows what AWF reports, whatever the command leaves behind: %s', async (_, sequence) => {
    await open();
    for (const flags of ['', '--no-tty']) {
      terminal.enter(`clear; awf ${flags} -- sh -c 'printf "${sequence}"; exit 126'${REPORT}`);
      expect(await ended()).toBe(126);
      expect(terminal.screen()).toMatch(/^awf: error: A file could not be executed \(exit code 126\)/m);
    }
  });

  test('keeps standard error apart if it goes elsewhere', async () => {
    await open();
    terminal.enter(`awf -- sh -c 'test -t 1 && echo a terminal; test -t 2 || echo to the file >&2' 2> ../err${REPORT}`);
    expect(await ended()).toBe(0);
    expect(terminal.screen()).toMatch(/^a terminal$/m);
    expect(readFileSync(join(directory, 'err'), 'utf8')).toMatch(/^to the file\n/m);
  });

  test(
    'lets Claude Code work as outside: question, answer, Ctrl-C',
    async () => {
      const provider = await startLocalProvider({
        keys: { anthropic: TEST_KEYS.anthropic },
        respond: ['The model says hello to the terminal.'],
      });
      try {
        const program = join(await install(CLAUDE), 'node_modules');
        const inputs = provider.inputs('anthropic');
        writeFileSync(join(directory, 'ca.pem'), provider.ca.certPem);
        // What it asks at its very first start.
        const known = { hasCompletedOnboarding: true, theme: 'dark' };
        writeFileSync(join(directory, 'home', '.claude.json'), JSON.stringify(known));
        await open([join(program, '.bin'), HOST_PATH].join(delimiter), { ANTHROPIC_API_KEY: TEST_KEYS.anthropic });
        const flags = [
          `--anthropic-api-target=${inputs['anthropic-api-target'] ?? ''}`,
          `--add-hosts=${inputs['add-hosts'] ?? ''}`,
          `--upstream-ca=../ca.pem --mount=${program}`,
        ];
        terminal.enter(`awf ${flags.join(' ')} -- claude${REPORT}`);
        await terminal.until('Yes, I trust this folder', 150_000);
        await terminal.pressUntil('End', '❯ Yes, I trust');
        terminal.press('Enter');
        await terminal.until(/shift\+tab to cycle|\? for shortcuts/);
        terminal.type('Say hello, please');
        await terminal.until('Say hello, please');
        terminal.press('Enter');
        await terminal.until('The model says hello to the terminal.', 120_000);
        expect(provider.server.requests.map(({ headers }) => headers['x-api-key'])).toContain(TEST_KEYS.anthropic);
        terminal.press('C-c');
        await terminal.until(/Ctrl-C again/i);
        terminal.press('C-c');
        expect(await ended()).toBe(0);
        expect(terminal.screen()).toContain('ANTHROPIC_API_KEY is set, so the api-proxy is on');
        expect(terminal.modes).toBe(USUAL);
      } finally {
        await provider.server.close();
      }
    },
    FETCH_LIMIT,
  );
});

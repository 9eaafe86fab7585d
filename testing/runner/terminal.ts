/** A terminal that a test types into and reads: a session of tmux with a shell. */

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENGINE_VARIABLES } from '../engine/engine.ts';

/** If it is false, the tests that need tmux are skipped by name. script/test fails on that when CI=true. */
export const HAS_TMUX = spawnSync('tmux', ['-V']).status === 0;

export interface TerminalOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly columns: number;
  readonly rows: number;
}

export class TestTerminal {
  readonly #socket: string;
  readonly #env: Readonly<Record<string, string>>;

  /** Starts a shell without start files in a terminal of its own. @param directory for the socket of its server */
  constructor(directory: string, { env, cwd, columns, rows }: TerminalOptions) {
    this.#socket = join(directory, 'tmux');
    this.#env = { ...ENGINE_VARIABLES, ...env };
    const size = ['-x', String(columns), '-y', String(rows)];
    this.#tmux(['-f', '/dev/null', 'new-session', '-d', ...size, '-c', cwd, 'PS1="outside$ " exec bash --norc -i']);
    this.#tmux(['set-option', '-g', 'window-size', 'manual']);
  }

  #tmux(args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync('tmux', ['-S', this.#socket, ...args], {
      env: this.#env,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`tmux ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  /** Types a text as it is. */
  type(text: string): void {
    this.#tmux(['send-keys', '-l', '--', text]);
  }

  /** Presses keys by their names: `Enter`, `C-c`, `Escape`. */
  press(...names: readonly string[]): void {
    this.#tmux(['send-keys', ...names]);
  }

  enter(line: string): void {
    this.type(line);
    this.press('Enter');
  }

  resize(columns: number, rows: number): void {
    this.#tmux(['resize-window', '-x', String(columns), '-y', String(rows)]);
  }

  /** What a reader sees, and what has scrolled away. Lines that were wrapped are whole. */
  screen(): string {
    return this.#tmux(['capture-pane', '-p', '-J', '-S', '-500']);
  }

  /** Whether a program has the alternate screen, as vi and less do. */
  get isFullScreen(): boolean {
    return this.#tmux(['display-message', '-p', '#{alternate_on}']).trim() === '1';
  }

  /** The state that a program may leave behind. */
  get modes(): string {
    const names = ['alternate_on', 'cursor_flag', 'mouse_any_flag', 'keypad_cursor_flag', 'keypad_flag'];
    return this.#tmux(['display-message', '-p', names.map((name) => `${name}=#{${name}}`).join(' ')]).trim();
  }

  /** @throws Error with the screen, if `sign` does not appear on it. The limit is no measurement. */
  async until(sign: string | RegExp, limitMs = 90_000): Promise<string> {
    return this.untilTrue(() => (typeof sign === 'string' ? this.screen().includes(sign) : sign.test(this.screen())), {
      ...{ limitMs, what: String(sign) },
    });
  }

  /**
   * Presses a key that a program may not be ready for, until `sign` has stood still for three seconds: a program that
   * has just started may draw itself anew and forget the key. It may arrive several times, so a second press must do
   * nothing: `End`, not `Down`, in a list that starts again at its top.
   */
  async pressUntil(name: string, sign: string): Promise<void> {
    for (let left = 20; left > 0; left--) {
      this.press(name);
      if ((await this.#sees(sign, true, 2000)) && !(await this.#sees(sign, false, 3000))) return;
    }
    await this.until(sign, 0);
  }

  /** Whether `sign` is on the screen, or is not on it any more, within a time. */
  async #sees(sign: string, isThere: boolean, limitMs: number): Promise<boolean> {
    const end = performance.now() + limitMs;
    while (performance.now() < end) {
      if (this.screen().includes(sign) === isThere) return true;
      await sleep(100);
    }
    return false;
  }

  async untilTrue(
    isTrue: () => boolean,
    { limitMs = 90_000, what = isTrue.toString() }: { readonly limitMs?: number; readonly what?: string } = {},
  ): Promise<string> {
    const end = performance.now() + limitMs;
    while (!isTrue()) {
      if (performance.now() > end) throw new Error(`Waited for ${what}. The terminal shows:\n${this.screen()}`);
      await sleep(100);
    }
    return this.screen();
  }

  close(): void {
    spawnSync('tmux', ['-S', this.#socket, 'kill-server'], { env: this.#env });
    rmSync(this.#socket, { force: true });
  }
}

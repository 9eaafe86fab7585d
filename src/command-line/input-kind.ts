import { fstatSync, readFileSync } from 'node:fs';
import { UserError } from '../errors.ts';

/** What a command gets as its standard input: nothing, what awf's own has, or a terminal. */
export type InputKind = 'none' | 'data' | 'terminal';

/** What decides about it. */
export interface Surroundings {
  /** What awf's standard input is. A device without data, such as /dev/null, is `none`. */
  readonly input: InputKind;
  readonly isOutputTerminal: boolean;
  /** False for a job in the background, which the kernel stops if it touches its terminal. */
  readonly isForeground: boolean;
}

/**
 * A command gets a terminal if awf has one on both sides, as a program does that a shell starts without awf.
 *
 * @param wanted what `--tty` says, if it says anything
 * @throws UserError if there is no terminal to give
 */
export function inputKind(wanted: boolean | undefined, around: Surroundings): InputKind {
  const { input, isOutputTerminal, isForeground } = around;
  const isTerminal = input === 'terminal' && isOutputTerminal;
  if (wanted === true && !isTerminal) {
    const which = input === 'terminal' ? 'output' : 'input';
    throw new UserError(`--tty: the standard ${which} of awf is not a terminal.`, {
      hint: 'Leave --tty out, or start awf in a terminal, without redirecting its input or output.',
    });
  }
  if (input !== 'terminal') return input;
  return isTerminal && (wanted ?? isForeground) ? 'terminal' : 'none';
}

/** Looks at this process. */
export function surroundings(): Surroundings {
  const { stdin, stdout } = process;
  return {
    input: stdin.isTTY ? 'terminal' : hasData(0) ? 'data' : 'none',
    isOutputTerminal: stdout.isTTY,
    isForeground: isForeground(readFileSync('/proc/self/stat', 'utf8')),
  };
}

/** The device number of /dev/null (Linux, Documentation/admin-guide/devices.txt). */
const NULL_DEVICE = 0x103;

function hasData(descriptor: number): boolean {
  try {
    const file = fstatSync(descriptor);
    return file.isFIFO() || file.isSocket() || file.isFile() || (file.isCharacterDevice() && file.rdev !== NULL_DEVICE);
  } catch {
    return false;
  }
}

/**
 * Whether the kernel gives the terminal's keys to the process group of this process.
 *
 * @param stat of proc_pid_stat(5). The name of the program in it may contain anything
 */
export function isForeground(stat: string): boolean {
  const [, , group, , terminal, foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return terminal === '0' || group === foreground;
}

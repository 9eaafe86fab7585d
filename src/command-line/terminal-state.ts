/**
 * Modes that full-screen programs switch on, and must be off for a shell: `CSI ? MODE h` switches on, `CSI ? MODE l` off.
 * (xterm, "Control Sequences"; 2004 is bracketed paste, 1000 to 1016 are the mouse, 1004 the focus, 2026 a frozen screen)
 */
const MODES = [1, 9, 47, 66, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1047, 1049, 2004, 2026, 2031];
/** Modes that are on in a shell: lines wrap, and the cursor shows. */
const USUALLY_ON = [7, 25];

const SEQUENCE = /\u001b(?:\[\?([\d;]+)([hl])|\[([>=<])([\d;]*)u|\[>(\d+)(?:;(\d*))?m|([=>])|(c))/g;
/** Characters that a sequence may have at most: what is cut off at the end of a chunk is kept for the next one. */
const LONGEST = 64;

/** Follows what a program does to a terminal, so that it can be undone when the program cannot any more. */
export class TerminalState {
  readonly #changed = new Set<number>();
  /** Entries on the stack of the keyboard protocol (https://sw.kovidgoyal.net/kitty/keyboard-protocol/). */
  #keyboards = 0;
  #hasOtherKeys = false;
  #hasKeypad = false;
  #rest = '';

  /** @param chunk output on its way to the terminal */
  push(chunk: Buffer): void {
    const text = this.#rest + chunk.toString('latin1');
    let end = 0;
    for (const match of text.matchAll(SEQUENCE)) {
      end = match.index + match[0].length;
      this.#apply(match);
    }
    const start = text.lastIndexOf('\u001b');
    this.#rest = start >= end && text.length - start < LONGEST ? text.slice(start) : '';
  }

  #apply([, modes, on, stack, , resource, value, keypad, reset]: readonly (string | undefined)[]): void {
    if (reset !== undefined) {
      this.#changed.clear();
      [this.#keyboards, this.#hasOtherKeys, this.#hasKeypad] = [0, false, false];
    }
    for (const mode of modes?.split(';').map(Number) ?? []) {
      const isUnusual = USUALLY_ON.includes(mode) ? on === 'l' : MODES.includes(mode) && on === 'h';
      if (isUnusual) this.#changed.add(mode);
      else this.#changed.delete(mode);
    }
    if (stack === '>') this.#keyboards += 1;
    if (stack === '<') this.#keyboards = Math.max(0, this.#keyboards - 1);
    if (resource === '4') this.#hasOtherKeys = Number(value ?? '0') > 0;
    if (keypad !== undefined) this.#hasKeypad = keypad === '=';
  }

  /** What brings the terminal back to how a shell has it. Empty if the program did so itself. */
  undo(): string {
    const modes = [...this.#changed].map((mode) => `\u001b[?${mode}${USUALLY_ON.includes(mode) ? 'h' : 'l'}`);
    return [
      ...(this.#keyboards > 0 ? [`\u001b[<${this.#keyboards}u`] : []),
      ...(this.#hasOtherKeys ? ['\u001b[>4;0m'] : []),
      ...(this.#hasKeypad ? ['\u001b>'] : []),
      ...modes,
      ...(modes.length > 0 ? ['\u001b[0m'] : []),
    ].join('');
  }
}

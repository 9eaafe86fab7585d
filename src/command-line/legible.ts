import type { Sink } from '../docker/engine.ts';
import { by, TERMINAL_RESET, type RunReporter } from '../reporter.ts';

/** What may change how a terminal shows text: ESC, the other character set, and the control characters above ASCII. */
const CONTROLS = /[\x0e\x1b\x80-\x9f]/;

/**
 * Ends an open sequence, gives the screen all its lines without moving the cursor, and puts back colours and characters.
 * (xterm, "Control Sequences": DECSC, DECSTBM, IRM, DECRC, and SCS with SI)
 */
const RESET = `\u001b\\\u001b7\u001b[r\u001b[4l\u001b8${TERMINAL_RESET}\u001b(B\u000f`;

/** Keeps the command's output from hiding, on the user's terminal, what AWF has to say. */
export class Legible {
  #isChanged = false;

  /** Output on its way to the terminal. */
  through(sink: Sink): Sink {
    return (chunk) => {
      this.#isChanged ||= CONTROLS.test(chunk.toString('latin1'));
      return sink(chunk);
    };
  }

  /** Wraps `reporter`, which writes to the terminal. */
  in(reporter: RunReporter): RunReporter {
    return by(reporter, (write) => {
      if (this.#isChanged) process.stderr.write(RESET);
      this.#isChanged = false;
      write();
    });
  }
}

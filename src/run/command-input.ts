import { Transform, type Readable, type TransformCallback } from 'node:stream';

/** The standard input of a command. `attach-input` in the agent's container hands it over. */
export interface CommandInput {
  /** The arguments of `attach-input` in front of the command. */
  readonly words: string;
  /** Called once, when the command starts. @returns what `attach-input` reads */
  readonly open: () => Readable;
  /** Called when the command has ended, or will not be started. It may come twice, and without {@link open}. */
  readonly close: () => void;
}

/** The most that a frame can have; `attach-input.c` has the format. */
const LONGEST = 0xffff;

/** Turns what the command is to read into frames. */
export class Frames extends Transform {
  readonly #hasEnd: boolean;

  /** @param hasEnd whether the command is to see the end of the input. A terminal has none */
  constructor(hasEnd: boolean) {
    super();
    this.#hasEnd = hasEnd;
  }

  /** Tells the size of a terminal's window. */
  resize(rows: number, columns: number): void {
    this.push(frame('w', windowSize(rows, columns)));
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    for (let at = 0; at < chunk.length; at += LONGEST) this.push(frame('d', chunk.subarray(at, at + LONGEST)));
    done();
  }

  override _flush(done: TransformCallback): void {
    if (this.#hasEnd) this.push(frame('e', Buffer.alloc(0)));
    done();
  }
}

function frame(type: 'd' | 'e' | 'w', content: Buffer): Buffer {
  const header = Buffer.alloc(3);
  header.write(type);
  header.writeUInt16BE(content.length, 1);
  return Buffer.concat([header, content]);
}

function windowSize(rows: number, columns: number): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt16BE(Math.min(rows, LONGEST), 0);
  size.writeUInt16BE(Math.min(columns, LONGEST), 2);
  return size;
}

/** A command's standard input that is a pipe. @param source ends when the command's input does */
export function pipedInput(source: Readable): CommandInput {
  const frames = new Frames(true);
  return {
    words: 'pipe',
    open: () => {
      // What cannot be read any more has ended, as for a program that reads it itself.
      source.once('error', () => frames.end());
      return source.pipe(frames);
    },
    close: () => {
      source.unpipe(frames);
      source.pause();
    },
  };
}

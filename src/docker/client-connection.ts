import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { Agent } from 'node:http';
import { Duplex } from 'node:stream';
import { failure, killed } from './failure.ts';

/** The call that connects standard input and output with the engine, wherever the client's settings say it is. */
const DIAL = ['system', 'dial-stdio'];

/** Connects with the engine that the docker client is set to. Each connection is a process of the client. */
export class ClientAgent extends Agent {
  readonly #program: string;

  /** @param program the path of the client */
  constructor(program: string) {
    super();
    this.#program = program;
  }

  override createConnection(): Duplex {
    return new ClientConnection(spawn(this.#program, DIAL, { stdio: 'pipe', detached: true }));
  }
}

/** A connection over standard input and output of the client. */
class ClientConnection extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;
  #complaint = '';

  constructor(child: ChildProcessWithoutNullStreams) {
    super({ allowHalfOpen: true });
    this.#child = child;
    // Whoever waits for an answer hears of it too. Nobody does once there is one.
    this.on('error', () => undefined);
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    // A chunk may end within a character.
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint += text;
    });
    child.stdin.on('error', () => undefined); // The exit code tells why.
    child.on('error', (error) => {
      this.destroy(error);
    });
    child.on('close', (exitCode) => {
      if (exitCode === 0) this.push(null);
      else this.destroy(exitCode === null ? killed(DIAL) : failure(DIAL, { exitCode, stderr: this.#complaint }));
    });
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    if (this.#child.stdin.write(chunk)) done();
    else this.#child.stdin.once('drain', done);
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(() => {
      done();
    });
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.kill();
    done(error);
  }
}

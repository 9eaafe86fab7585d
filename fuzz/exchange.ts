/** Sends one case's octets over a raw socket and reads everything that comes back until the connection ends. */

import { connect } from 'node:net';
import { readAnswer, WireError, WireReader, type WireAnswer } from '../testing/sidecar/http-wire.ts';

export interface Exchanged {
  readonly octets: Buffer;
  /** Whether the connection was still open long after the client had sent its last octet. */
  readonly hangs: boolean;
}

/** Milliseconds without an octet after which the client ends its side: before and after the first octet has arrived. */
const QUIET_MS = { before: 25, after: 2 };
/**
 * Milliseconds that the sidecar has to end a connection once the client has ended it. The sidecar itself waits one
 * second for a refused body.
 */
const HANG_MS = 10_000;

export function exchange(port: number, octets: Buffer): Promise<Exchanged> {
  return new Promise((resolve) => {
    const received: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true }, () => socket.write(octets));
    const finish = (hangs: boolean): void => {
      clearTimeout(quiet);
      clearTimeout(hang);
      socket.destroy();
      resolve({ octets: Buffer.concat(received), hangs });
    };
    const end = (): void => void socket.end();
    let quiet = setTimeout(end, QUIET_MS.before);
    const hang = setTimeout(finish, HANG_MS, true);
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk);
      clearTimeout(quiet);
      quiet = setTimeout(end, QUIET_MS.after);
    });
    // A reset also ends the connection.
    socket.on('error', () => undefined);
    socket.on('end', () => finish(false));
    socket.on('close', () => finish(false));
  });
}

/**
 * Reads the answers of a connection. The answer to a `HEAD` has no body, but in a malformed request the method may be
 * unclear.
 *
 * @returns the complete answers; the client's own end may have cut the last one
 * @throws WireError if no reading is well-formed
 */
export function readAnswers(octets: Buffer, mayBeHead: boolean): WireAnswer[] {
  if (octets.length === 0) return [];
  try {
    return answersFrom(octets, 'GET', mayBeHead);
  } catch (error) {
    if (mayBeHead && error instanceof WireError) return answersFrom(octets, 'HEAD', mayBeHead);
    throw error;
  }
}

function answersFrom(octets: Buffer, method: string, mayBeHead: boolean): WireAnswer[] {
  const reader = new WireReader();
  reader.push(octets);
  reader.end();
  const reading = readAnswer(reader, method);
  let step;
  try {
    step = reading.next();
  } catch (error) {
    // The client's own end cancelled it after an interim answer.
    if (error instanceof WireError && error.endedWithin === 'the start line' && reader.rest.length === 0) return [];
    throw error;
  }
  if (step.done !== true) throw new WireError('an unfinished answer');
  if (step.value.framing === 'close') throw new WireError('an answer framed by the end of its connection');
  return [step.value, ...readAnswers(reader.rest, mayBeHead)];
}

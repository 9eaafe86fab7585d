import { fstatSync, read } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { errorCode } from '../errors.ts';
import type { ConfigInput } from './start-config.ts';

const STANDARD_INPUT = 0;
const CHUNK_OCTETS = 64 * 1024;
/** Milliseconds between two reads of an input that has nothing yet and does not block. */
const RETRY_MS = 5;

const readInto = promisify(read);

async function* chunks(fd: number): AsyncGenerator<Buffer> {
  for (;;) {
    const buffer = Buffer.allocUnsafe(CHUNK_OCTETS);
    try {
      const { bytesRead } = await readInto(fd, buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') throw error;
      await sleep(RETRY_MS);
    }
  }
}

/**
 * Reads standard input without `process.stdin`, whose streams cost more memory than everything that is read here.
 *
 * @throws Error of the system if it is closed or cannot be read
 */
export const standardInput = (fd = STANDARD_INPUT): ConfigInput =>
  Object.assign(chunks(fd), { isTTY: fstatSync(fd).isCharacterDevice() });

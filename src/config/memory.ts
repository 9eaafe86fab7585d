import { UserError } from '../errors.ts';
import { placeOf, type Given } from './source.ts';

const UNITS: Readonly<Record<string, number>> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/**
 * The least that the engine accepts, in bytes: `linuxMinMemory` in daemon/daemon_unix.go, the same in every engine since
 * 20.10.
 */
const LEAST = 6 * 2 ** 20;

/** The octets of a size that {@link memory} has accepted. */
export function memoryBytes(size: string): number {
  return Number.parseInt(size, 10) * (UNITS[size.at(-1) ?? ''] ?? 1);
}

/** A size in the format of Docker's `--memory`. */
export function memory({ text, source }: Given): string {
  const refuse = (why: string, hint: string): never => {
    throw new UserError(`${placeOf(source)}: "${text}" ${why}`, { hint });
  };
  if (!/^[1-9]\d*[bkmg]?$/i.test(text)) refuse('is not a size.', 'Write a number with k, m or g, for example "6g".');
  const size = text.toLowerCase();
  const bytes = memoryBytes(size);
  if (bytes < LEAST) {
    const bare = /\d$/.test(size) ? 'A number without a unit is in bytes. ' : '';
    refuse('is less than the 6 MB that a container needs.', `${bare}Agents need gigabytes: write "6g".`);
  }
  if (!Number.isSafeInteger(bytes)) refuse('is more than any machine has.', 'Write, for example, "6g".');
  return size;
}

/**
 * As `Promise.all`, but waits for every promise before it fails: nothing goes on behind the back of the clean-up that
 * follows. Throws the first error.
 */
export async function settleAll<T extends readonly unknown[]>(promises: T): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

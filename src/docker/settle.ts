/**
 * Like `Promise.all`, but fails only once every promise is settled: nothing may still be running when the clean-up
 * begins.
 *
 * @throws the first error
 */
export async function settleAll<T extends readonly unknown[]>(promises: T): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

import { setFlagsFromString } from 'node:v8';

/**
 * Flags of V8 that cannot be arguments: with one of them, V8 rejects the compiled code of its own modules that Node.js
 * brings along, and compiles all of it again at the start, which takes 25 ms. V8's flags do not change within a major
 * version of Node.js.
 */
const FLAGS = [
  // If the objects of requests in progress are what happens to survive a collection, V8 allocates later ones among the old
  // objects, each of which keeps a finished request alive until the next full collection.
  '--no-allocation-site-pretenuring',
  // Otherwise, one function of Node's own start crosses the threshold of 400 calls and loads the second compiler: 1.5 MB of
  // idle memory.
  '--invocation-count-for-maglev=1000',
];

/** Sets the flags, once all modules are loaded. */
export function setV8Flags(): void {
  for (const flag of FLAGS) setFlagsFromString(flag);
}

import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * Loads a bundle of its own (`script/build`) when it is needed: most runs never need it, and V8 reads a program as a whole.
 *
 * For what is read in one go, where `import()` would make every caller wait. The bundle stands beside the program, as its
 * source stands beside the module that asks, and has the same ending.
 *
 * @param name of the file, without the ending
 * @param meta of the module that asks
 */
export function packageBeside(name: string, { dirname, filename }: ImportMeta): unknown {
  const path = join(dirname, `${name}.${filename.endsWith('.ts') ? 'ts' : 'js'}`);
  return createRequire(path)(path);
}

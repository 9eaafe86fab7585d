import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ONE_SHOT_LIBRARY } from '../../../src/shared/contract.ts';
import { docker } from '../../../testing/engine/engine.ts';
import { agentLibrary, LIBCS, probeImage, runProbes } from './one-shot-token.ts';
import { CASES, commandOf, ENVIRONMENT, linesOf } from './one-shot-token-cases.ts';

/** Milliseconds. Building the images takes a minute, once per machine. */
const BUILD_PATIENCE = 600_000;

/** Drops process ids, which are unpredictable. */
const withoutNumbers = (text: string): string[] => text.replaceAll(/ \(process \d+\)/g, '').split('\n');

let library: ReturnType<typeof agentLibrary>;
beforeAll(() => {
  library = agentLibrary();
});
afterAll(() => {
  library.remove();
});

describe.each(LIBCS)('on %s', (libc) => {
  const commands = Object.fromEntries(CASES.map((example) => [example.what, commandOf(example)]));
  let preloaded: Record<string, string>;
  let control: Record<string, string>;
  beforeAll(() => {
    const image = probeImage(libc);
    const run = (directory?: string) => runProbes({ image, environment: ENVIRONMENT, library: directory }, commands);
    [preloaded, control] = [run(library.directory), run()];
  }, BUILD_PATIENCE);

  test.each(CASES)('$what', (example) => {
    const { what, messages = [] } = example;
    const output = withoutNumbers(preloaded[what] ?? '');
    const logged = messages.map((message) => `one-shot-token: ${message}`);
    expect(output.filter((line) => !logged.includes(line))).toEqual(linesOf(example, true));
    expect(output.filter((line) => logged.includes(line))).toEqual(logged);
  });

  test.each(CASES)('control, without the library: $what', (example) => {
    expect(withoutNumbers(control[example.what] ?? '')).toEqual(linesOf(example, false));
  });
});

describe('the file', () => {
  const read = (...options: readonly string[]): string =>
    docker([
      ...['run', '--rm', '--network=none', `--volume=${library.directory}:/library:ro`, probeImage('tools')],
      ...['readelf', '--wide', ...options, `/library/${basename(ONE_SHOT_LIBRARY)}`],
    ]);

  test('needs no other library and no versioned symbol', () => {
    const dynamic = read('--dynamic');
    expect(dynamic).toContain('(INIT_ARRAY)');
    expect(dynamic).not.toMatch(/NEEDED|VERNEED|RELR|TEXTREL/);
    expect(read('--version-info')).toContain('No version information found');
  });

  test('imports four weak names, and exports what it replaces', () => {
    const symbols = read('--dyn-syms')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([number, , , , binding]) => /^\d+:$/.test(number ?? '') && binding !== 'LOCAL')
      .map(([, , , , binding, , section, name]) => `${section === 'UND' ? 'imports' : 'exports'} ${binding} ${name}`);
    expect(symbols.toSorted()).toEqual(
      [
        ...['__environ', '__errno_location', 'getauxval', 'putenv'].map((name) => `imports WEAK ${name}`),
        ...['clearenv', 'getenv', 'secure_getenv', 'unsetenv'].map((name) => `exports GLOBAL ${name}`),
      ].toSorted(),
    );
  });

  test('leaves the process hardened: no executable stack, no lazy binding', () => {
    expect(read('--segments')).toMatch(/GNU_STACK .* RW +0x/);
    expect(read('--dynamic')).toContain('BIND_NOW');
  });
});

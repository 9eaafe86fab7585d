import { describe, expect, test } from 'vitest';
import { Gate } from '../../src/run/gate.ts';

const MARKER = '\u001eawf: command\n';

/** Pushes the chunks and returns what happened to them. */
function push(...chunks: (string | Buffer)[]) {
  const relayed: Buffer[] = [];
  let passes = 0;
  const gate = new Gate(
    () => (passes += 1),
    (chunk) => void relayed.push(chunk),
  );
  for (const chunk of chunks) void gate.push(Buffer.from(chunk));
  return { gate, passes, relayed: Buffer.concat(relayed).toString('latin1') };
}

const bytes = (text: string): Buffer[] => Array.from(Buffer.from(text), (byte) => Buffer.from([byte]));

describe('before the marker', () => {
  test('everything is the check’s, and nothing is relayed', () => {
    const { gate, passes, relayed } = push('pre-flight check ', 'failed: x\n', '\n');
    expect({ passed: gate.passed, passes, relayed }).toEqual({ passed: false, passes: 0, relayed: '' });
    expect(gate.message).toBe('pre-flight check failed: x');
  });

  test('the engine client’s warning about the resolver is left out', () => {
    expect(
      push('WARNING: Localhost DNS setting (--dns=127.0.0.1) may fail in containers.\nfailed: x\n').gate.message,
    ).toBe('failed: x');
  });

  test('only the end of it is kept', () => {
    const { gate } = push(...Array.from({ length: 200 }, () => 'x'.repeat(1024)), 'the end');
    expect(gate.message.length).toBeLessThanOrEqual(64 * 1024);
    expect(gate.message).toMatch(/x the end$|xthe end$/);
  });
});

describe('the marker', () => {
  test.each([
    ['in one chunk', [`before\n${MARKER}after`]],
    ['byte by byte', bytes(`before\n${MARKER}after`)],
    ['at the end of a chunk', [`before\n${MARKER}`, 'after']],
    ['across two chunks', [`before\n${MARKER.slice(0, 5)}`, `${MARKER.slice(5)}after`]],
    ['after more than is kept', ['x'.repeat(65_530), MARKER.slice(0, 3), `${MARKER.slice(3)}after`]],
  ])('is found %s', (_, chunks) => {
    const { gate, passes, relayed } = push(...chunks);
    expect({ passed: gate.passed, passes, relayed }).toEqual({ passed: true, passes: 1, relayed: 'after' });
  });

  test('opens once: a second one belongs to the command', () => {
    const { passes, relayed } = push(MARKER, `a${MARKER}b`, MARKER);
    expect({ passes, relayed }).toEqual({ passes: 1, relayed: `a${MARKER}b${MARKER}` });
  });

  test('is exact', () => {
    for (const text of ['awf: command\n', '\u001eawf: command', '\u001eawf: Command\n']) {
      expect(push(text).gate.passed).toBe(false);
    }
  });
});

test('what the command writes is relayed byte for byte', () => {
  const binary = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  expect(push(MARKER, binary, binary).relayed).toBe(Buffer.concat([binary, binary]).toString('latin1'));
});

test('waits for the consumer of the command’s output', () => {
  const taken = Promise.resolve();
  const gate = new Gate(
    () => undefined,
    () => taken,
  );
  expect(gate.push(Buffer.from('before'))).toBeUndefined();
  expect(gate.push(Buffer.from(MARKER))).toBeUndefined();
  expect(gate.push(Buffer.from('x'))).toBe(taken);
});

test('the notice that the command has started precedes its first chunk', () => {
  const order: string[] = [];
  const gate = new Gate(
    () => order.push('passed'),
    (chunk) => void order.push(chunk.toString()),
  );
  void gate.push(Buffer.from(`${MARKER}x`));
  expect(order).toEqual(['passed', 'x']);
});

import { expect, test } from 'vitest';
import { firstLine, sandboxGroup } from '../../src/log/start.ts';

const MACHINE = 'linux/amd64';

test.each([
  [
    { version: '1.4.0', label: 'Review', platform: MACHINE, engine: '28.3.1' },
    '1.4.0 · Review · linux/amd64, Docker 28.3',
  ],
  [{ version: '1.4.0', label: undefined, platform: MACHINE, engine: undefined }, '1.4.0 · linux/amd64'],
  [{ version: undefined, label: undefined, platform: MACHINE, engine: '20.10.5+dfsg1' }, 'linux/amd64, Docker 20.10'],
])('%j', (opening, line) => {
  expect(firstLine(opening)).toBe(line);
});

test('the title has what took how long, and the lines have the rest', () => {
  const phases = [
    { phase: 'networks', startMs: 200, endMs: 600 },
    { phase: 'images', startMs: 200, endMs: 400 },
    { phase: 'agent', startMs: 700, endMs: Number.NaN },
  ];
  const { title, lines } = sandboxGroup(2_600, phases);
  expect(title).toBe('sandbox is up after 2.6 s (images 0.2 s, networks 0.4 s, containers and check 1.9 s)');
  expect(lines).toContain('agent     1.9 s, from 0.7 s');
});

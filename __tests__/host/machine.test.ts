import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { thisMachine } from '../../src/host/machine.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

function systemIn(text: string): string | undefined {
  const file = join(temporaryDirectory(), 'os-release');
  writeFileSync(file, text);
  return thisMachine(['/nonexistent', file]).system;
}

test.each([
  ['in double quotes', 'NAME=x\nPRETTY_NAME="Ubuntu 24.04.1 LTS"\n', 'Ubuntu 24.04.1 LTS'],
  ['in single quotes', "PRETTY_NAME='openSUSE Leap 15.6'\n", 'openSUSE Leap 15.6'],
  ['a word', 'ID=arch\nPRETTY_NAME=Arch\n', 'Arch'],
  ['none', 'NAME=x\n', undefined],
])('the name of the system, %s', (_, text, name) => {
  expect(systemIn(text)).toBe(name);
});

test('this machine, as a shell reads the file', () => {
  const name = execFileSync('sh', ['-c', '. /etc/os-release; printf %s "$PRETTY_NAME"'], { encoding: 'utf8' });
  const kilobytes = execFileSync('sh', ['-c', "sed -n 's/^MemTotal: *\\([0-9]*\\) kB$/\\1/p' /proc/meminfo"], {
    encoding: 'utf8',
  });
  expect(thisMachine()).toEqual({ name: hostname(), system: name, memoryBytes: Number(kilobytes) * 1024 });
});

test('a machine without the file', () => {
  expect(thisMachine(['/nonexistent']).system).toBeUndefined();
});

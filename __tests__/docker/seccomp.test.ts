import { expect, test } from 'vitest';
import { seccompProfile } from '../../src/docker/seccomp.ts';

const { defaultAction, syscalls } = seccompProfile();
const allowed = syscalls.filter(({ action }) => action === 'SCMP_ACT_ALLOW');

test('refuses what it does not list', () => {
  expect(defaultAction).toBe('SCMP_ACT_ERRNO');
});

test('lists each call once, except for calls that it allows with several arguments', () => {
  const plain = allowed.filter(({ args }) => args === undefined).flatMap(({ names }) => names);
  const conditional = new Set(allowed.filter(({ args }) => args !== undefined).flatMap(({ names }) => names));
  expect(plain.filter((name, index) => plain.indexOf(name) !== index || conditional.has(name))).toEqual([]);
});

// runc turns such a rule into several, each with one of the conditions, and any of them would be enough.
test('compares no argument twice in one rule', () => {
  const twice = syscalls.filter(({ args = [] }) => new Set(args.map(({ index }) => index)).size < args.length);
  expect(twice).toEqual([]);
});

// The kernel cuts a socket's arguments to 32 bits, and the filter compares 64: only an exact comparison is safe there.
test('compares families and protocols exactly', () => {
  const sockets = allowed.filter(({ names }) => names.some((name) => name.startsWith('socket')));
  const compared = sockets.flatMap(({ args = [] }) => args).filter(({ index }) => index !== 1);
  expect(new Set(compared.map(({ op }) => op))).toEqual(new Set(['SCMP_CMP_EQ']));
});

import { expect, test } from 'vitest';
import { linkIntoHome, seenAt } from '../../src/agent/home.ts';
import type { MountSpec } from '../../src/docker/spec.ts';

const HOME = '/home/runner';

const at = (target: string): MountSpec => ({ kind: 'bind', source: '/srv', target, writable: true });

test('what lies deep in the home is mounted elsewhere, and linked to', () => {
  const targets = [
    '/usr',
    `${HOME}/.nvm`,
    `${HOME}/.cargo/bin`,
    `${HOME}/.local/share/claude`,
    `${HOME}-2/a/b`,
    '/home',
  ];
  const { mounts, links } = linkIntoHome(targets.map(at), HOME);
  expect(mounts).toEqual(
    [
      ...['/usr', `${HOME}/.nvm`, '/tmp/awf-home/.cargo/bin', '/tmp/awf-home/.local/share/claude'],
      ...[`${HOME}-2/a/b`, '/home'],
    ].map(at),
  );
  expect(links).toEqual({
    '.cargo/bin': '/tmp/awf-home/.cargo/bin',
    '.local/share/claude': '/tmp/awf-home/.local/share/claude',
  });
  expect(mounts.map(({ target }) => seenAt(target, HOME))).toEqual(targets);
});

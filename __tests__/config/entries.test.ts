import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { thrown } from '../../testing/builders.ts';
import { valuesOf } from '../../testing/options.ts';

/** The error about one option, which must name the option. */
function refusal(options: Readonly<Record<string, string>>): string {
  const error = thrown(() => valuesOf(options));
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).toMatch(new RegExp(`^${Object.keys(options)[0]!}\\b`));
  return `${error.message} ${error.hint ?? ''}`;
}

describe('add-hosts', () => {
  test('one per line, names in canonical form', () => {
    expect(valuesOf({ 'add-hosts': 'Gateway.Example.:10.1.2.3\n# none\nb.example:192.168.0.1' })['add-hosts']).toEqual([
      { name: 'gateway.example', address: '10.1.2.3' },
      { name: 'b.example', address: '192.168.0.1' },
    ]);
  });

  test.each([
    'gateway.example',
    ':10.1.2.3',
    'gateway.example:',
    '10.1.2.3:gateway.example',
    'a b:10.1.2.3',
    'a/b:1.2.3.4',
    'a:10.1',
    'a:[::1]',
    'a:10.1.2.3 b',
  ])('refuses %s', (entry) => {
    expect(refusal({ 'add-hosts': `# comment\n${entry}` })).toMatch(/line 2.*gateway\.example\.com:10\.1\.2\.3/);
  });
});

describe('env', () => {
  test.each([
    ['NAME', { name: 'NAME', value: undefined }],
    ['NAME=', { name: 'NAME', value: '' }],
    ['NAME=a=b', { name: 'NAME', value: 'a=b' }],
    ['_n1=$(x) `y` "z"', { name: '_n1', value: '$(x) `y` "z"' }],
    ['COLOUR=#fff', { name: 'COLOUR', value: '#fff' }],
    ['LIST=a,b', { name: 'LIST', value: 'a,b' }],
  ])('%s', (line, variable) => {
    expect(valuesOf({ env: line }).env).toMatchObject([variable]);
  });

  test.each(['1A=x', 'A-B=x', 'A B=x', '=x', 'A;id=x', 'Ä=x'])('rejects %s without printing its value', (line) => {
    const text = refusal({ env: `OK=1\n${line}-secret` });
    expect(text).toContain('line 2');
    expect(text).not.toContain('secret');
    expect(text).toContain('NAME=value');
    expect(text).toContain('line breaks');
  });
});

describe('mounts', () => {
  test.each([
    ['/srv/a', { source: '/srv/a', target: '/srv/a', writable: false }],
    ['/srv/a:rw', { source: '/srv/a', target: '/srv/a', writable: true }],
    ['/srv/a:ro', { source: '/srv/a', target: '/srv/a', writable: false }],
    ['/srv/a:/b', { source: '/srv/a', target: '/b', writable: false }],
    ['/srv/a:/b:rw', { source: '/srv/a', target: '/b', writable: true }],
    ['/srv/a:/b/../c', { source: '/srv/a', target: '/c', writable: false }],
    ['/srv/a b,c', { source: '/srv/a b,c', target: '/srv/a b,c', writable: false }],
  ])('%s', (line, mount) => {
    expect(valuesOf({ mounts: line }).mounts).toEqual([{ ...mount, origin: 'mounts, line 1' }]);
  });

  test.each(['srv', './srv:/b', '/srv:b', '/srv:/b:/c', '/srv:/b:wr', '/srv:', ':/b', ':rw', '/srv::rw'])(
    'refuses %s',
    (line) => {
      expect(refusal({ mounts: `\n${line}` })).toContain('line 2');
    },
  );
});

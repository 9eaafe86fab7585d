import { describe, expect, test } from 'vitest';
import { distinctServices, serviceEntry, serviceNames } from '../../src/config/services.ts';
import { UserError } from '../../src/errors.ts';
import { thrown } from '../../testing/builders.ts';

const SOURCE = { kind: 'input', name: 'allow-services', line: 2 } as const;
const read = (text: string) => serviceEntry({ text, source: SOURCE });

describe('an entry', () => {
  test.each([
    ['postgres:5432', { name: 'postgres', port: 5432 }],
    ['My-Redis:6379', { name: 'my-redis', port: 6379 }],
    ['localhost:8080', { name: 'localhost', port: 8080 }],
    ['127.0.0.1:8080', { name: 'localhost', port: 8080 }],
    ['db:2375', { name: 'db', port: 2375 }],
  ])('%s', (text, service) => {
    expect(read(text)).toEqual({ ...service, source: SOURCE });
  });

  test.each([
    'postgres',
    'postgres:',
    ':5432',
    'postgres:0',
    'postgres:65536',
    'postgres:5432:5432',
    'tcp://postgres:5432',
    '10.0.0.1:5432',
    '[::1]:5432',
    'a b:1',
  ])('%s is refused with what to write', (text) => {
    const error = thrown(() => read(text));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain(`"${text}" is not name:port`);
    expect(error.hint).toContain('postgres:5432');
  });

  test.each([2375, 2376, 2377, 6443, 10_250])('localhost:%i is refused: it is the runner itself', (port) => {
    for (const name of ['localhost', '127.0.0.1', 'LOCALHOST']) {
      expect(thrown(() => read(`${name}:${String(port)}`)).message).toContain('own port');
    }
  });
});

test('a service that is named twice counts once', () => {
  expect(distinctServices(['postgres:5432', 'redis:6379', 'postgres:5432'].map(read))).toEqual([
    { name: 'postgres', port: 5432 },
    { name: 'redis', port: 6379 },
  ]);
});

test('the sandbox learns the names that it would not know', () => {
  const services = [
    { name: 'postgres', port: 5432 },
    { name: 'localhost', port: 8080 },
    { name: 'postgres', port: 5433 },
  ];
  expect(serviceNames(services)).toEqual(['postgres']);
});

import { once } from 'node:events';
import { statSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Neighbour } from '../../src/docker/engine.ts';
import { UserError } from '../../src/errors.ts';
import { openServices, serviceMounts } from '../../src/run/services.ts';
import { aConfig, temporaryDirectory } from '../../testing/builders.ts';

const engineWith = (...found: Neighbour[]) => ({ neighbours: () => Promise.resolve(found) });
const neighbour = (address: string, ...names: string[]): Neighbour => ({ network: 'github_network_1', names, address });

async function listening(onConnection: (socket: Socket) => void, host = '127.0.0.1'): Promise<number> {
  const server: Server = createServer({ allowHalfOpen: true }, onConnection);
  server.listen(0, host);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function opened(
  name: string,
  port: number,
  engine = engineWith(),
  warn: (message: string) => void = () => undefined,
): Promise<string> {
  const directory = temporaryDirectory();
  const services = await openServices({ frontEnd: 'action', services: [{ name, port }] }, directory, engine, warn);
  onTestFinished(() => services?.close());
  return join(directory, 'services', String(port));
}

/** Sends octets, ends its side, and reads until the other side ends. */
async function send(path: string, octets: Buffer | string): Promise<string> {
  const client = connect({ path, allowHalfOpen: true });
  let answer = '';
  client.on('data', (chunk) => (answer += chunk.toString('latin1')));
  client.on('error', () => undefined);
  client.end(octets);
  await once(client, 'close');
  return answer;
}

describe('a connection', () => {
  test('reaches the service octet by octet, and each side ends when it likes', async () => {
    const port = await listening((socket) => {
      let length = 0;
      socket.on('data', (chunk) => (length += chunk.length));
      socket.on('end', () => socket.end(`${length} octets`));
    });
    expect(await send(await opened('localhost', port), Buffer.alloc(3_000_000))).toBe('3000000 octets');
  });

  test('goes to the container that has the name in the job’s network', async () => {
    const port = await listening((socket) => socket.end('the other address'), '127.0.0.9');
    const path = await opened(
      'postgres',
      port,
      engineWith(neighbour('127.0.0.8', 'redis'), neighbour('127.0.0.9', 'postgres')),
    );
    expect(await send(path, '')).toBe('the other address');
  });

  test('to a service that is not up ends at once, with one warning', async () => {
    const port = await listening((socket) => socket.end());
    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(message);
    const path = await opened('nowhere', port, engineWith(neighbour('127.0.0.7', 'nowhere')), warn);
    expect([await send(path, 'hello'), await send(path, 'again')]).toEqual(['', '']);
    expect(warnings).toEqual([
      `allow-services: nowhere:${String(port)} did not accept a connection of the command's. Does the service run?`,
    ]);
  });

  test('to a service that ends it without a word is no reason to warn', async () => {
    const warnings: string[] = [];
    const port = await listening((socket) => socket.destroy());
    await send(await opened('localhost', port, engineWith(), (message) => void warnings.push(message)), '');
    expect(warnings).toEqual([]);
  });

  test.each(['127.0.0.1', '::1'])('reaches a server of the runner that listens only on %s', async (host) => {
    const port = await listening((socket) => socket.end('here'), host);
    expect(await send(await opened('localhost', port), '')).toBe('here');
  });

  test('to a container never leads to loopback', async () => {
    const port = await listening((socket) => socket.end('the runner'), '::1');
    expect(await send(await opened('nowhere', port, engineWith(neighbour('127.0.0.7', 'nowhere'))), '')).toBe('');
  });

  test('ends with the run', async () => {
    const port = await listening((socket) => socket.resume());
    const directory = temporaryDirectory();
    const services = await openServices(
      { frontEnd: 'cli', services: [{ name: 'localhost', port }] },
      directory,
      engineWith(),
      () => undefined,
    );
    const client = connect(join(directory, 'services', String(port)));
    client.on('error', () => undefined);
    await once(client, 'connect');
    services?.close();
    client.resume();
    await once(client, 'close');
  });

  test('can be made by every user who sees the socket', async () => {
    const path = await opened('localhost', await listening(() => undefined));
    expect(statSync(path).mode & 0o777).toBe(0o666);
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o755);
  });
});

describe('a service of the job', () => {
  const open = (...found: Neighbour[]) =>
    openServices(
      { frontEnd: 'cli', services: [{ name: 'postgres', port: 5432 }] },
      temporaryDirectory(),
      engineWith(...found),
      () => undefined,
    );

  test('that is not there: the error names those that are', async () => {
    const error: unknown = await open(neighbour('10.0.0.1', 'redis', '0123456789ab')).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({
      message: '--allow-services: postgres:5432 is no service of the job that runs.',
      hint: 'There are redis. For a server on the runner, write "localhost:5432".',
    });
  });

  test('without any: the error says so', async () => {
    await expect(open()).rejects.toMatchObject({ hint: expect.stringContaining('no services that run') as string });
  });

  test('that two jobs have is refused', async () => {
    await expect(open(neighbour('10.0.0.1', 'postgres'), neighbour('10.0.0.2', 'postgres'))).rejects.toMatchObject({
      message: expect.stringContaining('could be 2 containers, because several jobs use this engine.') as string,
    });
  });
});

test('without services, nothing is opened, asked or mounted', async () => {
  const engine = { neighbours: () => Promise.reject(new Error('asked')) };
  expect(
    await openServices({ frontEnd: 'action', services: [] }, '/nonexistent', engine, () => undefined),
  ).toBeUndefined();
  expect(serviceMounts(aConfig(), '/work')).toEqual([]);
  expect(serviceMounts(aConfig({ services: [{ name: 'db', port: 1 }] }), '/work')).toEqual([
    { kind: 'bind', source: '/work/services', target: '/tmp/awf-services', writable: false },
  ]);
});

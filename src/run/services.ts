import { once } from 'node:events';
import { chmodSync, mkdirSync } from 'node:fs';
import { connect, createServer, isIP, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { optionName } from '../config/options.ts';
import { RUNNER, type Service } from '../config/services.ts';
import type { Engine, Neighbour } from '../docker/engine.ts';
import type { MountSpec } from '../docker/spec.ts';
import { OptionError } from '../errors.ts';
import { AGENT_PLACES } from '../shared/contract.ts';

/** The networks that the runner makes for the services of a job (actions/runner, DockerCommandManager.cs). */
const JOB_NETWORK = 'github_network_';

/** Connections to one service at a time. The program in the sandbox has the same limit for all of them together. */
const MAX_CONNECTIONS = 128;

/** Servers that are told to listen on `localhost` take either, and many take only the second (Node.js since 17). */
const LOOPBACK = ['127.0.0.1', '::1'];

/** Milliseconds in which a service must accept a connection. */
const CONNECT_MS = 15_000;

const directoryIn = (workDirectory: string): string => join(workDirectory, 'services');

/** The sockets, for the sandbox. */
export function serviceMounts({ services }: Config, workDirectory: string): MountSpec[] {
  if (services.length === 0) return [];
  const source = directoryIn(workDirectory);
  return [{ kind: 'bind', source, target: AGENT_PLACES.services, writable: false }];
}

export interface OpenServices {
  /** Ends every connection. */
  readonly close: () => void;
}

/**
 * Listens on one Unix socket per service, and connects each connection to the service.
 *
 * @param warn gets a message about each service that does not accept a connection, once
 * @returns undefined without services
 * @throws OptionError naming a service that is not there, and those that are
 */
export async function openServices(
  { services, frontEnd }: Pick<Config, 'services' | 'frontEnd'>,
  workDirectory: string,
  engine: Pick<Engine, 'neighbours'>,
  warn: (message: string) => void,
): Promise<OpenServices | undefined> {
  if (services.length === 0) return undefined;
  const inJob = services.some(({ name }) => name !== RUNNER);
  const neighbours = inJob ? await engine.neighbours(JOB_NETWORK) : [];
  const option = optionName(frontEnd, 'allow-services');
  const places = services.map((service): Place => {
    const entry = `${option}: ${service.name}:${service.port}`;
    return { ...service, entry, addresses: addressesOf(service, entry, neighbours) };
  });
  const directory = directoryIn(workDirectory);
  mkdirSync(directory);
  chmodSync(directory, 0o755);
  const opened = await Promise.all(places.map((place) => openSocket(directory, place, warn)));
  return {
    close: () => {
      for (const { close } of opened) close();
    },
  };
}

/** @throws OptionError if no container, or more than one, has the name */
function addressesOf({ name, port }: Service, entry: string, neighbours: readonly Neighbour[]): readonly string[] {
  if (name === RUNNER) return LOOPBACK;
  const found = neighbours.filter(({ names }) => names.includes(name));
  const [first, ...others] = found;
  if (first === undefined) {
    const known = [...new Set(neighbours.flatMap(({ names }) => names))].filter((one) => !/^[0-9a-f]{12}$/.test(one));
    const names = known.length === 0 ? 'The job has no services that run.' : `There are ${known.join(', ')}.`;
    throw new OptionError(`${entry} is no service of the job that runs.`, {
      hint: `${names} For a server on the runner, write "${RUNNER}:${String(port)}".`,
    });
  }
  if (others.length > 0) {
    throw new OptionError(
      `${entry} could be ${String(found.length)} containers, because several jobs use this engine.`,
      {
        hint: `Publish the port of the one that you mean, and write "${RUNNER}:PORT".`,
      },
    );
  }
  return [first.address];
}

/** A service with its addresses, and the entry that names it, for messages. */
type Place = Service & { readonly entry: string; readonly addresses: readonly string[] };

async function openSocket(directory: string, place: Place, warn: (message: string) => void): Promise<OpenServices> {
  const { entry, port } = place;
  const open = new Set<Socket>();
  let isTold = false;
  // The client only sees that its connection ends: the sandbox has accepted it by then.
  const tell = (): void => {
    if (isTold) return;
    isTold = true;
    warn(`${entry} did not accept a connection of the command's. Does the service run?`);
  };
  const server: Server = createServer({ allowHalfOpen: true }, (client) => {
    const service = dial(place);
    let isConnected = false;
    service.once('connect', () => (isConnected = true));
    service.once('close', () => {
      if (!isConnected && !client.destroyed) tell();
    });
    for (const socket of [client, service]) {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
      socket.on('error', () => socket.destroy());
    }
    joinBoth(client, service);
  });
  server.maxConnections = MAX_CONNECTIONS;
  const path = join(directory, String(port));
  server.listen(path);
  await once(server, 'listening');
  // The directory above is the caller's alone. In the sandbox, the command may have another user.
  chmodSync(path, 0o666);
  return {
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

/** Takes the first address that accepts a connection. */
function dial({ name, port, addresses }: Place): Socket {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return connect({
    ...{ host: name, port, allowHalfOpen: true, noDelay: true, autoSelectFamily: true },
    lookup: (_, { all }, done) => {
      if (all === true) done(null, found);
      else done(null, found[0]?.address ?? '', found[0]?.family);
    },
  });
}

/** Each side may end its direction first. What has arrived still goes out. */
function joinBoth(client: Socket, service: Socket): void {
  service.setTimeout(CONNECT_MS, () => service.destroy());
  service.once('connect', () => service.setTimeout(0));
  client.pipe(service);
  service.pipe(client);
  client.on('close', () => {
    service.destroySoon();
  });
  service.on('close', () => {
    client.destroySoon();
  });
}

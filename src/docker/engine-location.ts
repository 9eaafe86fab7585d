import { Agent } from 'node:http';
import { ClientAgent } from './client-connection.ts';
import { clientEndpoint } from './client-config.ts';
import type { DockerClient } from './client.ts';

/** How the engine is reached. */
export interface EngineRoute {
  /** Makes the connections. */
  readonly agent: Agent;
  /** The path of the engine's socket. Undefined if `agent` finds the engine without it. */
  readonly socketPath: string | undefined;
}

/** Where the engine is that the docker client is set to. */
export class EngineLocation {
  readonly #client: DockerClient;
  #endpoint: Promise<string | undefined> | undefined;
  #route: Promise<EngineRoute> | undefined;

  constructor(client: DockerClient) {
    this.#client = client;
  }

  /** @returns for example `unix:///var/run/docker.sock`; undefined if the client does not tell */
  endpoint(): Promise<string | undefined> {
    return (this.#endpoint ??= this.#findEndpoint());
  }

  /**
   * A socket is connected directly. Everything else is left to the client, which knows TLS and all kinds of contexts.
   *
   * @throws UserError where the client is needed, and there is none
   */
  route(): Promise<EngineRoute> {
    return (this.#route ??= this.#findRoute());
  }

  async #findEndpoint(): Promise<string | undefined> {
    const known = clientEndpoint(process.env);
    if (known !== undefined) return known;
    const result = await this.#client.call(['context', 'inspect', '--format={{.Endpoints.docker.Host}}']);
    return result.exitCode === 0 ? result.stdout.trim() : undefined;
  }

  async #findRoute(): Promise<EngineRoute> {
    const socketPath = socketOf(await this.endpoint());
    if (socketPath !== undefined) return { agent: new Agent({ keepAlive: true }), socketPath };
    return { agent: new ClientAgent(this.#client.program), socketPath: undefined };
  }
}

/** The path of the socket that an endpoint names; undefined if it is none. */
export function socketOf(endpoint: string | undefined): string | undefined {
  return /^unix:\/\/(\/.+)$/.exec(endpoint ?? '')?.[1];
}

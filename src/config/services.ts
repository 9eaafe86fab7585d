import { UserError } from '../errors.ts';
import { canonicalHost } from './domain.ts';
import { placeOf, type Given } from './source.ts';

/** A server that the command may reach at one port: a service container of the job, or a server on the runner. */
export interface Service {
  /** `localhost` for one on the runner. */
  readonly name: string;
  readonly port: number;
}

/** A service with the place that names it. */
export type ServiceEntry = Service & Pick<Given, 'source'>;

/** The name of the runner itself. */
export const RUNNER = 'localhost';

/** The names of services that the sandbox would not know otherwise. */
export function serviceNames(services: readonly Service[]): string[] {
  return [...new Set(services.map(({ name }) => name))].filter((name) => name !== RUNNER);
}

/** Ports of the runner that give whoever reaches them the runner itself. */
const SENSITIVE_PORTS: ReadonlyMap<number, string> = new Map([
  [2375, "Docker's"],
  [2376, "Docker's"],
  [2377, "Docker's"],
  [6443, "Kubernetes'"],
  [10_250, "Kubernetes'"],
]);

/**
 * Reads an entry of `allow-services`: `name:port`.
 *
 * @throws UserError naming the entry's place, what is wrong with it and what to write instead
 */
export function serviceEntry({ text, source }: Given): ServiceEntry {
  const fail = (problem: string, hint: string): never => {
    throw new UserError(`${placeOf(source)}: "${text}" ${problem}.`, { hint });
  };
  const [, host = '', digits = ''] = /^([^:]*):(\d{1,5})$/.exec(text) ?? [];
  const name = host === '127.0.0.1' ? RUNNER : canonicalHost(host);
  const port = Number(digits);
  if (name === undefined || port < 1 || port > 65_535) {
    return fail(
      'is not name:port',
      'Write the name of a service of the job and its port, for example "postgres:5432".',
    );
  }
  const owner = name === RUNNER ? SENSITIVE_PORTS.get(port) : undefined;
  if (owner !== undefined) {
    return fail(`is ${owner} own port`, 'Whoever reaches it controls the runner. AWF never opens it.');
  }
  return { name, port, source };
}

/** The services, each once: a service that is named twice counts once. */
export function distinctServices(entries: readonly ServiceEntry[]): Service[] {
  return [...new Map(entries.map(({ name, port }) => [port, { name, port }])).values()];
}

import { lookup, Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, rootCertificates, type TLSSocket } from 'node:tls';
import { PROXY_OPTION_VARIABLE } from '../config/upstream-proxy.ts';
import { UserError } from '../errors.ts';
import { PROXY_VARIABLE } from '../shared/proxy-variables.ts';

/** Milliseconds for each step of a connection. */
const LIMIT_MS = 5_000;

/** The network's own proxy, as a client needs it. */
export interface Proxy {
  readonly host: string;
  readonly port: number;
  readonly login: { readonly user: string; readonly password: string } | undefined;
}

/** The IPv4 address of a name, by the given servers or the host's own. @throws UserError if it has none */
export async function addressOf(name: string, servers: readonly string[]): Promise<string> {
  if (isIP(name) !== 0) return name;
  try {
    if (servers.length === 0) return (await inTime(lookup(name, { family: 4 }))).address;
    const resolver = new Resolver({ timeout: 2_000, tries: 2 });
    resolver.setServers(servers);
    const [first] = await inTime(resolver.resolve4(name));
    if (first !== undefined) return first;
  } catch (cause) {
    throw new UserError(`${name} has no IPv4 address here.`, {
      hint: 'Check the name, and the DNS server of this machine.',
      cause,
    });
  }
  throw new UserError(`${name} has no IPv4 address here.`, { hint: 'Check the name.' });
}

/** Opens a connection. @throws UserError if nothing accepts it in time */
export async function dial(name: string, port: number, address = name): Promise<Socket> {
  const socket = connect({ host: address, port });
  try {
    await inTime(once(socket, 'connect'));
    return socket;
  } catch (cause) {
    socket.destroy();
    throw new UserError(`${name} does not accept a connection at port ${port}.`, {
      hint: 'Check the firewall of this network. A network with a proxy needs --upstream-proxy.',
      cause,
    });
  }
}

/** Asks a proxy for a tunnel (RFC 9110, section 9.3.6). @throws UserError with its answer if it opens none */
export async function tunnel(socket: Socket, authority: string, { host, port, login }: Proxy): Promise<void> {
  const credential = login && Buffer.from(`${login.user}:${login.password}`).toString('base64');
  const header = credential === undefined ? '' : `Proxy-Authorization: Basic ${credential}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${header}\r\n`);
  let answer = '';
  while (!answer.includes('\r\n\r\n')) {
    const [piece] = (await inTime(Promise.race([once(socket, 'data'), once(socket, 'close').then(() => [''])]))) as [
      Buffer | string,
    ];
    if (piece.length === 0 || answer.length > 64 * 1024) break;
    answer += piece.toString('latin1');
  }
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1];
  if (status?.startsWith('2') === true) return;
  const hint =
    status === '407'
      ? `Give it a user and a password: ${PROXY_OPTION_VARIABLE}, or ${PROXY_VARIABLE.https}.`
      : 'Ask those who run the proxy to allow it.';
  throw new UserError(
    `The proxy ${host}:${port} opens no tunnel to ${authority}: ${status === undefined ? 'it sent no answer' : `status ${status}`}.`,
    { hint },
  );
}

/** Speaks TLS. @param ca further authorities, as PEM @throws UserError if the certificate is not trusted */
export async function shake(socket: Socket, name: string, ca: string | undefined): Promise<void> {
  (await secured(socket, name, ca === undefined ? undefined : [...rootCertificates, ca])).destroy();
}

/** @param ca all authorities; undefined for the public ones @throws UserError if the certificate is not trusted */
export async function secured(socket: Socket, name: string, ca: readonly string[] | undefined): Promise<TLSSocket> {
  const tls = connectTls({
    socket,
    ...(isIP(name) === 0 && { servername: name }),
    ...(ca !== undefined && { ca: [...ca] }),
  });
  try {
    await inTime(once(tls, 'secureConnect'));
    return tls;
  } catch (cause) {
    tls.destroy();
    throw new UserError(`${name} answers, but not with TLS that AWF trusts.`, {
      hint: 'If your network replaces certificates, name its authority: --upstream-ca.',
      cause,
    });
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new Error(`no answer within ${LIMIT_MS / 1000} seconds`));
  }, LIMIT_MS);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Names and messages in tunnels to named hosts: whose rules decide, and what the upstream receives. */

import type { TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { CHUNKED, get, SMUGGLED, SMUGGLING, TARGETS, upload } from './named-host-messages.ts';
import { openConnect, openDirect } from '../../testing/sidecar/tunnel-client.ts';
import { CUT, NOWHERE } from '../../testing/engine/named-world.ts';
import { sendRaw } from '../../testing/sidecar/client.ts';
import {
  arrived,
  BASIC,
  CHILD,
  CREDENTIAL,
  exchange,
  INNER,
  OPEN,
  opened,
  OTHER,
  PARENT,
  PROVIDER,
  received,
  REGISTRY,
  request,
  requestsIn,
  UNLISTED,
  useNamedWorld,
} from './named-host-world.ts';

const held = useNamedWorld();
/** Opens a tunnel and sends one request. @returns the status, or why there is no tunnel */
async function attempt(target: string, servername: string, octets: string): Promise<number | string> {
  const socket = await opened(held.world, target, { servername });
  return typeof socket === 'string' ? socket : (await exchange(socket, octets)).status;
}

const REFUSED = 'CONNECT was answered 403';
const isNamed = (host: string): boolean => host === REGISTRY || host === OTHER;

/** What must come of a request for each combination of names. */
function verdictOn(target: string, serverName: string, host: string): number | string {
  if (target === UNLISTED) return REFUSED;
  if (serverName !== target) return CUT;
  return isNamed(target) && host !== target ? 421 : 200;
}

const NAMES = [REGISTRY, OTHER, OPEN, UNLISTED];
const COMBINATIONS = NAMES.flatMap((target) =>
  NAMES.flatMap((serverName) => NAMES.map((host) => ({ target, serverName, host }))),
);

describe('N1 server name against Host against the target of the tunnel', () => {
  test.each(COMBINATIONS)('$target, server name $serverName, Host $host', async ({ target, serverName, host }) => {
    const verdict = verdictOn(target, serverName, host);
    expect(await attempt(target, serverName, get('/n1', host))).toBe(verdict);
    expect(arrived(held.world)).toEqual(verdict === 200 ? [`${target}|${host}|/n1`] : []);
    const headers = requestsIn(held.world)[0]?.headers ?? {};
    const credentials = Object.values(CREDENTIAL).filter(([name, value]) => headers[name] === value);
    expect(credentials).toEqual(verdict === 200 && isNamed(target) ? [CREDENTIAL[target]] : []);
  });
});

describe('N2 other spellings of a name', () => {
  test.each([
    ['target in upper case', 'Registry.EXAMPLE', REGISTRY, REGISTRY],
    ['target with a trailing dot', `${REGISTRY}.`, REGISTRY, REGISTRY],
    ['server name in upper case', REGISTRY, 'REGISTRY.Example', REGISTRY],
    ['Host in upper case', REGISTRY, REGISTRY, 'REGISTRY.Example'],
    ['Host with a trailing dot', REGISTRY, REGISTRY, `${REGISTRY}.`],
    ['Host with its port', REGISTRY, REGISTRY, `${REGISTRY}:443`],
  ])('%s: the host itself, under its plain name', async (_, target, serverName, host) => {
    expect(await attempt(target, serverName, get('/n2', host))).toBe(200);
    expect(arrived(held.world)).toEqual([`${REGISTRY}|${REGISTRY}|/n2`]);
  });

  test.each([
    ['server name with a trailing dot', REGISTRY, `${REGISTRY}.`, REGISTRY, CUT],
    ['no server name', REGISTRY, '', REGISTRY, CUT],
    ['an address as target', NOWHERE, REGISTRY, REGISTRY, REFUSED],
    ['a decimal address as target', '2130706512', REGISTRY, REGISTRY, REFUSED],
    ['the named host as a user', `${REGISTRY}@${UNLISTED}`, REGISTRY, REGISTRY, REFUSED],
    ['a look-alike', `evil${REGISTRY}`, REGISTRY, REGISTRY, REFUSED],
    ['another port', `${REGISTRY}:22`, REGISTRY, REGISTRY, REFUSED],
    ['the port of plain HTTP', `${REGISTRY}:80`, REGISTRY, REGISTRY, REFUSED],
    ['Host with another port', REGISTRY, REGISTRY, `${REGISTRY}:80`, 421],
    ['the named host as a user in Host', REGISTRY, REGISTRY, `${REGISTRY}@${OTHER}`, 421],
    ['an empty Host', REGISTRY, REGISTRY, '', 421],
    ['two hosts in Host', REGISTRY, REGISTRY, `${REGISTRY}, ${OTHER}`, 421],
    ['a second Host', REGISTRY, REGISTRY, `${REGISTRY}\r\nHost: ${OTHER}`, 400],
  ])('%s', async (_, target, serverName, host, verdict) => {
    expect(await attempt(target, serverName, get('/n2', host))).toBe(verdict);
    expect(arrived(held.world)).toEqual([]);
  });
});

describe('N3 names above and below a named host', () => {
  test.each([
    ['a child', CHILD],
    ['a parent', PARENT],
    ['a sibling', `beside.${PARENT}`],
    ['control: a name of its own', OPEN],
  ])('%s that is allowed is not decrypted: the certificate is the server’s own', async (_, host) => {
    const socket = (await opened(held.world, host, {
      rejectUnauthorized: true,
      ca: held.world.ca.certPem,
    })) as TLSSocket;
    expect(socket.authorized).toBe(true);
    await exchange(socket, get('/n3', host, 'X-Own: client'));
    expect(arrived(held.world)).toEqual([`${host}|${host}|/n3`]);
    expect(requestsIn(held.world)[0]?.headers).toMatchObject({ 'x-own': 'client' });
    expect(received(held.world)).not.toMatch(/token|authorization/i);
  });

  test.each([REGISTRY, OTHER, BASIC, INNER, PROVIDER])('control: %s has a certificate of the run', async (host) => {
    const socket = (await opened(held.world, host, {
      rejectUnauthorized: true,
      ca: held.world.authority.rootPem,
    })) as TLSSocket;
    expect(socket.authorized).toBe(true);
    expect(socket.getPeerCertificate().subjectaltname).toBe(`DNS:${host}`);
    socket.destroy();
  });

  test.each([
    ['a child’s server name to a named host', REGISTRY, CHILD],
    ['a named host’s server name to its child', CHILD, REGISTRY],
    ['a parent’s server name to a named host', INNER, PARENT],
    ['a named host’s server name to its parent', PARENT, INNER],
    ['a provider’s server name to an allowed host', OPEN, PROVIDER],
  ])('%s: cut', async (_, target, serverName) => {
    expect(await attempt(target, serverName, get('/n3', serverName))).toBe(CUT);
    expect(arrived(held.world)).toEqual([]);
  });
});

describe('N4 further requests on a kept connection', () => {
  const keep = (path: string, host: string): string => request(`GET ${path} HTTP/1.1`, `Host: ${host}`);

  test('another Host: refused, and the connection ends', async () => {
    const { world } = held;
    const socket = (await opened(world, REGISTRY)) as TLSSocket;
    socket.write(keep('/n4-1', REGISTRY));
    await new Promise((resolve) => socket.once('data', resolve));
    const { status } = await exchange(socket, keep('/n4-2', OTHER) + keep('/n4-3', REGISTRY));
    expect(status).toBe(421);
    expect(arrived(world)).toEqual([`${REGISTRY}|${REGISTRY}|/n4-1`]);
  });

  test('control: the same Host', async () => {
    const { world } = held;
    const socket = (await opened(world, REGISTRY)) as TLSSocket;
    socket.write(keep('/n4-4', REGISTRY));
    await new Promise((resolve) => socket.once('data', resolve));
    expect((await exchange(socket, keep('/n4-5', REGISTRY), 100)).status).toBe(200);
    expect(arrived(world)).toEqual([`${REGISTRY}|${REGISTRY}|/n4-4`, `${REGISTRY}|${REGISTRY}|/n4-5`]);
  });

  test('several at once, for two hosts', async () => {
    const { world } = held;
    const socket = (await opened(world, REGISTRY)) as TLSSocket;
    await exchange(socket, keep('/n4-6', REGISTRY) + keep('/n4-7', OTHER));
    expect(arrived(world).filter((line) => !line.endsWith('/n4-6'))).toEqual([]);
  });
});

describe('N5 HTTP/2', () => {
  test('a preface: refused', async () => {
    const socket = (await opened(held.world, REGISTRY)) as TLSSocket;
    const { status } = await exchange(socket, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0');
    expect(status).toBe(400);
    expect(arrived(held.world)).toEqual([]);
  });

  test('ALPN: HTTP/1.1 where the client has both, an alert where it has h2 alone', async () => {
    const both = (await opened(held.world, REGISTRY, { ALPNProtocols: ['h2', 'http/1.1'] })) as TLSSocket;
    expect(both.alpnProtocol).toBe('http/1.1');
    both.destroy();
    expect(await opened(held.world, REGISTRY, { ALPNProtocols: ['h2'] })).toBe(CUT);
  });

  test('an upgrade to h2c is passed over', async () => {
    const upgrade = ['Connection: Upgrade, HTTP2-Settings, close', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'];
    const octets = request('GET /n5 HTTP/1.1', `Host: ${REGISTRY}`, ...upgrade);
    expect(await attempt(REGISTRY, REGISTRY, octets)).toBe(200);
    expect(received(held.world)).not.toMatch(/upgrade|http2-settings|h2c/i);
    expect(arrived(held.world)).toEqual([`${REGISTRY}|${REGISTRY}|/n5`]);
  });
});

describe('N6 a request in the body of another', () => {
  test.each(SMUGGLING)('%s: refused', async (_, octets) => {
    expect(await attempt(REGISTRY, REGISTRY, octets)).toBe(400);
    expect(received(held.world)).not.toContain('/smuggled');
  });

  test('an extension of a chunk is not passed on; the body is', async () => {
    const octets = upload([CHUNKED, 'Connection: close'], `5;a="/smuggled"\r\nhello\r\n0\r\n\r\n`);
    expect(await attempt(REGISTRY, REGISTRY, octets)).toBe(200);
    expect(received(held.world)).toContain('hello');
    expect(received(held.world)).not.toContain('/smuggled');
  });

  test('control: a request as a body is a body', async () => {
    const octets = upload([`Content-Length: ${SMUGGLED.length}`, 'Connection: close'], SMUGGLED);
    expect(await attempt(REGISTRY, REGISTRY, octets)).toBe(200);
    expect(arrived(held.world)).toEqual([`${REGISTRY}|${REGISTRY}|/up/n6`]);
    expect(received(held.world)).toContain('GET /smuggled');
  });
});

describe('N7 request targets and headers that name another host', () => {
  test.each(TARGETS)('%s: refused', async (_, line, status) => {
    const octets = request(line, `Host: ${REGISTRY}`, 'Connection: close');
    expect(await attempt(REGISTRY, REGISTRY, octets)).toBe(status);
    expect(arrived(held.world)).toEqual([]);
  });

  test('two slashes are a path of the host’s', async () => {
    expect(await attempt(REGISTRY, REGISTRY, get(`//${OTHER}/n7`, REGISTRY))).toBe(200);
    expect(arrived(held.world)).toEqual([`${REGISTRY}|${REGISTRY}|/${OTHER}/n7`]);
  });

  test('headers that servers believe more than the request line are dropped; others pass', async () => {
    const overrides = [
      'X-Forwarded-Host',
      'Forwarded',
      'X-Original-URL',
      'X-Rewrite-URL',
      'X-HTTP-Method-Override',
      'X-Host',
    ];
    const octets = get('/n7', REGISTRY, ...overrides.map((name) => `${name}: ${OTHER}`), 'X-Harmless: yes');
    expect(await attempt(REGISTRY, REGISTRY, octets)).toBe(200);
    expect(received(held.world)).not.toContain(OTHER);
    expect(received(held.world)).toContain('X-Harmless\nyes'.toLowerCase());
  });
});

describe('N8 the api-proxy’s own ports', () => {
  test.each([
    [`${OPEN}:443`],
    [`${UNLISTED}:443`],
    [`${NOWHERE}:443`],
    [`${REGISTRY}:22`],
    [`${REGISTRY}:80`],
    [REGISTRY],
    [`${REGISTRY}:443@${UNLISTED}:443`],
    ['hosts.awf.invalid:443'],
    ['169.254.169.254:80'],
    ['[::1]:443'],
  ])('CONNECT %s to the port for Squid: refused', async (authority) => {
    const { status } = await sendRaw(
      held.world.ports.connect,
      request(`CONNECT ${authority} HTTP/1.1`, 'Host: a'),
      300,
    );
    expect([400, 403]).toContain(status);
    expect(arrived(held.world)).toEqual([]);
  });

  test('no other request passes there', async () => {
    const { status } = await sendRaw(held.world.ports.connect, get(`https://${REGISTRY}/n8`, REGISTRY), 300);
    expect(status).toBe(405);
    expect(arrived(held.world)).toEqual([]);
  });

  test('octets behind CONNECT are refused', async () => {
    const early = `${request(`CONNECT ${REGISTRY}:443 HTTP/1.1`, 'Host: a')}GET / HTTP/1.1\r\n`;
    expect((await sendRaw(held.world.ports.connect, early, 300)).status).toBe(403);
  });

  test('control: a named host', async () => {
    const { status, socket } = await openConnect(held.world.ports.connect, `${REGISTRY}:443`);
    socket.destroy();
    expect(status).toBe(200);
  });

  test.each([OPEN, UNLISTED, '', `${REGISTRY}.`])('TLS for "%s" without a proxy: cut', async (servername) => {
    const attempted = openDirect(held.world.ports.direct, REGISTRY, { ca: held.world.authority.rootPem, servername });
    await expect(attempted).rejects.toThrow();
  });

  test('control: TLS for a named host without a proxy, and its own Host only', async () => {
    const open = () => openDirect(held.world.ports.direct, REGISTRY, { ca: held.world.authority.rootPem });
    expect((await exchange(await open(), get('/n8', REGISTRY))).status).toBe(200);
    expect((await exchange(await open(), get('/n8', OTHER))).status).toBe(421);
    expect(arrived(held.world)).toEqual([`${REGISTRY}|${REGISTRY}|/n8`]);
  });
});

describe('N9 plain HTTP to a named host', () => {
  test.each([REGISTRY, OTHER, INNER, PROVIDER])('%s: refused', async (host) => {
    const { status } = await sendRaw(held.world.ports.squid, get(`http://${host}/n9`, host), 300);
    expect(status).toBe(403);
    expect(arrived(held.world)).toEqual([]);
  });
});

/** Everything that can go wrong between the api-proxy and a provider, triggered for every provider. */

import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { networkNames } from '../../../src/shared/network.ts';
import { NO_CREDENTIALS, PROVIDERS, type Provider, type ProviderId } from '../../../src/shared/providers.ts';
import { clientFrame, PING } from '../../../testing/sidecar/client-frame.ts';
import { openRaw, post, type ClientAnswer } from '../../../testing/sidecar/client.ts';
import type { TestUpstream } from '../../../testing/sidecar/upstream.ts';
import { eventually } from '../../../testing/sidecar/sidecar.ts';
import { startOutside, type Outside } from '../../../testing/outside/outside.ts';
import { SENTINELS } from '../../../testing/builders.ts';
import { docker } from '../../../testing/engine/engine.ts';
import { RESOLVER, useProviderWorlds, type ProviderWorld } from './provider-world.ts';
import { createTestCa } from '../../../testing/tls.ts';
import { agree, wish } from '../../../testing/sidecar/websocket-handshake.ts';

const CUSTOM_PORT = 9443;
const customTarget = ({ id }: Provider): string => `llm-${id}.internal.example:${CUSTOM_PORT}`;

const WORLDS = useProviderWorlds({
  usual: {},
  distrustful: { options: { 'upstream-ca': '' } },
  uncovered: { targetOf: customTarget },
  unresolvable: { targetOf: customTarget, options: { 'allow-domains': 'internal.example', 'add-hosts': '' } },
  empty: { credentials: [] },
});
const { usual, distrustful, uncovered, unresolvable, empty } = WORLDS;

/** The simplest inference endpoint. */
const pathOf = ({ endpoints }: Provider): string =>
  endpoints.find(({ method }) => method === 'POST')!.path.replaceAll('*', 'm-1');
const ask = (world: ProviderWorld, provider: Provider): Promise<ClientAnswer> =>
  post(world.port(provider.id), pathOf(provider), '{}');

/** Keeps no tunnel, so that the next test begins without one. */
const LAST = { connection: 'close' };

interface Failure {
  readonly name: string;
  readonly world: ProviderWorld;
  readonly status: number;
  readonly code: string;
  /** What the log adds to the code. */
  readonly detail?: string;
  /** Parts of the message. HOST, INPUT and the like stand for the provider's. */
  readonly says: readonly string[];
  readonly arrange?: (world: ProviderWorld) => Promise<void> | void;
  readonly after?: (world: ProviderWorld) => Promise<void> | void;
  /** How many connections reach the upstream. A tunnel that could not be opened may be tried once more. */
  readonly connections?: number;
  /** How many requests reach the upstream. */
  readonly requests?: number;
  /** Whether the answer tells clients not to retry. */
  readonly final?: true;
}

function reset({ connections }: TestUpstream): void {
  for (const connection of connections) connection.resetAndDestroy();
}

const hostsOf = (world: ProviderWorld): string[] => PROVIDERS.map(({ id }) => world.target(id).host);

/** Answers that take the whole 15-second connection timeout. They are requested early and checked at the end. */
const late = new Map<ProviderWorld, Promise<readonly ClientAnswer[]>>();

function askLate(world: ProviderWorld): void {
  const answers = Promise.all(PROVIDERS.map((provider) => ask(world, provider)));
  answers.catch(() => undefined);
  late.set(world, answers);
}

const tlsFailure = { world: usual, status: 502, code: 'upstream_tls_error', says: ['HOST', 'set upstream-ca'] };
const FAILURES: readonly Failure[] = [
  {
    name: 'no upstream-ca for a private CA',
    ...{ ...tlsFailure, world: distrustful, detail: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', connections: 1, final: true },
    after: async ({ gateway }) => {
      await gateway.set({ port: 443, mode: 'unanswered' });
      askLate(distrustful);
    },
  },
  {
    name: 'a target that allow-domains does not cover',
    world: uncovered,
    ...{ status: 403, code: 'target_not_allowed', detail: 'CONNECT 403 ERR_AWF_NOT_LISTED', final: true },
    says: [`HOST:${CUSTOM_PORT}`, 'Add this line to allow-domains: HOST\n'],
    after: ({ run }) => {
      docker(['network', 'disconnect', networkNames(run.runId).internal, run.containers().squid]);
      askLate(uncovered);
    },
  },
  {
    name: 'no listener',
    world: usual,
    ...{ status: 502, code: 'upstream_unreachable', detail: 'CONNECT 503 ERR_CONNECT_FAIL 111', says: ['HOST'] },
    arrange: ({ gateway }) => gateway.set({ port: 443, mode: 'refused' }),
    after: ({ gateway }) => gateway.set({ port: 443, mode: 'open' }),
  },
  {
    name: 'a certificate of an unknown CA',
    ...{ ...tlsFailure, detail: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', connections: 1, final: true },
    arrange: async ({ upstream }) => upstream.present(await (await createTestCa()).issue(hostsOf(usual))),
  },
  {
    name: 'a certificate for another name',
    ...{ ...tlsFailure, detail: 'ERR_TLS_CERT_ALTNAME_INVALID', connections: 1, final: true },
    arrange: async ({ upstream, ca }) => upstream.present(await ca.issue(['other.example'])),
  },
  {
    name: 'a certificate that has expired',
    ...{ ...tlsFailure, detail: 'CERT_HAS_EXPIRED', connections: 1, final: true },
    arrange: async ({ upstream, ca }) => upstream.present(await ca.issue(hostsOf(usual), -1)),
  },
  {
    name: 'a reset within the TLS handshake',
    world: usual,
    ...{ status: 502, code: 'upstream_handshake_closed', detail: 'ECONNRESET', says: ['HOST', 'TLS handshake'] },
    arrange: ({ upstream }) => {
      upstream.onHello = () => {
        reset(upstream);
      };
    },
    connections: 2,
  },
  {
    name: 'a reset before the answer',
    world: usual,
    ...{ status: 502, code: 'upstream_closed', detail: 'ECONNRESET', says: ['HOST', 'before it answered'] },
    arrange: ({ upstream }) => {
      upstream.handler = () => {
        reset(upstream);
      };
    },
    ...{ connections: 1, requests: 1 },
  },
  {
    name: 'an end before the answer',
    world: usual,
    ...{ status: 502, code: 'upstream_closed', detail: 'ECONNRESET', says: ['HOST', 'before it answered'] },
    arrange: ({ upstream }) => {
      upstream.handler = (_, __, socket) => socket.end();
    },
    ...{ connections: 1, requests: 1 },
  },
  {
    name: 'a name without an address',
    world: unresolvable,
    ...{ status: 502, code: 'upstream_dns_error', detail: 'CONNECT 503 ERR_DNS_FAIL', says: ['HOST', 'INPUT'] },
  },
  {
    name: 'no credential',
    world: empty,
    ...{ status: 503, code: 'provider_not_configured', says: ['INPUT-OF-CREDENTIAL', 'VARIABLE'], final: true },
  },
];

function expectFailure(
  provider: Provider,
  world: ProviderWorld,
  { status, headers, body }: ClientAnswer,
  failure: Pick<Failure, 'status' | 'code' | 'says' | 'final'>,
): void {
  expect(status).toBe(failure.status);
  expect(headers['content-type']).toContain('application/json');
  const parsed = JSON.parse(body.toString()) as { error: { message: string } };
  const { message } = parsed.error;
  expect(parsed).toEqual(provider.errorBody({ status, code: failure.code, message }));
  const words: Readonly<Record<string, string>> = {
    'INPUT-OF-CREDENTIAL': provider.credentials[0]!.input,
    VARIABLE: provider.credentials[0]!.variable,
    INPUT: provider.targetInput,
    HOST: world.target(provider.id).host,
  };
  for (const text of failure.says) {
    expect(message).toContain(text.replace(/INPUT-OF-CREDENTIAL|VARIABLE|INPUT|HOST/, (word) => words[word]!));
  }
  expect(headers['x-should-retry']).toBe(failure.final ? 'false' : undefined);
}

/** The log's record of it: which leg failed, and how. */
const logged = ({ code, detail }: Pick<Failure, 'code' | 'detail'>): string =>
  detail === undefined ? code : `${code} (${detail})`;

let outside: Outside;
beforeAll(async () => {
  const { run, ca } = unresolvable;
  const world = { ...(await ca.issue(['x.example'])), resolver: RESOLVER, names: {}, pointer: '' };
  outside = await startOutside(run.containers().squid, run.images, world, []);
});
afterAll(() => outside.stop());

describe.each(FAILURES)('$name', (failure) => {
  const { world, status, connections = 0, requests = 0 } = failure;
  beforeEach(async () => {
    await failure.arrange?.(world);
  });
  afterAll(() => failure.after?.(world));

  test.each(PROVIDERS)('$id: has its status, code and message', async (provider) => {
    const { accepted } = world.upstream;
    expectFailure(provider, world, await ask(world, provider), failure);
    expect(await world.records(1)).toMatchObject([
      { provider: provider.id, path: pathOf(provider), status, upstreamStatus: null, error: logged(failure) },
    ]);
    // The record comes last, so a second attempt would be visible by now.
    expect(world.upstream.accepted - accepted).toBe(connections);
    expect(world.upstream.requests).toHaveLength(requests);
  });
});

describe('warnings of a run before anything fails', () => {
  test.each(PROVIDERS)(
    '$id: a target that allow-domains does not cover, and the line to add',
    ({ id, targetInput }) => {
      const { host } = uncovered.target(id);
      expect(uncovered.run.warnings).toContain(
        `${targetInput}: allow-domains does not cover ${host}, so Squid refuses it. Add the line "${host}" to allow-domains.`,
      );
      expect(unresolvable.run.warnings.join()).not.toContain(host);
    },
  );

  test('there is no credential at all: not a word, for the command names no program that needs one', () => {
    expect(empty.run.warnings.filter((warning) => warning.includes(NO_CREDENTIALS))).toEqual([]);
  });
});

describe.each(PROVIDERS)('$id: an answer from the upstream', (provider) => {
  test.each([400, 401, 429, 500, 529])('with %i is passed on unchanged', async (status) => {
    const body = Buffer.from(`{"error": {"message":\t"upstream says ${status} \u00e9"} }\r\n`);
    usual.upstream.handler = (request, response) => {
      request.resume();
      const headers = { 'content-type': 'application/problem+json', 'retry-after': '7' };
      response.writeHead(status, { ...headers, ...LAST }).end(body);
    };
    const answer = await ask(usual, provider);
    expect(answer).toMatchObject({
      status,
      headers: { 'content-type': 'application/problem+json', 'retry-after': '7' },
    });
    expect(answer.body.equals(body)).toBe(true);
    expect(usual.upstream.requests).toHaveLength(1);
    expect(await usual.records(1)).toMatchObject([{ status, upstreamStatus: status, error: null }]);
  });
});

describe.each(PROVIDERS)('$id: a second attempt', (provider) => {
  test('is made once for a tunnel that broke before a byte of the request was sent', async () => {
    const { accepted } = usual.upstream;
    usual.upstream.onHello = () => {
      usual.upstream.onHello = undefined;
      reset(usual.upstream);
    };
    usual.upstream.handler = (_, response) => response.writeHead(200, LAST).end();
    expect((await ask(usual, provider)).status).toBe(200);
    expect(usual.upstream.accepted - accepted).toBe(2);
    expect(usual.upstream.requests).toHaveLength(1);
    expect(await usual.records(1)).toMatchObject([{ status: 200, error: null }]);
  });

  test('is never made for a request that was sent, even if its tunnel had served before', async () => {
    expect((await ask(usual, provider)).status).toBe(200);
    const { accepted } = usual.upstream;
    usual.upstream.handler = (_, __, socket) => socket.destroy();
    expect((await ask(usual, provider)).status).toBe(502);
    expect(await usual.records(2)).toMatchObject([{ error: null }, { error: 'upstream_closed (ECONNRESET)' }]);
    expect(usual.upstream.accepted).toBe(accepted);
    expect(usual.upstream.requests).toHaveLength(2);
  });
});

const BREAKS = [
  {
    how: 'reset',
    breakOff: () => {
      reset(usual.upstream);
    },
  },
  {
    how: 'ended',
    breakOff: () => {
      for (const connection of usual.upstream.connections) connection.destroy();
    },
  },
];

describe.each(BREAKS)('an answer that is $how midway', ({ breakOff }) => {
  /** Sends a request and reads the first event. The rest has not arrived yet. */
  async function firstEvent(id: ProviderId, path: string): Promise<IncomingMessage> {
    const request = httpRequest({ host: '127.0.0.1', port: usual.port(id), path, method: 'POST', agent: false });
    request.on('error', () => undefined).end('{}');
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    const [first] = (await once(answer, 'data')) as [Buffer];
    expect(first.toString()).toBe('data: first\n\n');
    return answer;
  }

  describe.each([
    ['chunked', {}],
    ['counted', { 'content-length': '1000' }],
  ])('%s', (_, headers) => {
    test.each(PROVIDERS)('$id: breaks for the client too', async (provider) => {
      usual.upstream.handler = (__, response: ServerResponse) => {
        response.writeHead(200, { 'content-type': 'text/event-stream', ...headers }).write('data: first\n\n');
      };
      const answer = await firstEvent(provider.id, pathOf(provider));
      const ended = once(answer.resume(), 'end');
      breakOff();
      await expect(ended).rejects.toMatchObject({ code: 'ECONNRESET' });
      expect(answer.complete).toBe(false);
      expect(usual.upstream.requests).toHaveLength(1);
      expect(await usual.records(1)).toMatchObject([
        { status: 200, upstreamStatus: 200, error: 'upstream_broken (ECONNRESET)' },
      ]);
    });
  });

  const websockets = PROVIDERS.flatMap(({ id, endpoints }) => {
    const path = endpoints.find(({ method }) => method === 'WEBSOCKET')?.path.replaceAll('*', 'm-1');
    return path === undefined ? [] : { id, path };
  });
  test.each(websockets)('$id: a WebSocket breaks for the client too', async ({ id, path }) => {
    usual.upstream.upgrade = agree();
    const { socket, received } = await openRaw(usual.port(id), wish(path));
    const ping = clientFrame(PING, 'ping');
    socket.write(ping);
    await eventually('the echo', () => received() === ping.toString('latin1'));
    breakOff();
    await eventually('the end', () => socket.readableEnded || socket.destroyed);
    expect(received()).toBe(ping.toString('latin1'));
    expect(await usual.records(1)).toMatchObject([{ status: 101, upstreamStatus: 101 }]);
  });
});

describe.each([
  {
    name: 'a connection that nobody accepts',
    ...{ world: distrustful, status: 504, code: 'upstream_connect_timeout', says: ['HOST', 'in time'] },
    // Squid may give up a moment before the api-proxy does; the log then has its words.
    error: /^upstream_connect_timeout( \(CONNECT 503 ERR_CONNECT_FAIL 110\))?$/,
  },
  {
    name: 'a Squid that is gone',
    ...{ world: uncovered, status: 502, code: 'proxy_unreachable', says: ['Squid did not answer'] },
    error: /^proxy_unreachable \((ETIMEDOUT|EHOSTUNREACH)\)$/,
  },
])('$name', ({ world, error, ...failure }) => {
  test('ends in time, and is reported for every provider', async () => {
    for (const [index, answer] of (await late.get(world)!).entries()) {
      expectFailure(PROVIDERS[index]!, world, answer, failure);
    }
    const expected = { status: failure.status, upstreamStatus: null, error: expect.stringMatching(error) as string };
    // The log is written in batches, shortly after the answer.
    await expect
      .poll(() => Object.fromEntries(world.allRecords().map((record) => [record.provider ?? '', record])))
      .toMatchObject(Object.fromEntries(PROVIDERS.map(({ id }) => [id, expected])));
  });
});

test('no log contains a credential', () => {
  for (const world of Object.values(WORLDS)) {
    expect(world.log()).toContain('"event":"request"');
    for (const secret of SENTINELS.values()) expect(world.log()).not.toContain(secret.slice(0, 10));
  }
});

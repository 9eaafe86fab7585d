import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROVIDER_TOOLS } from '../../../src/shared/provider-tools.ts';
import { PROVIDERS } from '../../../src/shared/providers.ts';
import { DEFAULT_MAX_BODY_BYTES } from '../../../src/shared/sidecar-config.ts';
import { configured } from '../../../testing/sidecar/configured.ts';
import { startSidecarProcess, type SidecarProcess } from '../../../testing/sidecar/process.ts';
import { callRaw, writePieces } from './raw-call.ts';
import { startRawUpstream, type RawRequest, type RawUpstream } from '../../../testing/sidecar/raw-upstream.ts';
import { startTestTunnelProxy, type TestTunnelProxy } from '../../../testing/sidecar/tunnel-proxy.ts';
import { valuesOf, type Field, type WireAnswer, type WireHead } from '../../../testing/sidecar/http-wire.ts';
import { randomAnswer, randomUpload, type RandomUpload } from './random-messages.ts';
import { createTestCa, type TestCa } from '../../../testing/tls.ts';

/** Try other messages with `AWF_SEED=7 npm run test:slow -- byte-exactness`. A failure prints its seed. */
const seed = Number(process.env.AWF_SEED ?? 1);

/**
 * The hop-by-hop headers. Apart from these and those that `Connection` nominates, an answer through the sidecar may
 * differ from the direct one only in the framing of its body (sizes and extensions of chunks, or chunks instead of a
 * body that ends with its connection) and in the HTTP version, which belongs to each hop.
 */
const OF_ONE_HOP = ['connection', 'keep-alive', 'proxy-authenticate', 'trailer', 'transfer-encoding'];

function endToEnd(fields: readonly Field[]): string[] {
  const nominated = valuesOf(fields, 'connection').flatMap((value) => value.toLowerCase().split(/[\s,]+/));
  return fields
    .filter(([name]) => ![...OF_ONE_HOP, ...nominated].includes(name.toLowerCase()))
    .map((field) => field.join(': '));
}

/** What a program can see of an answer. */
const contentOf = ({ interim, status, reason, fields, body, trailers }: WireAnswer) => ({
  interim: interim.map((head: WireHead) => [head.startLine.replace(/(?<= \d+) $/, ''), ...endToEnd(head.fields)]),
  ...{ status, reason, fields: endToEnd(fields), trailers: endToEnd(trailers) },
  body: body.toString('latin1'),
});

describe('octet for octet, through the sidecar', () => {
  const { id, defaultTarget: host, injection } = PROVIDERS[0]!;
  const credential = 'real-credential-of-the-provider';
  let ca: TestCa;
  let upstream: RawUpstream;
  let proxy: TestTunnelProxy;
  let sidecar: SidecarProcess;

  beforeAll(async () => {
    ca = await createTestCa();
    upstream = await startRawUpstream(ca, [host]);
    proxy = await startTestTunnelProxy(upstream.port);
    sidecar = await startSidecarProcess({
      providers: { [id]: configured(id, credential) },
      proxyUrl: proxy.url,
      maxBodyBytes: DEFAULT_MAX_BODY_BYTES,
      // The octets that are sent need not be JSON.
      allowProviderTools: PROVIDER_TOOLS,
      upstreamCa: ca.certPem,
    });
  });
  afterAll(async () => {
    expect(await sidecar.stop()).toBe(0);
    await proxy.close();
    await upstream.close();
  });

  async function direct() {
    const socket = connectTls({ host: '127.0.0.1', port: upstream.port, servername: host, ca: ca.certPem });
    await once(socket, 'secureConnect');
    return socket;
  }
  const through = () => connect(sidecar.ports[id], '127.0.0.1');

  const head = (method: string, ...fields: Field[]): Buffer => {
    const path = method === 'POST' ? '/v1/responses' : '/v1/models';
    const lines = [['Host', host], ...fields].map((field) => field.join(': '));
    return Buffer.from([`${method} ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n'), 'latin1');
  };

  test(
    '1,000 random answers arrive: interim ones, status, reason, headers, body and trailers',
    { timeout: 300_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(randomAnswer, async ({ method, pieces, closes }) => {
          upstream.onRequest = (_, socket) => {
            void writePieces(socket, pieces).then(() => closes && socket.end());
          };
          const request =
            method === 'POST' ? [head(method, ['Content-Length', '2']), Buffer.from('{}')] : [head(method)];
          const expected = contentOf(await callRaw(await direct(), request, method));
          expect(contentOf(await callRaw(through(), request, method))).toEqual(expected);
        }),
        { seed, numRuns: 1_000 },
      );
    },
  );

  test('300 random request bodies arrive in their own framing', { timeout: 300_000 }, async () => {
    const upload = async (socket: ReturnType<typeof through>, { fields, pieces }: RandomUpload) => {
      const received: RawRequest[] = [];
      upstream.onRequest = (request, answering) => {
        received.push(request);
        answering.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
      };
      await callRaw(socket, [head('POST', ...fields), ...pieces], 'POST');
      expect(received.map(({ error, message }) => [error, message?.trailers])).toEqual([[undefined, []]]);
      const { framing, body, fields: sent } = received[0]!.message!;
      return {
        framing,
        body: body.toString('latin1'),
        fields: new Set(endToEnd(sent).map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase()))),
      };
    };
    await fc.assert(
      fc.asyncProperty(randomUpload, async (random) => {
        const expected = await upload(await direct(), random);
        expect(expected.body).toBe(random.body.toString('latin1'));
        expected.fields.add(`${injection.header}: ${injection.prefix}${credential}`);
        expect(await upload(through(), random)).toEqual(expected);
      }),
      { seed, numRuns: 300 },
    );
  });
});

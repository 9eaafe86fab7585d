import { createServer as createTls, type Server as TlsServer } from 'node:tls';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { onTestFinished, describe, expect, test } from 'vitest';
import { addressOf, dial, shake, tunnel } from '../../src/doctor/dial.ts';
import { formOf, PROXY } from '../../src/doctor/providers.ts';
import type { CheckContext } from '../../src/doctor/context.ts';
import { NO_NETWORK } from '../../src/config/network.ts';
import { plain } from '../../src/doctor/finding.ts';
import { requireAnswer } from '../../src/doctor/engine.ts';
import { CREDENTIALS } from '../../src/shared/providers.ts';
import { aConfig, NO_SECRETS } from '../../testing/builders.ts';
import { createTestCa } from '../../testing/tls.ts';

async function listening(server: Server | TlsServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe('the form of a key', () => {
  const form = CREDENTIALS.find(({ variable }) => variable === 'ANTHROPIC_API_KEY')?.form;
  const findingFor = (text: string, isElsewhere = false) =>
    formOf('ANTHROPIC_API_KEY', text, { label: 'an Anthropic key', form, isElsewhere });

  test.each([
    ['sk-ant-api03-x', false, 'ok', 'looks like an Anthropic key'],
    ['sk-ant-api03-x\n', false, 'warning', 'has a line break at its end'],
    ['hello-world', false, 'warning', 'does not look like an Anthropic key (sk-ant-…)'],
    ['hello-world', true, 'ok', 'is set'],
  ])('%j', (text, isElsewhere, status, words) => {
    const finding = findingFor(text, isElsewhere);
    expect(finding.status).toBe(status);
    expect(plain(finding.text)).toContain(words);
    expect(plain(finding.text)).not.toContain('hello');
  });

  test('is what its example shows, and Copilot’s own key has none: it is that of any provider', () => {
    const known = CREDENTIALS.filter((one) => one.form !== undefined);
    expect(known.map(({ variable }) => variable)).toEqual(
      expect.arrayContaining(['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'CLAUDE_CODE_OAUTH_TOKEN', 'GEMINI_API_KEY']),
    );
    expect(known.map(({ variable }) => variable)).not.toContain('COPILOT_API_KEY');
    expect(known.filter(({ form: one }) => one?.value.test(one.example) !== true)).toEqual([]);
  });
});

describe('an engine', () => {
  test('that never answers is not waited for', async () => {
    const port = await listening(createServer((socket) => onTestFinished(() => void socket.destroy())));
    await expect(requireAnswer(`tcp://127.0.0.1:${String(port)}`, 200)).rejects.toThrow('does not answer within 0.2');
  });

  test('that answers, or is not there, is the client’s to explain', async () => {
    const port = await listening(createServer((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nOK')));
    await requireAnswer(`tcp://127.0.0.1:${String(port)}`);
    await requireAnswer('unix:///nonexistent');
    await requireAnswer('');
  });
});

test('the proxy of the network is where add-hosts says', async () => {
  const port = await listening(createServer((socket) => socket.end()));
  const upstreamProxy = {
    host: 'proxy.corp.example',
    port,
    isSecure: false,
    user: undefined,
    direct: [],
    origin: 'HTTPS_PROXY',
  };
  const found = (address: string) => {
    const addHosts = [{ name: upstreamProxy.host, address }];
    const config = aConfig({ network: { ...NO_NETWORK, upstreamProxy }, addHosts });
    return PROXY.find({ built: { config, secrets: NO_SECRETS } } as Partial<CheckContext> as CheckContext);
  };
  expect(await found('127.0.0.1')).toMatchObject([{ status: 'ok' }]);
  await expect(found('127.0.0.2')).rejects.toThrow('does not accept a connection');
});

test('a proxy of the network that speaks TLS has to prove its name', async () => {
  const ca = await createTestCa();
  const port = await listening(createTls(await ca.issue(['proxy.corp.example'])));
  const found = (host: string, upstreamCa: string | undefined) => {
    const upstreamProxy = { host, port, isSecure: true, user: undefined, direct: [], origin: 'HTTPS_PROXY' };
    const addHosts = [{ name: host, address: '127.0.0.1' }];
    const config = aConfig({ network: { ...NO_NETWORK, upstreamProxy }, addHosts, upstreamCa });
    return PROXY.find({ built: { config, secrets: NO_SECRETS } } as Partial<CheckContext> as CheckContext);
  };
  expect(await found('proxy.corp.example', ca.certPem)).toMatchObject([{ status: 'ok' }]);
  await expect(found('proxy.corp.example', undefined)).rejects.toThrow('not with TLS that AWF trusts');
  await expect(found('other.corp.example', ca.certPem)).rejects.toThrow('not with TLS that AWF trusts');
});

describe('a provider', () => {
  test('whose certificate is trusted only with upstream-ca', async () => {
    const ca = await createTestCa();
    const { key, cert } = await ca.issue(['api.test']);
    const port = await listening(createTls({ key, cert }));
    await shake(await dial('api.test', port, '127.0.0.1'), 'api.test', ca.certPem);
    await expect(shake(await dial('api.test', port, '127.0.0.1'), 'api.test', undefined)).rejects.toThrow(
      'answers, but not with TLS that AWF trusts.',
    );
  });

  test('that refuses connections, or has no address', async () => {
    const server = createServer();
    const port = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    await expect(dial('api.test', port, '127.0.0.1')).rejects.toThrow(
      `api.test does not accept a connection at port ${port}.`,
    );
    await expect(addressOf('localhost', ['127.0.0.1:1'])).rejects.toThrow('has no IPv4 address');
  });

  test.each([
    ['HTTP/1.1 407 Proxy Authentication Required\r\n\r\n', 'status 407'],
    ['', 'it sent no answer'],
  ])('behind a proxy that opens no tunnel: %j', async (answer, message) => {
    const port = await listening(createServer((socket) => void socket.once('data', () => socket.end(answer))));
    const proxy = { host: '127.0.0.1', port, login: undefined };
    await expect(tunnel(await dial('127.0.0.1', port), 'api.test:443', proxy)).rejects.toThrow(message);
  });

  test('behind a proxy gets the credential of the proxy', async () => {
    let asked = '';
    const port = await listening(
      createServer(
        (socket) =>
          void socket.once('data', (data) => ((asked = data.toString()), socket.write('HTTP/1.1 200 OK\r\n\r\n'))),
      ),
    );
    const socket = await dial('127.0.0.1', port);
    await tunnel(socket, 'api.test:443', {
      host: '127.0.0.1',
      port,
      login: { user: 'u', password: 'p' },
    });
    socket.destroy();
    expect(asked).toContain('CONNECT api.test:443 HTTP/1.1\r\n');
    expect(asked).toContain(`Basic ${Buffer.from('u:p').toString('base64')}`);
  });
});

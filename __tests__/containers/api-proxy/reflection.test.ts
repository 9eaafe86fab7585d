import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ReflectionGuard } from '../../../containers/api-proxy/src/reflection.ts';
import { PROVIDERS } from '../../../src/shared/providers.ts';
import { post, send } from '../../../testing/sidecar/client.ts';
import { clientFrame, CONTINUATION, PING, TEXT } from '../../../testing/sidecar/client-frame.ts';
import { eventually, INFERENCE, realCredential, useSidecar } from '../../../testing/sidecar/sidecar.ts';
import { accept } from '../../../testing/sidecar/websocket-handshake.ts';

const SECRET = 'sk-abcsk-abd-1234';
const MASK = '*'.repeat(SECRET.length);

describe('F8 the mask', () => {
  const through = (chunks: readonly string[], ...credentials: readonly string[]): string => {
    const secrets = credentials.length === 0 ? [SECRET] : credentials;
    const mask = new ReflectionGuard(secrets, { plainOnly: true }, () => undefined).stream();
    const passed = chunks.map((chunk) => mask.pass(Buffer.from(chunk)).toString('latin1'));
    return passed.join('') + mask.rest().toString('latin1');
  };

  test.each([
    SECRET,
    `a${SECRET}b`,
    `${SECRET}${SECRET}`,
    `sk-abc${SECRET}`,
    `sk-abcsk-ab${SECRET}sk-abcsk-abd-123`,
    `sssss${SECRET.slice(0, -1)}`,
    'nothing in it at all',
  ])('finds %j wherever it is cut', (text) => {
    const expected = text.replaceAll(SECRET, MASK);
    for (let first = 0; first <= text.length; first++) {
      for (let second = first; second <= text.length; second++) {
        const chunks = [text.slice(0, first), text.slice(first, second), text.slice(second)];
        expect(through(chunks)).toBe(expected);
      }
    }
    expect(through(Array.from(text))).toBe(expected);
  });

  test('holds back only what may turn out to be the credential', () => {
    const mask = new ReflectionGuard([SECRET], { plainOnly: false }, () => undefined).stream();
    const pass = (text: string) => mask.pass(Buffer.from(text)).toString();
    expect(pass('data: yes\n\n')).toBe('data: yes\n\n');
    expect(pass('data: sk-abcsk-a')).toBe('data: ');
    expect(pass('bcsk-a\n\n')).toBe('sk-abcsk-abcsk-a\n\n');
    expect(pass('yes')).toBe('ye');
    expect(pass('!')).toBe('s!');
  });

  test.each([
    ['JSON.stringify', String.raw`a"b\\c=d&e/f+g'h<i`, String.raw`a\"b\\\\c=d&e/f+g'h<i`],
    ['PHP', 'dXNlcjo/Pz8+Pj4=', String.raw`dXNlcjo\/Pz8+Pj4=`],
    ['.NET', 'dXNlcjo/Pz8+Pj4=', String.raw`dXNlcjo/Pz8\u002BPj4=`],
    ['Gson', 'dXNlcjo/Pz8+Pj4=', String.raw`dXNlcjo/Pz8+Pj4\u003d`],
    ['Go', 'correct&horse=<battery>', String.raw`correct\u0026horse=\u003cbattery\u003e`],
    ['a URL', 'dXNlcjo/Pz8+Pj4=', 'dXNlcjo%2FPz8%2BPj4%3D'],
    ['a page', 'correct&horse"<battery>', 'correct&amp;horse&quot;&lt;battery&gt;'],
  ])('finds a secret as %s writes it', (_, secret, written) => {
    const text = `{"a":"Bearer ${written}","b":"${secret}"}`;
    const expected = text
      .replace(written, (found) => '*'.repeat(found.length))
      .replace(secret, '*'.repeat(secret.length));
    expect(through([text], secret)).toBe(expected);
    expect(through(Array.from(text), secret)).toBe(expected);
  });

  test.each([SECRET, 'correct horse >>>??? battery', 'p\u00e4ssw\u00f6rter'])(
    'finds %s in Base64, wherever it stands there',
    (secret) => {
      for (const alphabet of ['base64', 'base64url'] as const) {
        for (const user of ['', ':', 'a:', 'me:', 'user:']) {
          for (const end of ['', '\n', '.x', '!!!']) {
            const written = Buffer.from(`${user}${secret}${end}`).toString(alphabet);
            const seen = through([`_auth = ${written}\n`], secret);
            expect(through(Array.from(`_auth = ${written}\n`), secret)).toBe(seen);
            expect(seen).toHaveLength(`_auth = ${written}\n`.length);
            // All that is left is what the first and the last character share with others.
            const left = seen.replace(/^_auth = |\n$/g, '').split(/\*+/);
            expect(left).toHaveLength(2);
            expect(seen.match(/\*/g)!.length).toBeGreaterThan((Buffer.byteLength(secret) * 8) / 6 - 3);
          }
        }
      }
    },
  );

  test.each([
    ['swordfish', 'fish-and-chips', 'a wordf'],
    ['dXNlcjo/Pz8+Pj4=', 'never-mind', 'the end: dXNlc'],
  ])('nothing is lost or repeated that looks like the beginning of several: %s, %s', (one, other, text) => {
    for (const secrets of [
      [one, other],
      [other, one],
    ]) {
      expect(through([text], ...secrets)).toBe(text);
      expect(through(Array.from(text), ...secrets)).toBe(text);
    }
  });

  test('does not mask a word that is too short to be a secret', () => {
    expect(through(['none', ' of it'], 'none')).toBe('none of it');
  });
});

describe('F8 an upstream that echoes the request', () => {
  const t = useSidecar();
  const reflected = () => t.lines.filter((line) => 'event' in line && line.event === 'credential-reflected');

  test.each(PROVIDERS)('$id: its headers, status line and body arrive without the credential', async (provider) => {
    const { id, injection } = provider;
    t.upstream.handler = (request, response) => {
      request.resume();
      const header = String(request.headers[injection.header]);
      const body = JSON.stringify({ headers: request.headers });
      response
        .writeHead(200, `OK ${header}`, { 'x-echo': header, 'content-length': body.length })
        .write(body.slice(0, -30));
      setTimeout(() => response.end(body.slice(-30)), 5);
    };
    for (let i = 0; i < 2; i++) {
      const answer = await post(t.port(id), INFERENCE[id], '{}');
      const seen = `${answer.rawHeaders.join()} ${answer.body.toString()}`;
      expect(seen).not.toContain(realCredential(id).slice(0, 30));
      expect(answer.headers['x-echo']).toBe(`${injection.prefix}${'*'.repeat(realCredential(id).length)}`);
      expect(JSON.parse(answer.body.toString())).toMatchObject({
        headers: { [injection.header]: answer.headers['x-echo'] },
      });
    }
    expect(reflected()).toEqual([{ event: 'credential-reflected', level: 'warn', provider: id }]);
    expect(JSON.stringify(t.lines)).not.toContain(realCredential(id));
  });

  test.each([8, 20])('the first %i octets of it at the end of an answer with a length are not lost', async (octets) => {
    const body = `the end: ${realCredential('openai').slice(0, octets)}`;
    t.upstream.handler = (_, response) => response.writeHead(200, { 'content-length': body.length }).end(body);
    expect((await post(t.port('openai'), INFERENCE.openai, '{}')).body.toString()).toBe(body);
  });

  test('octet by octet', async () => {
    const text = `a ${realCredential('openai')} b ${realCredential('openai')}`;
    t.upstream.handler = (_, response) => {
      const writeFrom = (at: number): void => {
        if (at === text.length) response.end();
        else response.write(text.charAt(at), () => setImmediate(writeFrom, at + 1));
      };
      writeFrom(0);
    };
    const answer = await post(t.port('openai'), INFERENCE.openai, '{}');
    expect(answer.body.toString()).toBe(text.replaceAll(realCredential('openai'), (key) => '*'.repeat(key.length)));
  });

  test('an event that begins like the credential is not delayed', async () => {
    let next: (() => void) | undefined;
    t.upstream.handler = (_, response) => {
      response.writeHead(200).write('data: real-credential-of\n\n');
      next = () => response.end('data: end');
    };
    const request = httpRequest({ host: '127.0.0.1', port: t.port('openai'), method: 'POST', path: INFERENCE.openai });
    request.end('{}');
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    let received = '';
    answer.on('data', (chunk: Buffer) => (received += chunk.toString()));
    await eventually('the event', () => received === 'data: real-credential-of\n\n');
    next?.();
    await once(answer, 'end');
    expect(received).toBe('data: real-credential-of\n\ndata: end');
  });

  test('a provider’s own compression stays unchanged', async () => {
    t.upstream.handler = (request, response) => {
      const coding = String(request.headers['accept-encoding']);
      response.writeHead(200, { 'content-encoding': coding }).end(gzipSync('text'));
    };
    const answer = await send(t.port('openai'), { headers: { 'accept-encoding': 'gzip' } });
    expect(answer.headers['content-encoding']).toBe('gzip');
    expect(answer.body.equals(gzipSync('text'))).toBe(true);
  });
});

describe('Copilot for an enterprise with data residency', () => {
  const t = useSidecar({ configured: ['copilot'], target: { host: 'copilot-api.octo.ghe.com' } });

  test('is a provider’s own host, whose compression stays unchanged', async () => {
    t.upstream.handler = (request, response) => {
      const coding = String(request.headers['accept-encoding']);
      response.writeHead(200, { 'content-encoding': coding }).end(gzipSync('text'));
    };
    const headers = { 'accept-encoding': 'gzip' };
    const answer = await send(t.port('copilot'), { method: 'GET', path: '/models', headers });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-encoding']).toBe('gzip');
    expect(answer.body.equals(gzipSync('text'))).toBe(true);
    expect(t.upstream.requests[0]).toMatchObject({ serverName: 'copilot-api.octo.ghe.com' });
  });
});

describe('F8 a user’s own gateway that echoes the request', () => {
  const t = useSidecar({ configured: ['openai'], target: { host: 'gateway.example' } });

  test('is asked for plain text, whatever encoding the client requests', async () => {
    t.upstream.handler = (request, response) => {
      const body = JSON.stringify(request.headers);
      const packed = request.headers['accept-encoding'] === 'identity' ? body : gzipSync(body);
      response.writeHead(200).end(packed);
    };
    const answer = await send(t.port('openai'), { headers: { 'accept-encoding': 'gzip, identity;q=0' } });
    expect(answer.body.toString()).toContain(`"authorization":"Bearer ${'*'.repeat(20)}`);
  });

  test.each([['gzip'], ['identity', 'gzip']])('cannot send a compressed answer: %s %s', async (...codings) => {
    t.upstream.handler = (request, response) => {
      const headers = codings.flatMap((coding) => ['content-encoding', coding]);
      response.writeHead(200, headers).end(gzipSync(JSON.stringify(request.headers)));
    };
    const answer = await send(t.port('openai'));
    expect(answer.status).toBe(502);
    expect(await t.records(1)).toMatchObject([{ upstreamStatus: 200, error: 'upstream_compressed' }]);
  });

  test('cannot send a compressed WebSocket, and messages are masked wherever frames cut them', async () => {
    t.upstream.upgrade = (request, socket) => {
      const text = String(request.headers.authorization);
      accept(request, socket, `X-Echo: ${text}`);
      const part = (opcode: number, from: number, to: number, isLast: boolean): Buffer =>
        clientFrame(opcode, text.slice(from, to), { isMasked: false, isLast });
      const frames = [part(TEXT, 0, 12, false), part(PING, 0, 99, true), part(CONTINUATION, 12, 99, true)];
      for (const octet of Buffer.concat(frames)) socket.write(Buffer.from([octet]));
    };
    const client = new WebSocket(`ws://127.0.0.1:${t.port('openai')}/v1/responses`);
    const [event] = (await once(client, 'message')) as [{ data: string }];
    expect(event.data).toBe(`Bearer ${'*'.repeat(realCredential('openai').length)}`);
    expect(t.upstream.requests[0]!.headers).not.toHaveProperty('sec-websocket-extensions');
    client.close();
  });
});

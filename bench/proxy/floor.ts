/**
 * The floor for `bench/proxy`: the least code that adds a credential to requests and keeps its tunnels through Squid
 * open. It has no checks, limits, log or error handling. It reads PORT, HTTPS_PROXY, TARGET (`host:port`), CREDENTIAL
 * and NODE_EXTRA_CA_CERTS from its environment.
 */
import type { Duplex } from 'node:stream';

// An import statement would read all exports of node:http, including WebSocket, and so load 8 MB of undici.
const { Agent, createServer, request } = process.getBuiltinModule('node:http');
const { connect } = process.getBuiltinModule('node:tls');
const { PORT, HTTPS_PROXY = '', TARGET = '', CREDENTIAL = '' } = process.env;
const { hostname, port } = new URL(HTTPS_PROXY);
const servername = TARGET.replace(/:\d+$/, '');

class TunnelAgent extends Agent {
  override createConnection(_: unknown, callback?: (error: Error | null, socket: Duplex) => void): undefined {
    const tunnel = request({ host: hostname, port, method: 'CONNECT', path: TARGET, agent: false });
    tunnel.on('connect', (_, socket) => {
      const secured = connect({ socket, servername }, () => callback?.(null, secured));
    });
    tunnel.end();
  }
}

const agent = new TunnelAgent({ keepAlive: true });
createServer((client, answer) => {
  const headers = { ...client.headers, host: TARGET, authorization: `Bearer ${CREDENTIAL}` };
  const upstream = request({ agent, method: client.method, path: client.url, headers }, (response) => {
    answer.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(answer);
  });
  client.pipe(upstream);
}).listen(PORT);

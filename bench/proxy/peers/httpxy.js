/** httpxy as a reverse proxy, with Node's own agent for tunnels. Its environment is that of `floor.ts`. */
import { createServer } from 'node:http';
import { Agent } from 'node:https';
import process from 'node:process';
import { createProxyServer } from 'httpxy';

const { PORT, TARGET, CREDENTIAL } = process.env;
const proxy = createProxyServer({
  target: `https://${TARGET}`,
  changeOrigin: true,
  agent: new Agent({ keepAlive: true, proxyEnv: process.env }),
  headers: { authorization: `Bearer ${CREDENTIAL}` },
});
createServer((client, answer) => void proxy.web(client, answer)).listen(PORT);

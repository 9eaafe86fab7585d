/** The test's own registries under their own host names, over TLS and in plain text: static files and git. */

import { spawn } from 'node:child_process';
import {
  createServer as createPlainServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer } from 'node:https';
import { listen } from '../listen.ts';
import type { TestCa } from '../tls.ts';
import type { Files } from './build-tool.ts';

export interface RegistryServer {
  readonly securePort: number;
  readonly plainPort: number;
  /** `METHOD host/path` of everything that arrived. */
  readonly requests: readonly string[];
  readonly close: () => Promise<void>;
}

/**
 * @param hosts the files of each host
 * @param repositories a directory of bare repositories, served as `*.git/` on every host
 */
export async function startRegistries(
  ca: TestCa,
  address: string,
  hosts: ReadonlyMap<string, Files>,
  repositories: string,
): Promise<RegistryServer> {
  const requests: string[] = [];
  const answer: RequestListener = (request, response) => {
    const { method = '', url = '' } = request;
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    const path = url.replace(/\?.*/, '');
    requests.push(`${method} ${host}${path}`);
    if (/^\/[\w-]+\.git\//.test(path)) {
      answerByGit(request, response, repositories);
      return;
    }
    const content = hosts.get(host)?.[path];
    request.resume();
    if (content === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': contentType(path) }).end(content);
  };
  const secure = await listen(createServer(await ca.issue([...hosts.keys()]), answer), address, 0);
  const plain = await listen(createPlainServer(answer), address, 0);
  return {
    securePort: secure.port,
    plainPort: plain.port,
    requests,
    close: async () => {
      await secure.close();
      await plain.close();
    },
  };
}

/** pip accepts an index only if its type is HTML (PEP 503). */
const contentType = (path: string): string => (path.endsWith('/') ? 'text/html' : 'application/octet-stream');

/** CGI (RFC 3875), as described in `git help http-backend`. */
function answerByGit(request: IncomingMessage, response: ServerResponse, repositories: string): void {
  const { pathname, search } = new URL(request.url ?? '', 'http://registry');
  const git = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: repositories,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: request.headers['git-protocol']?.toString(),
      REQUEST_METHOD: request.method,
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: request.headers['content-type'],
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
    },
  });
  git.stdin.on('error', () => undefined);
  request.pipe(git.stdin);
  const chunks: Buffer[] = [];
  git.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  git.on('close', () => {
    const output = Buffer.concat(chunks);
    const end = output.indexOf('\r\n\r\n');
    const headers = output.toString('latin1', 0, Math.max(end, 0)).split('\r\n');
    const fields = headers.map((line) => line.split(/: */, 2) as [string, string]);
    const status = Number(fields.find(([name]) => name === 'Status')?.[1].slice(0, 3) ?? 200);
    response.writeHead(end < 0 ? 500 : status, Object.fromEntries(fields.filter(([name]) => name !== 'Status')));
    response.end(output.subarray(end + 4));
  });
}

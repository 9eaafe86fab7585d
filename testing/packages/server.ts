/** The test's own registries under their own host names, over TLS and in plain text: static files and git. */

import { createServer as createPlainServer, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { answerByGit } from '../git-http.ts';
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
      answerByGit(request, response, repositories, path);
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

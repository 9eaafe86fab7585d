/** Serves bare repositories over git's smart HTTP. */

import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Hands a request to git's own server: CGI (RFC 3875), as described in `git help http-backend`.
 *
 * @param repositories the directory of the bare repositories
 * @param path where the repository is in it, and what is asked of it: `/project.git/info/refs`
 * @param user set for a client that may push
 */
export function answerByGit(
  request: IncomingMessage,
  response: ServerResponse,
  repositories: string,
  path: string,
  user?: string,
): void {
  const { search } = new URL(request.url ?? '', 'http://registry');
  const git = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: repositories,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: request.headers['git-protocol']?.toString(),
      REQUEST_METHOD: request.method,
      REMOTE_USER: user,
      PATH_INFO: path,
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

/**
 * A local TLS server that plays GitHub under its real host names, so that no test needs the internet or a real token. It
 * judges what arrives: a token has to be the right one, and a signed URL has to come without any. It is written from
 * GitHub's documentation, and knows nothing of AWF's rules.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { createHash } from 'node:crypto';
import { answerByGit } from '../git-http.ts';
import { isObject } from '../json.ts';
import { listen, type Listening } from '../listen.ts';
import type { TestCa } from '../tls.ts';
import { execute, operationOf, type GraphqlRequest } from './execute.ts';
import { ASSET, LFS_OBJECT, type Hub } from './hub.ts';
import { answerRest, type Links, type RestAnswer } from './rest.ts';
import { rootOf } from './schema.ts';

/** `none`: without a credential. */
export type CredentialVerdict = 'real' | 'none' | 'wrong';

export interface GithubRequest {
  readonly host: string;
  readonly method: string;
  /** The path with its query, as it arrived. */
  readonly path: string;
  /** `mutation CommentCreate addComment`, if it is GraphQL. */
  readonly operation: string | undefined;
  readonly authorization: string | undefined;
  readonly credential: CredentialVerdict;
  /** Empty for what git sends. */
  readonly body: Buffer;
  /** Of the answer; 0 before there is one. */
  status: number;
}

export interface GithubServerOptions {
  readonly ca: TestCa;
  readonly hub: Hub;
  /** The real token. */
  readonly token: string;
  /** The host of the server: github.com unless it is said. With any other, it plays Enterprise Server on that host. */
  readonly host?: string;
  /** The address to listen on; 127.0.0.1 unless it is said. */
  readonly address?: string;
  /** 0, the default, picks a free one. */
  readonly port?: number;
}

export interface GithubServer extends Listening {
  /** In the order in which they were complete. */
  readonly requests: readonly GithubRequest[];
  readonly reset: () => void;
}

const CLOUD = 'github.com';
/** Hosts with signed URLs. They refuse a credential, as Azure's and Amazon's storage do. */
const STORAGE = [
  ...['objects.githubusercontent.com', 'release-assets.githubusercontent.com', 'github-cloud.githubusercontent.com'],
  ...['github-cloud.s3.amazonaws.com', 'codeload.github.com', 'media.githubusercontent.com'],
];
/** The names under which it plays github.com. */
export const GITHUB_HOSTS: readonly string[] = [
  CLOUD,
  'api.github.com',
  'uploads.github.com',
  'raw.githubusercontent.com',
  ...STORAGE,
];

function linksOf(host: string): Links {
  if (host !== CLOUD) {
    const server = `https://${host}`;
    return {
      api: `${server}/api/v3`,
      server,
      uploads: `${server}/api/uploads`,
      codeload: `${server}/_codeload`,
      assets: `${server}/storage`,
    };
  }
  return {
    ...{ api: 'https://api.github.com', server: 'https://github.com', uploads: 'https://uploads.github.com' },
    ...{ codeload: 'https://codeload.github.com', assets: 'https://release-assets.githubusercontent.com' },
  };
}

function judgeCredential(authorization: string | undefined, isApi: boolean, token: string): CredentialVerdict {
  if (authorization === undefined) return 'none';
  const [scheme = '', value = ''] = authorization.split(' ', 2);
  if (/^(?:bearer|token)$/i.test(scheme)) return value === token ? 'real' : 'wrong';
  const basic = Buffer.from(value, 'base64').toString();
  return !isApi && /^basic$/i.test(scheme) && basic === `x-access-token:${token}` ? 'real' : 'wrong';
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function parseBody(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString());
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** The part of the service that a request is for. */
interface Part {
  readonly kind: 'api' | 'graphql' | 'uploads' | 'storage' | 'raw' | 'web';
  readonly path: string;
}

function partOf(host: string, pathname: string, server: string): Part {
  const below = (prefix: string): string => pathname.slice(prefix.length) || '/';
  if (server !== CLOUD) {
    if (pathname === '/api/graphql') return { kind: 'graphql', path: pathname };
    if (pathname.startsWith('/api/v3')) return { kind: 'api', path: below('/api/v3') };
    if (pathname.startsWith('/api/uploads/')) return { kind: 'uploads', path: below('/api/uploads') };
    if (/^\/(?:storage|_codeload)\//.test(pathname)) return { kind: 'storage', path: pathname };
    return { kind: pathname.startsWith('/raw/') ? 'raw' : 'web', path: pathname };
  }
  if (host === 'api.github.com') return { kind: pathname === '/graphql' ? 'graphql' : 'api', path: pathname };
  if (host === 'uploads.github.com') return { kind: 'uploads', path: pathname };
  if (host === 'raw.githubusercontent.com') return { kind: 'raw', path: pathname };
  return { kind: STORAGE.includes(host) ? 'storage' : 'web', path: pathname };
}

const unauthorized: RestAnswer = { status: 401, body: { message: 'Bad credentials', status: '401' } };
const notFound: RestAnswer = { status: 404, body: { message: 'Not Found' } };

/** Starts the server. */
export async function startGithubServer({
  ca,
  hub,
  token,
  host: server = CLOUD,
  address = '127.0.0.1',
  port = 0,
}: GithubServerOptions): Promise<GithubServer> {
  const requests: GithubRequest[] = [];
  const links = linksOf(server);
  const root = rootOf(hub);

  const answerGraphql = (body: Buffer, credential: CredentialVerdict): RestAnswer => {
    if (credential !== 'real') return unauthorized;
    try {
      return { status: 200, body: { data: execute(parseBody(body) as unknown as GraphqlRequest, root) } };
    } catch (error) {
      return { status: 200, body: { errors: [{ type: 'ERROR', message: String(error) }] } };
    }
  };

  /** https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md */
  const answerLfs = (path: string, body: Buffer): RestAnswer => {
    if (/\/locks(?:\/verify)?$/.test(path)) return { status: 200, body: { ours: [], theirs: [], locks: [] } };
    const { operation, objects } = parseBody(body) as { operation?: string; objects?: { oid: string; size: number }[] };
    const href =
      operation === 'upload' ? 'https://github-cloud.s3.amazonaws.com' : 'https://github-cloud.githubusercontent.com';
    const actions = (oid: string) => ({
      [String(operation)]: { href: `${href}/alambic/media/${oid}?X-Amz-Signature=abc` },
    });
    const listed = (objects ?? []).map((object) => ({ ...object, authenticated: true, actions: actions(object.oid) }));
    return {
      status: 200,
      headers: { 'content-type': 'application/vnd.git-lfs+json' },
      body: { transfer: 'basic', objects: listed },
    };
  };

  const answerUpload = (path: string, url: URL, body: Buffer, credential: CredentialVerdict): RestAnswer => {
    const repository = hub.find(/^\/repos\/([^/]+\/[^/]+)\/releases\/\d+\/assets$/.exec(path)?.[1] ?? '');
    if (credential !== 'real') return unauthorized;
    if (!repository) return notFound;
    const name = url.searchParams.get('name') ?? '';
    repository.assets.set(name, body);
    return { status: 201, body: { id: 99, name, state: 'uploaded', size: body.length } };
  };

  const answerStorage = (request: IncomingMessage, url: URL, credential: CredentialVerdict): RestAnswer => {
    if (credential !== 'none') return { status: 400, body: '<Error><Code>InvalidArgument</Code></Error>' };
    if (!/[?&](?:sig|token|X-Amz-Signature)=abc/.test(url.search)) return { status: 403, body: 'not signed' };
    if (request.method === 'PUT') return { status: 200 };
    return { status: 200, body: url.pathname.startsWith('/alambic/') ? LFS_OBJECT : ASSET };
  };

  /** The website's own host: git, LFS, archives and downloads. @returns undefined if git answers */
  const answerWeb = (url: URL, body: Buffer | undefined, credential: CredentialVerdict): RestAnswer | undefined => {
    const [, name = '', rest = ''] = /^\/([^/]+\/[^/]+?)(?:\.git)?(\/.*)?$/.exec(url.pathname) ?? [];
    const repository = hub.find(name);
    const isPush = url.search.includes('git-receive-pack') || rest === '/git-receive-pack';
    if (!repository || (credential === 'none' && (repository.isPrivate || isPush))) {
      // It does not tell whether there is such a repository.
      return { status: 401, headers: { 'www-authenticate': 'Basic realm="GitHub"' }, body: 'Repository not found.' };
    }
    if (rest.startsWith('/info/lfs/')) return answerLfs(rest, body ?? Buffer.alloc(0));
    if (/^\/(?:info\/refs|git-upload-pack|git-receive-pack)$/.test(rest)) return undefined;
    const [, kind, what = ''] = /^\/(archive|releases\/download|raw)\/(.+)$/.exec(rest) ?? [];
    if (kind === 'archive')
      return { status: 302, headers: { location: `${links.codeload}/${name}/tar.gz/${what}?token=abc` } };
    if (kind === 'raw')
      return { status: 302, headers: { location: `https://raw.githubusercontent.com/${name}/${what}` } };
    if (kind)
      return { status: 302, headers: { location: `${links.assets}/github-production-release-asset/1?sig=abc` } };
    return notFound;
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
    const url = new URL(request.url ?? '/', `https://${host}`);
    const { kind, path } = partOf(host, url.pathname, server);
    const { authorization } = request.headers;
    const credential = judgeCredential(authorization, kind === 'api' || kind === 'graphql', token);
    const isGit = kind === 'web' && /\/(?:info\/refs|git-(?:upload|receive)-pack)$/.test(url.pathname);
    const body = isGit ? Buffer.alloc(0) : await readBody(request);
    const recorded: GithubRequest = {
      ...{ host, method: request.method ?? '', path: request.url ?? '', authorization, credential, body, status: 0 },
      operation: kind === 'graphql' ? nameOperation(body) : undefined,
    };
    requests.push(recorded);
    response.on('finish', () => (recorded.status = response.statusCode));
    const decide = (): RestAnswer | undefined => {
      if (kind === 'storage') return answerStorage(request, url, credential);
      if (credential === 'wrong') return { ...unauthorized, headers: { 'www-authenticate': 'Basic realm="GitHub"' } };
      if (kind === 'graphql') return answerGraphql(body, credential);
      if (kind === 'uploads') return answerUpload(path, url, body, credential);
      if (kind === 'raw') return credential === 'real' ? { status: 200, body: '# Hello\n' } : notFound;
      if (kind === 'web') return answerWeb(url, body, credential);
      const rest = { ...recorded, path: decodeURIComponent(path), query: url.searchParams };
      return answerRest(
        hub,
        { ...rest, accept: request.headers.accept ?? '', body: parseBody(body) },
        links,
        credential === 'real',
      );
    };
    const answer = decide();
    if (answer) send(response, answer);
    else {
      const repository = url.pathname.replace(
        /^(\/[^/]+\/[^/]+?)(?:\.git)?\/(info\/refs|git-[a-z]+-pack)$/,
        (_, name: string, rest: string) => `${name.toLowerCase()}.git/${rest}`,
      );
      answerByGit(request, response, hub.directory, repository, credential === 'real' ? 'octocat' : undefined);
    }
  };

  const certificate = await ca.issue(server === CLOUD ? GITHUB_HOSTS : [server]);
  const http = createServer(certificate, (request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  return { ...(await listen(http, address, port)), requests, reset: () => (requests.length = 0) };
}

function nameOperation(body: Buffer): string {
  try {
    return operationOf(String(parseBody(body)['query']));
  } catch {
    return 'not GraphQL';
  }
}

function send(response: ServerResponse, { status, headers = {}, body }: RestAnswer): void {
  const isText = typeof body === 'string' || Buffer.isBuffer(body);
  const octets = body === undefined ? Buffer.alloc(0) : Buffer.from(isText ? (body as string) : JSON.stringify(body));
  const type = isText ? 'text/plain' : 'application/json; charset=utf-8';
  response.writeHead(status, {
    ...{
      'content-type': type,
      'content-length': octets.length,
      'x-request-id': createHash('sha1').update(octets).digest('hex'),
    },
    ...headers,
  });
  response.end(octets);
}

/** The stand-in's REST API, by https://docs.github.com/en/rest. */

import { addComment, addThread, type Hub, type Repository, type Thread } from './hub.ts';

export interface RestRequest {
  readonly method: string;
  /** Without the prefix of the API, and decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly accept: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface RestAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text or octets are sent as they are. */
  readonly body?: unknown;
}

/** Where the parts of the service are, for the links in answers. */
export interface Links {
  readonly api: string;
  readonly server: string;
  readonly uploads: string;
  readonly codeload: string;
  readonly assets: string;
}

/** Things on a page, unless `per_page` says otherwise. Small, so that three issues have two pages. */
const PER_PAGE = 2;
const TIME = '2026-01-02T03:04:05Z';
const USER = { login: 'octocat', id: 583231, type: 'User' };
const DIFF = 'diff --git a/README.md b/README.md\n--- a/README.md\n+++ b/README.md\n@@ -1 +1,2 @@\n # Hello\n+Hello!\n';

const notFound: RestAnswer = {
  status: 404,
  body: { message: 'Not Found', documentation_url: 'https://docs.github.com/rest' },
};
const ok = (body: unknown): RestAnswer => ({ status: 200, body });
const created = (body: unknown): RestAnswer => ({ status: 201, body });

const asIssue = ({ fullName }: Repository, { number, title, body, state, id, headRefName }: Thread) => ({
  ...{
    id: number,
    node_id: id,
    number,
    title,
    body,
    state: state === 'OPEN' ? 'open' : 'closed',
    user: USER,
    labels: [],
  },
  html_url: `https://github.com/${fullName}/${headRefName === undefined ? 'issues' : 'pull'}/${number}`,
  ...(headRefName !== undefined && { head: { ref: headRefName, sha: '0'.repeat(40) }, base: { ref: 'main' } }),
  created_at: TIME,
});

function asRelease(repository: Repository, links: Links, tag: string) {
  const { fullName, assets } = repository;
  const base = `${links.api}/repos/${fullName}/releases`;
  return {
    ...{
      id: 7,
      tag_name: tag,
      name: tag,
      draft: false,
      prerelease: false,
      author: USER,
      created_at: TIME,
      published_at: TIME,
    },
    ...{ url: `${base}/7`, html_url: `${links.server}/${fullName}/releases/tag/${tag}`, body: 'A release.' },
    upload_url: `${links.uploads}/repos/${fullName}/releases/7/assets{?name,label}`,
    ...{ tarball_url: `${links.api}/repos/${fullName}/tarball/${tag}`, zipball_url: '', target_commitish: 'main' },
    assets: [...assets].map(([name, { length }], index) => ({
      ...{
        id: 70 + index,
        name,
        size: length,
        state: 'uploaded',
        url: `${base}/assets/${70 + index}`,
        content_type: 'text/plain',
      },
      browser_download_url: `${links.server}/${fullName}/releases/download/${tag}/${name}`,
    })),
  };
}

/** https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api; the links have the id, not the name. */
function page(items: readonly unknown[], { path, query }: RestRequest, { api }: Links, id: number): RestAnswer {
  const size = Math.min(Number(query.get('per_page') ?? PER_PAGE), PER_PAGE);
  const number = Number(query.get('page') ?? 1);
  const rest = path.replace(/^\/(?:repos\/[^/]+\/[^/]+|repositories\/\d+)/, '');
  const link = (to: number, relation: string): string => {
    const parameters = new URLSearchParams(query);
    parameters.set('page', String(to));
    return `<${api}/repositories/${id}${rest}?${parameters.toString()}>; rel="${relation}"`;
  };
  const last = Math.ceil(items.length / size);
  const body = items.slice((number - 1) * size, number * size);
  const links = number < last ? [link(number + 1, 'next'), link(last, 'last')] : [];
  return { status: 200, ...(links.length > 0 && { headers: { link: links.join(', ') } }), body };
}

type Handler = (repository: Repository, parts: readonly string[], request: RestRequest, links: Links) => RestAnswer;

const thread =
  (handle: (repository: Repository, thread: Thread, request: RestRequest) => RestAnswer): Handler =>
  (repository, [number], request) => {
    const found = repository.threads.find((each) => each.number === Number(number));
    return found ? handle(repository, found, request) : notFound;
  };

/** Below a repository. */
const ROUTES: readonly (readonly [string, RegExp, Handler])[] = [
  [
    ...(['GET', /^$/] as const),
    ({ id, nodeId, fullName, name, owner, isPrivate }, _, __, links) =>
      ok({
        ...{ id, node_id: nodeId, name, full_name: fullName, private: isPrivate, owner: { ...USER, login: owner } },
        ...{ default_branch: 'main', url: `${links.api}/repos/${fullName}`, permissions: { push: true, pull: true } },
      }),
  ],
  [
    ...(['GET', /^\/(?:issues|pulls)$/] as const),
    (repository, _, request, links) => {
      const isPulls = request.path.endsWith('/pulls');
      const threads = repository.threads.filter(({ headRefName }) => !isPulls || headRefName !== undefined);
      return page(
        threads.map((each) => asIssue(repository, each)),
        request,
        links,
        repository.id,
      );
    },
  ],
  [
    ...(['GET', /^\/(?:issues|pulls)\/(\d+)$/] as const),
    thread((repository, found, { accept }) => ok(/diff|patch/.test(accept) ? DIFF : asIssue(repository, found))),
  ],
  [
    'POST',
    /^\/issues$/,
    (repository, _, { body }) => created(asIssue(repository, addThread(repository, String(body['title']), ''))),
  ],
  [
    'POST',
    /^\/issues\/(\d+)\/comments$/,
    thread((repository, found, { body }) => created(addComment(repository, found, String(body['body'])))),
  ],
  ['GET', /^\/issues\/(\d+)\/comments$/, thread((_, { comments }) => ok(comments))],
  ['PATCH', /^\/issues\/(\d+)$/, thread((repository, found) => ok(asIssue(repository, found)))],
  ['GET', /^\/labels$/, () => ok([{ id: 1, name: 'bug', color: 'd73a4a' }])],
  ['POST', /^\/labels$/, () => created({ id: 2, name: 'new', color: 'ededed' })],
  ['GET', /^\/releases$/, (repository, _, __, links) => ok([asRelease(repository, links, 'v1')])],
  ['GET', /^\/releases\/(?:latest|tags\/v1|7)$/, (repository, _, __, links) => ok(asRelease(repository, links, 'v1'))],
  [
    'POST',
    /^\/releases$/,
    (repository, _, { body }, links) =>
      created(asRelease({ ...repository, assets: new Map() }, links, String(body['tag_name']))),
  ],
  ['PATCH', /^\/releases\/\d+$/, (repository, _, __, links) => ok(asRelease(repository, links, 'v2'))],
  [
    ...(['GET', /^\/releases\/assets\/\d+$/] as const),
    (_, __, ___, { assets }) => ({
      status: 302,
      headers: { location: `${assets}/github-production-release-asset/1?sig=abc` },
    }),
  ],
  [
    ...(['GET', /^\/(?:tarball|zipball)\/(.+)$/] as const),
    ({ fullName }, [reference], _, { codeload }) => ({
      status: 302,
      headers: { location: `${codeload}/${fullName}/legacy.tar.gz/${reference}?token=abc` },
    }),
  ],
  ['GET', /^\/actions\/runs$/, () => ok({ total_count: 0, workflow_runs: [] })],
  ['GET', /^\/actions\/workflows$/, () => ok({ total_count: 0, workflows: [] })],
  ['GET', /^\/actions\/secrets$/, () => ok({ total_count: 1, secrets: [{ name: 'SECRET' }] })],
  ['GET', /^\/contents\/README\.md$/, () => ok({ name: 'README.md', encoding: 'base64', content: btoa('# Hello\n') })],
  ['PUT', /^\/contents\/.+$/, () => created({ content: {}, commit: {} })],
  ['GET', /^\/commits\/[^/]+$/, () => ok({ sha: '0'.repeat(40) })],
  ['POST', /^\/pulls\/(\d+)\/reviews$/, () => ok({ id: 1 })],
  ['PUT', /^\/pulls\/(\d+)\/merge$/, () => ok({ merged: true })],
  ['POST', /^\/pulls\/(\d+)\/requested_reviewers$/, () => created({})],
  ['DELETE', /^\/git\/refs\/heads\/.+$/, () => ({ status: 204 })],
];

const TOP: Readonly<Record<string, unknown>> = {
  '/': { current_user_url: 'https://api.github.com/user' },
  '/meta': { verifiable_password_authentication: false, installed_version: '3.17.0' },
  '/rate_limit': { resources: { core: { limit: 5000, remaining: 4999, reset: 1 } } },
  '/user': { ...USER, name: 'The Octocat' },
  '/users/octocat': USER,
  '/search/issues': { total_count: 0, items: [] },
};

/** @param isKnown false for a request without a credential, which sees what is public */
export function answerRest(hub: Hub, request: RestRequest, links: Links, isKnown: boolean): RestAnswer {
  const { method, path } = request;
  if (method === 'GET' && path in TOP)
    return { status: 200, headers: { 'x-oauth-scopes': 'repo, read:org' }, body: TOP[path] };
  const [, fullName, id, rest = ''] = /^\/(?:repos\/([^/]+\/[^/]+)|repositories\/(\d+))(\/.*)?$/.exec(path) ?? [];
  const repository = id === undefined ? hub.find(fullName ?? '') : hub.findById(Number(id));
  if (!repository || (repository.isPrivate && !isKnown)) return notFound;
  for (const [each, pattern, handle] of ROUTES) {
    const parts = each === method ? pattern.exec(rest) : null;
    if (parts) return handle(repository, parts.slice(1), request, links);
  }
  return notFound;
}

import { describe, expect, test } from 'vitest';
import { HostRules } from '../../src/shared/rule-matcher.ts';
import { checkRepository, githubHosts } from '../../src/config/github.ts';
import { githubServer } from '../../src/config/github-server.ts';
import { GITHUB_ACCESS_LEVELS, type GithubAccess } from '../../src/shared/github-access.ts';
import type { HostRule } from '../../src/shared/named-host.ts';
import { words } from '../../src/shared/words.ts';
import { thrown } from '../../testing/builders.ts';
import { GH_COMMANDS, type NeededAccess, type RecordedCommand } from '../../testing/github/programs.ts';

const CLOUD = {};
const ENTERPRISE = { GITHUB_SERVER_URL: 'https://git.example.com' };

interface World {
  readonly access?: GithubAccess;
  readonly environment?: Readonly<Record<string, string>>;
  readonly allowed?: readonly string[];
}

const hostsOf = ({ access = 'read', environment = CLOUD, allowed = [] }: World) =>
  githubHosts({
    ...{ server: githubServer(environment), access, credential: 'github-token' },
    repositories: [{ name: 'octo/hello', id: '4242' }, { name: 'octo/second' }],
    isAllowed: (host) => allowed.includes(host),
  });

/** The rule that decides about `METHOD host/path?query`, by the sidecar's own matcher. */
function ruleFor(request: string, world: World): HostRule | undefined {
  const [method = '', host = '', rest = ''] = /^(\w+) ([^/]+)(\/.*)$/.exec(request)?.slice(1) ?? [];
  const [path = '', query] = rest.split('?', 2);
  const rules = hostsOf(world).find(({ name }) => name === host)?.rules ?? [];
  // The matcher's rules have the index of a credential. It is that of the rule here.
  const found = new HostRules(rules.map((rule, credential) => ({ ...rule, credential }))).find({
    ...{ method, path, query: query === undefined ? '' : `?${query}`, body: 0, nominated: [] },
  });
  return found && rules[found.credential];
}

const LEVELS: readonly NeededAccess[] = [...GITHUB_ACCESS_LEVELS, 'never'];
const isEnough = (access: GithubAccess, needed: NeededAccess): boolean =>
  LEVELS.indexOf(access as NeededAccess) >= LEVELS.indexOf(needed);

/** Whether a recorded request passes. */
function passes(sent: string, { event }: RecordedCommand, access: GithubAccess): boolean {
  const isAllowed = (values: Readonly<Record<string, readonly string[]>> | undefined) =>
    event === undefined || (values?.['event']?.includes(event) ?? true);
  if (!sent.startsWith('GRAPHQL ')) {
    const rule = ruleFor(sent, { access });
    return rule !== undefined && isAllowed(rule.members);
  }
  const [, kind, , ...fields] = sent.split(' ');
  const graphql = ruleFor('POST api.github.com/graphql', { access })?.graphql;
  if (kind === 'query') return graphql !== undefined;
  return fields.every((field) => graphql?.mutations.includes(field) === true && isAllowed(graphql.inputs?.[field]));
}

describe.each(GITHUB_ACCESS_LEVELS)('github-access %s', (access) => {
  test.each(GH_COMMANDS)('gh $command needs $access', (recorded) => {
    expect(recorded.sends.every((sent) => passes(sent, recorded, access))).toBe(isEnough(access, recorded.access));
  });
});

/** Requests by the level that they need. */
const WEB = 'github.com/octo/hello';
const API = 'api.github.com/repos/octo/hello';
const REQUESTS: readonly (readonly [NeededAccess, readonly string[]])[] = [
  [
    'read',
    [
      ...[`GET ${WEB}.git/info/refs?service=git-upload-pack`, `POST ${WEB}.git/git-upload-pack`],
      ...[`GET ${WEB}/info/refs?service=git-upload-pack`, `POST ${WEB}/git-upload-pack`],
      ...[`GET github.com/Octo/HELLO.git/info/refs?service=git-upload-pack`, `POST ${WEB}.git/info/lfs/objects/batch`],
      ...['POST github.com/octo/second.git/git-upload-pack', 'GET github.com/octo/hello', `GET ${WEB}/issues/1`],
      ...[`GET ${WEB}/archive/refs/heads/main.zip`, `GET ${WEB}/releases/download/v1/a.zip`, `HEAD ${WEB}/raw/main/a`],
      ...[`GET ${API}`, `HEAD ${API}`, `GET ${API}/contents/a%2Fb`, `GET ${API}/contents`, `GET ${API}/commits/main`],
      ...[`GET ${API}/branches/main`, `GET ${API}/pulls/1/files?per_page=100`, `GET ${API}/collaborators/a/permission`],
      ...[`GET ${API}/actions/runs/1/jobs`, `GET ${API}/git/ref/heads/a/b`, `GET ${API}/tarball`],
      ...['GET api.github.com/repositories/4242/issues?page=2', 'GET api.github.com/repos/Octo/Second/issues'],
      ...['GET raw.githubusercontent.com/octo/hello/main/a', 'GET codeload.github.com/octo/hello/tar.gz/main?token=a'],
      ...[
        'GET objects.githubusercontent.com/a?X-Amz-Signature=b',
        'GET github-cloud.githubusercontent.com/alambic/a?b=c',
      ],
    ],
  ],
  [
    'comment',
    [
      ...[`POST ${API}/issues/1/comments`, `PATCH ${API}/issues/comments/1`, `POST ${API}/pulls/1/comments/2/replies`],
      ...[`POST ${API}/issues/1/reactions`, 'POST api.github.com/repositories/4242/issues/1/comments'],
    ],
  ],
  [
    'write',
    [
      ...[`GET ${WEB}.git/info/refs?service=git-receive-pack`, `POST ${WEB}.git/git-receive-pack`],
      ...[`POST ${WEB}/git-receive-pack`, `POST ${WEB}.git/info/lfs/locks/verify`],
      ...[`POST ${API}/issues`, `PATCH ${API}/issues/1`, `POST ${API}/issues/1/labels`, `POST ${API}/pulls`],
      ...[`DELETE ${API}/issues/1/labels/area%2Fproxy`, `DELETE ${API}/issues/comments/1`, `PUT ${API}/pulls/1/merge`],
      ...[`PUT ${API}/contents/a/b`, `POST ${API}/git/refs`, `DELETE ${API}/git/refs/heads/a`, `POST ${API}/releases`],
      ...['POST uploads.github.com/repos/octo/hello/releases/7/assets?name=a'],
    ],
  ],
  [
    'never',
    [
      ...words(`
        DELETE/ PATCH/ PUT/topics POST/forks POST/transfer PUT/collaborators/a DELETE/collaborators/a GET/collaborators
        GET/invitations POST/keys GET/keys DELETE/keys/1 GET/hooks POST/hooks POST/hooks/1/tests GET/actions/secrets
        GET/actions/secrets/A PUT/actions/secrets/A GET/actions/secrets/public-key GET/actions/organization-secrets
        GET/actions/variables POST/actions/variables GET/actions/runners POST/actions/runners/registration-token
        POST/actions/runners/remove-token PUT/actions/permissions GET/actions/permissions/workflow
        POST/actions/workflows/1/dispatches POST/dispatches POST/actions/runs/1/rerun POST/actions/runs/1/approve
        POST/actions/runs/1/pending_deployments DELETE/actions/runs/1 POST/deployments POST/deployments/1/statuses
        GET/environments PUT/environments/a GET/environments/a/secrets GET/dependabot/secrets GET/codespaces/secrets
        GET/branches/main/protection PUT/branches/main/protection DELETE/branches/main/protection
        POST/branches/main/rename GET/rulesets POST/rulesets GET/secret-scanning/alerts GET/code-scanning/alerts
        GET/dependabot/alerts GET/security-advisories POST/statuses/abc POST/check-runs PATCH/check-runs/1 POST/pages
        PUT/pages GET/autolinks PUT/lfs DELETE/lfs PUT/vulnerability-alerts PUT/interaction-limits PUT/subscription
        GET/traffic/clones DELETE/releases/7 DELETE/labels/a PUT/issues/1/lock POST/merge-upstream PUT/import
      `).map((row) => row.replace('/', ` ${API}/`).replace(/\/$/, '')),
      // What a decoder of escaped slashes would take for something else.
      ...[`GET ${API}/actions%2Fsecrets`, `GET ${API}/branches/main%2Fprotection`, `GET ${API}/git%2F..%2Fhooks`],
      ...[
        'GET api.github.com/repos/octo%2Fhello/hooks',
        `GET ${API}/hooks`,
        'GET api.github.com/repositories/4242/hooks',
      ],
      // Other repositories, some of them with a name that begins or ends as an allowed one.
      ...[
        'GET api.github.com/repos/octo/hello-world',
        'GET api.github.com/repos/octo/hell',
        'GET api.github.com/repositories/42',
      ],
      ...['GET api.github.com/repositories/42421/issues', 'GET api.github.com/repos/evil/octo/hello'],
      ...['POST github.com/octo/hello-world.git/git-upload-pack', 'POST github.com/octo/hello.git.git/git-upload-pack'],
      ...['POST github.com/evil/octo/hello.git/git-receive-pack', 'POST github.com/evil/x.git/git-receive-pack'],
      ...['GET raw.githubusercontent.com/evil/x/main/a', 'GET codeload.github.com/evil/x/zip/main'],
      ...[
        'POST uploads.github.com/repos/evil/x/releases/1/assets?name=a',
        'GET media.githubusercontent.com/media/evil/x/a',
      ],
      // A fetch that is none, and parameters that are given twice.
      ...[`GET ${WEB}.git/info/refs`, `GET ${WEB}.git/info/refs?service=git-upload-pack&service=git-receive-pack`],
      ...[`GET ${WEB}.git/info/refs?service=git-upload-archive`, `GET ${WEB}/info/refs?service=GIT-RECEIVE-PACK`],
      ...[`POST ${WEB}.git/info/lfs/objects/batch?operation=upload`, `POST ${WEB}.git/info/lfs/locks`],
      // Documents and values where no judge sees them.
      ...['GET api.github.com/graphql?query=a', 'POST api.github.com/graphql?query=a', 'POST api.github.com/graphql/'],
      // Beside the repositories.
      ...words(`
        GET/user/repos GET/user/emails GET/user/keys POST/user/keys POST/user/repos GET/orgs/a POST/gists GET/gists
        GET/notifications GET/search/code GET/search/issues POST/markdown DELETE/installation/token GET/installation/repositories
        POST/app/installations/1/access_tokens DELETE/applications/a/token GET/enterprises/a POST/repos/a/b/generate
        GET/users/a/keys GET/users/a/events
      `).map((row) => row.replace('/', ' api.github.com/')),
      ...[
        'PUT github-cloud.s3.amazonaws.com/alambic/a',
        'POST objects.githubusercontent.com/a',
        'GET gist.github.com/a',
      ],
      'POST lfs.github.com/octo/hello/objects/batch',
    ],
  ],
];

describe.each(REQUESTS)('what needs %s', (needed, requests) => {
  test.each(requests)('%s', (request) => {
    const levels = GITHUB_ACCESS_LEVELS.filter((access) => ruleFor(request, { access }) !== undefined);
    expect(levels).toEqual(GITHUB_ACCESS_LEVELS.filter((access) => isEnough(access, needed)));
  });
});

describe('the credential', () => {
  test.each([
    [`GET ${API}/issues`, 'Bearer '],
    ['POST api.github.com/graphql', 'Bearer '],
    ['GET api.github.com/user', 'Bearer '],
    ['POST uploads.github.com/repos/octo/hello/releases/7/assets?name=a', 'Bearer '],
    [`POST ${WEB}.git/git-upload-pack`, 'Basic '],
    [`GET ${WEB}/archive/main.zip`, 'Basic '],
    ['GET raw.githubusercontent.com/octo/hello/main/a', 'Basic '],
    [`GET ${WEB}/issues/1`, undefined],
    ['GET codeload.github.com/octo/hello/zip/main?token=a', undefined],
    ['GET release-assets.githubusercontent.com/a?sig=b', undefined],
  ])('%s gets %s', (request, prefix) => {
    expect(ruleFor(request, { access: 'write' })?.credential?.prefix).toBe(prefix);
  });

  test('of git is the password of a user', () => {
    expect(ruleFor(`POST ${WEB}.git/git-upload-pack`, {})?.credential).toEqual({
      ...{ name: 'github-token', header: 'authorization', prefix: 'Basic ', user: 'x-access-token' },
    });
  });
});

test('reviews and LFS are bound by their bodies, below write', () => {
  const review = `POST ${API}/pulls/1/reviews`;
  expect(ruleFor(review, { access: 'comment' })?.members).toEqual({ event: ['COMMENT'] });
  expect(ruleFor(review, { access: 'write' })?.members).toBeUndefined();
  expect(ruleFor(`${review}?event=APPROVE`, { access: 'comment' })).toBeUndefined();
  for (const access of GITHUB_ACCESS_LEVELS) {
    const members = ruleFor(`POST ${WEB}.git/info/lfs/objects/batch`, { access })?.members;
    expect(members).toEqual({ operation: ['download'] });
  }
});

test('custom has the hosts with their credentials, and no rules', () => {
  const hosts = hostsOf({ access: 'custom', allowed: ['github.com'] });
  expect(hosts.flatMap(({ rules }) => rules)).toEqual([]);
  expect(hosts.map(({ name, credential }) => [name, credential?.prefix])).toEqual([
    ...[
      ['github.com', 'Basic '],
      ['api.github.com', 'Bearer '],
      ['uploads.github.com', 'Bearer '],
    ],
    ...[
      ['gist.github.com', undefined],
      ['lfs.github.com', undefined],
    ],
  ]);
});

describe('a host that the user has allowed', () => {
  const world: World = { access: 'write', allowed: ['github.com', 'api.github.com', 'raw.githubusercontent.com'] };

  test.each([
    'GET github.com/public/library.git/info/refs?service=git-upload-pack',
    'POST github.com/public/library.git/git-upload-pack',
    'POST github.com/public/library/git-upload-pack',
    'GET github.com/public/library/releases/download/v1/a.zip',
    'GET raw.githubusercontent.com/public/library/main/a',
    'GET api.github.com/repos/public/library/releases/latest',
    `GET ${API}/hooks`,
  ])('passes %s, without the credential', (request) => {
    expect(ruleFor(request, world)).toMatchObject({ source: 'allow-domains' });
    expect(ruleFor(request, world)).not.toHaveProperty('credential');
  });

  test.each([
    'POST github.com/public/library.git/git-receive-pack',
    'POST api.github.com/repos/public/library/issues',
    'POST api.github.com/gists',
    'GET codeload.github.com/public/library/zip/main',
    `POST ${API}/hooks`,
  ])('does not pass %s', (request) => {
    expect(ruleFor(request, world)).toBeUndefined();
  });

  test('still gives the repository’s own requests the credential', () => {
    expect(ruleFor(`GET ${API}`, world)).toMatchObject({ source: 'github-access write', credential: {} });
  });

  test('does not send a push without a credential', () => {
    const push = `GET ${WEB}.git/info/refs?service=git-receive-pack`;
    expect(ruleFor(push, { ...world, access: 'read' })).toBeUndefined();
  });
});

describe('Enterprise Server has all parts on its host', () => {
  const HOST = 'git.example.com';
  test.each([
    [`GET ${HOST}/api/v3/repos/octo/hello/issues`, 'Bearer '],
    [`GET ${HOST}/api/v3/repositories/4242/issues`, 'Bearer '],
    [`GET ${HOST}/api/v3/meta`, 'Bearer '],
    [`POST ${HOST}/api/graphql`, 'Bearer '],
    [`POST ${HOST}/api/uploads/repos/octo/hello/releases/7/assets?name=a`, 'Bearer '],
    [`POST ${HOST}/octo/hello.git/git-receive-pack`, 'Basic '],
    [`GET ${HOST}/raw/octo/hello/main/a`, 'Basic '],
    [`GET raw.${HOST}/octo/hello/main/a`, 'Basic '],
    [`GET ${HOST}/_codeload/octo/hello/zip/main`, undefined],
    [`GET ${HOST}/storage/releases/1`, undefined],
  ])('%s gets %s', (request, prefix) => {
    const rule = ruleFor(request, { access: 'write', environment: ENTERPRISE });
    expect(rule).toBeDefined();
    expect(rule?.credential?.prefix).toBe(prefix);
  });

  test.each([
    `GET ${HOST}/api/v3/admin/users`,
    `GET ${HOST}/api/v3/repos/octo/hello/hooks`,
    `POST ${HOST}/graphql`,
    `GET ${HOST}/setup`,
  ])('%s does not pass', (request) => {
    expect(ruleFor(request, { access: 'write', environment: ENTERPRISE })).toBeUndefined();
  });
});

describe('the name of a repository', () => {
  test.each(['octo/hello', 'Octo-Org/.github', 'mona_octo/a.b-c_d', 'a/1'])('%s', (name) => {
    expect(checkRepository('github-repositories, line 1', name)).toBe(name);
  });

  test.each([
    'octo',
    'octo/hello/x',
    'https://github.com/octo/hello',
    'octo/hello.git',
    'octo/..',
    'octo/*',
    '-a/b',
    'a b/c',
    'a/b?c',
    '',
  ])('is not %j', (name) => {
    const error = thrown(() => checkRepository('github-repositories, line 1', name));
    expect(error.message).toMatch(/^github-repositories, line 1: .*OWNER\/NAME/);
  });
});

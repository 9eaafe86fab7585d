/** The real gh, git and curl through the sidecar, with the rules for GitHub's hosts and a stand-in for GitHub. */

import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startSidecar, type Sidecar } from '../../../../containers/api-proxy/src/server.ts';
import { githubServer } from '../../../../src/config/github-server.ts';
import { githubHosts } from '../../../../src/config/github.ts';
import { GITHUB_ACCESS_LEVELS, type GithubAccessLevel } from '../../../../src/shared/github-access.ts';
import type { CredentialUse, NamedHost } from '../../../../src/shared/named-host.ts';
import type { SidecarHostCredential, SidecarRuledHost } from '../../../../src/shared/sidecar-config.ts';
import { HAS_GIT } from '../../../../testing/git.ts';
import { GH_COMMANDS, ghArguments, installGh, isSteady, runProgram } from '../../../../testing/github/programs.ts';
import { startGithubWorld, type GithubWorld } from '../../../../testing/github/world.ts';
import { HAS_PYTHON } from '../../../../testing/python.ts';
import { FETCH_LIMIT } from '../../../../testing/scratch.ts';

const TOKEN = `ghs_real${'x'.repeat(30)}`;
/** What the command has instead. */
const PLACEHOLDER = `ghs_placeholder${'x'.repeat(30)}`;

function credentialOf({ header, prefix, user }: CredentialUse): SidecarHostCredential {
  const text = user === undefined ? TOKEN : Buffer.from(`${user}:${TOKEN}`).toString('base64');
  return { header, value: `${prefix}${text}`, secrets: [TOKEN, text] };
}

/** As the runner hands it to the sidecar. */
function handedOver({ name, rules }: NamedHost): SidecarRuledHost {
  const uses = rules.flatMap(({ credential }) => credential ?? []);
  return {
    name,
    rules: rules.map(({ credential, ...rule }) => ({
      ...rule,
      ...(credential && { credential: uses.indexOf(credential) }),
    })),
    credentials: uses.map(credentialOf),
  };
}

async function startFor(world: GithubWorld, access: GithubAccessLevel): Promise<Sidecar> {
  const hosts = githubHosts({
    ...{ server: githubServer({}), access, credential: 'github-token', isAllowed: () => false },
    repositories: [{ name: 'octo/hello', id: '4242' }],
  }).map(handedOver);
  const { cert, key } = await world.ca.issue(hosts.map(({ name }) => name));
  const config = {
    ...{ providers: {}, hosts, proxyUrl: world.proxyUrl, upstreamCa: world.ca.certPem, maxBodyBytes: 1_000_000 },
    tls: { key, chains: Object.fromEntries(hosts.map(({ name }) => [name, cert])) },
  };
  const ignore = () => undefined;
  return startSidecar(config, {
    log: { request: ignore, event: ignore, notice: ignore, isDebug: false, close: async () => undefined },
    ...{ host: '127.0.0.1', portOf: () => 0, hostPorts: { connect: 0, direct: 0 } },
  });
}

describe.skipIf(!HAS_GIT || !HAS_PYTHON).each(GITHUB_ACCESS_LEVELS)('github-access %s', (access) => {
  let gh: string;
  let world: GithubWorld;
  let sidecar: Sidecar;
  let runs = 0;

  beforeAll(async () => {
    gh = await installGh();
    world = await startGithubWorld(TOKEN);
    sidecar = await startFor(world, access);
  }, FETCH_LIMIT);

  beforeEach(() => world.server.reset());

  afterAll(async () => {
    await sidecar.close();
    await world.close();
  });

  const run = (...words: readonly string[]) => {
    const proxyUrl = `http://127.0.0.1:${sidecar.hostPorts!.connect}`;
    const environment = {
      ...world.environment(PLACEHOLDER, proxyUrl),
      XDG_CACHE_HOME: join(world.cwd, `cache-${++runs}`),
    };
    return runProgram(words, world.cwd, environment);
  };

  /** Whether a command that needs a level works at this one. */
  const works = (needed: string): boolean =>
    needed !== 'never' &&
    GITHUB_ACCESS_LEVELS.indexOf(needed as GithubAccessLevel) <= GITHUB_ACCESS_LEVELS.indexOf(access);

  /** What changes something, as it arrived. */
  const changes = () =>
    world.server.requests.filter(
      ({ method, operation }) => operation?.startsWith('mutation') ?? (method !== 'GET' && method !== 'HEAD'),
    );

  /** At a level that cannot close anything, there is nothing to reopen, and gh says so. */
  const commands = GH_COMMANDS.filter(({ command }) => works('write') || !command.includes(' reopen '));

  test.each(commands)('gh $command', async (recorded) => {
    const { code, output } = await run(gh, ...ghArguments(recorded));
    expect(code === 0, output).toBe(works(recorded.access));
    // Only requests that a rule allows arrive, with the real token or none.
    expect(world.server.requests.map(({ credential }) => credential)).not.toContain('wrong');
    if (!works(recorded.access)) {
      expect(changes()).toEqual([]);
      expect(output).toMatch(/github-access|not among the requests/);
    } else expect(world.server.requests.length).toBeGreaterThanOrEqual(recorded.sends.filter(isSteady).length);
  });

  test('git clones and fetches, and pushes at write', async () => {
    const url = 'https://github.com/Octo/Hello';
    expect(await run('git', 'clone', '--quiet', url, 'clone')).toMatchObject({ code: 0 });
    await run('git', '-C', 'clone', 'commit', '--quiet', '--allow-empty', '--message=second');
    const push = await run('git', '-C', 'clone', 'push', '--quiet', 'origin', 'HEAD:new');
    expect(push.code === 0, push.output).toBe(works('write'));
    expect(changes().some(({ path }) => path.endsWith('/git-receive-pack'))).toBe(works('write'));
    expect(new Set(world.server.requests.map(({ credential }) => credential))).toEqual(new Set(['real']));
    expect((await run('git', 'ls-remote', 'https://github.com/other/private')).code).not.toBe(0);
  });

  const EVIL = 'deleteIssue(input:{issueId:"I_4242_3"}){clientMutationId}';
  const asJson = (...documents: readonly string[]) =>
    `{${documents.map((query) => `"query":${JSON.stringify(query)}`).join()}}`;

  test.each([
    ['under the name of an allowed one', asJson(`mutation{addComment:${EVIL}}`)],
    ['in a fragment', asJson(`mutation{...f} fragment f on Mutation{... on Mutation{${EVIL}}}`)],
    ['behind a query', asJson(`query A{viewer{login}} mutation B{${EVIL}}`)],
    ['in a second document', asJson('{viewer{login}}', `mutation{${EVIL}}`)],
    ['behind an escaped key', asJson(`mutation{${EVIL}}`).replace('query', '\\u0071uery')],
    ['in a batch', `[${asJson('{viewer{login}}')},${asJson(`mutation{${EVIL}}`)}]`],
    ['in a form', `query=${encodeURIComponent(`mutation{${EVIL}}`)}`],
  ])('a mutation that no level allows does not arrive %s', async (_, body) => {
    const words = ['-H', 'Content-Type: application/json', '--data-raw', body, 'https://api.github.com/graphql'];
    const { output } = await run('curl', '-sS', ...words);
    expect(output).toMatch(/"code":"(?:graphql_not_allowed|body_unreadable)"/);
    expect(world.server.requests).toEqual([]);
    const control = await run('curl', '-sS', ...words.with(3, asJson('{ viewer { login } }')));
    expect(control.output).toContain('octocat');
  });

  test.each([
    ['in Authorization', ['-H', 'Authorization: Bearer ghp_mine']],
    ['twice in Authorization', ['-H', 'Authorization: Bearer ghp_mine', '-H', 'Authorization: token ghp_mine']],
    ['as a user', ['-u', 'me:ghp_mine']],
    ['in a header of another API', ['-H', 'PRIVATE-TOKEN: ghp_mine', '-H', 'X-Api-Key: ghp_mine']],
    ['in the query', ['-G', '--data-urlencode', 'access_token=ghp_mine']],
  ])('a token of the command’s own %s does not arrive', async (_, words) => {
    const own = await run('curl', '-sS', ...words, 'https://api.github.com/repos/octo/hello');
    expect(own.output).toContain('"full_name":"Octo/Hello"');
    const other = await run('curl', '-sS', '-X', 'POST', ...words, 'https://api.github.com/repos/other/private/issues');
    expect(other.output).toContain('not among the requests');
    expect(world.server.requests).toHaveLength(1);
    expect(JSON.stringify(world.server.requests)).not.toContain('ghp_mine');
  });
});

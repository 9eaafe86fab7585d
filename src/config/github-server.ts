import { RESIDENCY_DOMAIN, RESIDENCY_SERVER, SERVER_URL_VARIABLE } from '../shared/copilot-host.ts';
import { ValueError } from '../shared/value-error.ts';
import { isWithin } from '../shared/host-pattern.ts';
import { canonicalHost } from './domain.ts';

/** A host, and what its paths begin with: empty, or `/api/v3`. */
export interface Place {
  readonly host: string;
  readonly prefix: string;
}

/** Where the parts of a GitHub server are. */
export interface GithubServer {
  /** Git, LFS, archives and downloads. */
  readonly web: Place;
  readonly api: Place;
  /** The path of the GraphQL endpoint, on the API's host. */
  readonly graphqlPath: string;
  readonly uploads: Place;
  /** Files by `/OWNER/NAME/REF/PATH`. */
  readonly raw: readonly Place[];
  /** Archives and files of LFS below `/OWNER/NAME`, to which other parts redirect, with a signature if they are private. */
  readonly archives: readonly Place[];
  /** What signed URLs lead to: nothing in their paths tells whose it is. */
  readonly storage: readonly Place[];
  /** Hosts that take credentials, and to which no rule gives one. Naming them strips what a command sends of its own. */
  readonly closed: readonly string[];
}

const CLOUD = 'github.com';
const at = (host: string, prefix = ''): Place => ({ host, prefix });

/**
 * The hosts of release assets and of LFS:
 * https://docs.github.com/en/actions/concepts/runners/communicating-with-self-hosted-runners. The second is the one of older
 * release assets, the last one has the images in issues of private repositories.
 */
const CLOUD_STORAGE = [
  'release-assets.githubusercontent.com',
  'objects.githubusercontent.com',
  'github-cloud.githubusercontent.com',
  'private-user-images.githubusercontent.com',
];

const cloud = (): GithubServer => ({
  ...{ web: at(CLOUD), api: at(`api.${CLOUD}`), graphqlPath: '/graphql', uploads: at(`uploads.${CLOUD}`) },
  raw: [at('raw.githubusercontent.com')],
  archives: [at(`codeload.${CLOUD}`), at('media.githubusercontent.com', '/media')],
  storage: CLOUD_STORAGE.map((host) => at(host)),
  closed: [`gist.${CLOUD}`, `lfs.${CLOUD}`],
});

/**
 * Data residency. `gh` 2.83.1 derives the API's host in this way, and github/github-mcp-server those for uploads and raw files.
 * The names of the storage accounts are the enterprise's own, and only the answers that redirect there have them.
 */
const residency = (host: string): GithubServer => ({
  ...{ web: at(host), api: at(`api.${host}`), graphqlPath: '/graphql', uploads: at(`uploads.${host}`) },
  ...{ raw: [at(`raw.${host}`)], archives: [at(`codeload.${host}`)], storage: [] },
  closed: [`gist.${host}`],
});

/**
 * Each part at both of its places, with and without subdomain isolation, since no variable tells whether the server has it:
 * https://docs.github.com/en/enterprise-server@latest/admin/configuring-settings/hardening-security-for-your-enterprise/enabling-subdomain-isolation
 */
const enterprise = (host: string): GithubServer => ({
  ...{ web: at(host), api: at(host, '/api/v3'), graphqlPath: '/api/graphql', uploads: at(host, '/api/uploads') },
  raw: [at(host, '/raw'), at(`raw.${host}`)],
  archives: [at(host, '/_codeload'), at(host, '/codeload'), at(`codeload.${host}`)],
  storage: [at(host, '/storage'), at(host, '/media'), at(`media.${host}`)],
  closed: [`gist.${host}`],
});

const SERVER = SERVER_URL_VARIABLE;
const API = 'GITHUB_API_URL';
const GRAPHQL = 'GITHUB_GRAPHQL_URL';

/** The host of an address with nothing but a scheme and a host. A URL parser would read a backslash as a slash. */
function hostOf(address: string): string {
  const name = /^https:\/\/([^/]+)\/?$/i.exec(address)?.[1]?.replace(/:443$/, '');
  const host = name === undefined ? undefined : canonicalHost(name);
  if (host === undefined) {
    throw new ValueError(
      `${SERVER} is not the address of a GitHub server that AWF can answer for: that takes https:// and a host name, ` +
        'without a port, a path or an IP address.',
    );
  }
  return host;
}

function serverAt(host: string): GithubServer {
  if (host === CLOUD) return cloud();
  if (RESIDENCY_SERVER.test(host)) return residency(host);
  // A mistyped address must not be taken for a server of the user's own: a token would go there.
  if (isWithin(host, CLOUD) || isWithin(host, RESIDENCY_DOMAIN)) {
    throw new ValueError(
      `${SERVER} is no GitHub server: write https://${CLOUD} or https://SUBDOMAIN.${RESIDENCY_DOMAIN}.`,
    );
  }
  return enterprise(host);
}

/**
 * Where GitHub is, by the job's own variables. The server's address decides, and github.com stands for a missing one. The
 * other two only have to agree with it, since a rule for another host would send the token there.
 *
 * @throws ValueError that names the variable and does not quote it, since an address can hold a password
 */
export function githubServer(environment: Readonly<Record<string, string | undefined>>): GithubServer {
  const text = (name: string): string => environment[name]?.trim().replace(/\/$/, '') ?? '';
  const server = serverAt(text(SERVER) === '' ? CLOUD : hostOf(text(SERVER)));
  const expected = {
    [API]: `https://${server.api.host}${server.api.prefix}`,
    [GRAPHQL]: `https://${server.api.host}${server.graphqlPath}`,
  };
  for (const [name, address] of Object.entries(expected)) {
    if (text(name) === '' || text(name).toLowerCase() === address) continue;
    throw new ValueError(`${name} does not belong to ${SERVER}: for that server it is ${address}.`);
  }
  return server;
}

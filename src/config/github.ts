/** The rules for GitHub's hosts: what a command may ask of the job's repository, and with which credential. */

import { ENDPOINT_METHODS } from '../shared/endpoints.ts';
import {
  GITHUB_ACCESS_LEVELS,
  GITHUB_ACCESS_OPTION,
  graphqlRule,
  type GithubAccess,
  type GithubAccessLevel,
} from '../shared/github-access.ts';
import type { CredentialUse, HostRule, NamedHost } from '../shared/named-host.ts';
import { ValueError } from '../shared/value-error.ts';
import { API_READ, DOWNLOADS, GIT, MEMBERS, PUBLIC_GIT, REPOSITORY, UPLOADS, type Rows } from './github/rows.ts';
import type { GithubServer, Place } from './github-server.ts';

export interface GithubRepository {
  /** `owner/name`, in any case. */
  readonly name: string;
  /** GitHub's number for it, if it is known. The links to further pages have it instead of the name. */
  readonly id?: string;
}

/** What the run's token is for. */
export interface GithubConfig {
  readonly server: GithubServer;
  readonly repositories: readonly GithubRepository[];
  readonly access: GithubAccess;
}

export interface GithubOptions extends GithubConfig {
  /** The token's name among the run's secrets. */
  readonly credential: string;
  /** Whether the user's allow-list has the host. Then others' public things may be read there, without a credential. */
  readonly isAllowed: (host: string) => boolean;
}

/** An owner that an enterprise manages has an underscore in its name: `mona-cat_octo`. */
const REPOSITORY_NAME = /^[a-z0-9](?:[a-z0-9_-]{0,98}[a-z0-9])?\/(?!\.{1,2}$)[\w.-]{1,100}(?<!\.git)$/i;

/** @throws ValueError */
export function checkRepository(place: string, name: string): string {
  if (REPOSITORY_NAME.test(name)) return name;
  throw new ValueError(`${place}: write a repository as OWNER/NAME, without an address and without .git.`);
}

type Rule = Omit<HostRule, 'source'>;

/** @param row `METHOD /path`, or `METHOD /path?query` */
function ruleOf(row: string, prefix: string, credential?: CredentialUse): Rule {
  const [word, rest = ''] = row.split(' ', 2);
  const [path = '', query] = rest.split('?', 2);
  const method = ENDPOINT_METHODS.find((known) => known === word);
  if (!method) throw new Error(`There is no method ${row}.`);
  return {
    ...{ method, path: `${prefix}${path}`, ignoreCase: true },
    ...(query !== undefined && { query }),
    ...(credential && { credential }),
  };
}

/** The levels that count, from the highest: a row of `write` may allow more than the same row of `comment`. */
function levelsOf(access: GithubAccess): readonly GithubAccessLevel[] {
  if (access === 'custom') return [];
  return GITHUB_ACCESS_LEVELS.slice(0, GITHUB_ACCESS_LEVELS.indexOf(access) + 1).toReversed();
}

interface Uses {
  readonly bearer: CredentialUse;
  readonly basic: CredentialUse;
}

/**
 * https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api, and for git
 * https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation;
 * a personal token does not need a certain user.
 */
const usesOf = (name: string): Uses => ({
  bearer: { name, header: 'authorization', prefix: 'Bearer ' },
  basic: { name, header: 'authorization', prefix: 'Basic ', user: 'x-access-token' },
});

/** Gathers the rules of one run by host. */
class GithubRules {
  readonly #options: GithubOptions;
  readonly #uses: Uses;
  /** The name of a repository as paths begin with it. */
  readonly #names: readonly string[];
  readonly #hosts = new Map<string, { readonly rules: HostRule[]; readonly credential: CredentialUse | undefined }>();

  constructor(options: GithubOptions) {
    this.#options = options;
    this.#uses = usesOf(options.credential);
    this.#names = options.repositories.map(({ name }) => `/${name}`);
  }

  build(): NamedHost[] {
    const { server, access } = this.#options;
    // Also the hosts for which there is no rule: a token of the command's own must not reach them.
    this.#add(server.web.host, [], this.#uses.basic);
    this.#add(server.api.host, [], this.#uses.bearer);
    this.#add(server.uploads.host, [], this.#uses.bearer);
    for (const host of server.closed) this.#add(host, []);
    if (access !== 'custom') {
      this.#addApi();
      this.#addWeb();
      this.#addFiles();
      this.#addPublic();
    }
    return [...this.#hosts].map(([name, { rules, credential }]) => ({
      ...{ name, rules, option: GITHUB_ACCESS_OPTION },
      ...(credential && { credential }),
    }));
  }

  #add(host: string, rules: readonly Rule[], credential?: CredentialUse): void {
    const known = this.#hosts.get(host) ?? { rules: [], credential };
    const source = `${GITHUB_ACCESS_OPTION} ${this.#options.access}`;
    known.rules.push(...rules.map((rule) => ({ ...rule, source })));
    this.#hosts.set(host, known);
  }

  /** The rules of all levels that count, for each of the beginnings that paths may have. */
  #leveled(rows: Rows, prefixes: readonly string[], credential: CredentialUse): Rule[] {
    return prefixes.flatMap((prefix) =>
      levelsOf(this.#options.access).flatMap((level) =>
        rows[level].map((row): Rule => {
          const members = MEMBERS[`${level} ${row}`];
          return { ...ruleOf(row, prefix, credential), ...(members && { members }) };
        }),
      ),
    );
  }

  #addApi(): void {
    const { server, access, repositories } = this.#options;
    const { api, uploads } = server;
    const { bearer } = this.#uses;
    // Not GET, and no query: either would have a document in the address, where nobody judges it.
    const graphql = ruleOf(`POST ${server.graphqlPath}?`, '', bearer);
    const [level = 'read'] = levelsOf(access);
    const ids = repositories.flatMap(({ id }) => (id === undefined ? [] : [`${api.prefix}/repositories/${id}`]));
    const prefixes = [...this.#names.map((name) => `${api.prefix}/repos${name}`), ...ids];
    const beside = API_READ.map((row) => ruleOf(row, api.prefix, bearer));
    this.#add(api.host, [
      { ...graphql, graphql: graphqlRule(level) },
      ...this.#leveled(REPOSITORY, prefixes, bearer),
      ...beside,
    ]);
    const below = this.#names.map((name) => `${uploads.prefix}/repos${name}`);
    this.#add(uploads.host, this.#leveled(UPLOADS, below, bearer));
  }

  #addWeb(): void {
    const { host } = this.#options.server.web;
    const { basic } = this.#uses;
    const gits = this.#names.flatMap((name) => [`${name}.git`, name]);
    this.#add(host, this.#leveled(GIT, gits, basic));
    // For a push without a credential, git would get a 401 and ask for a password.
    const refused = gits.map((name): Rule => ({ ...ruleOf('GET /info/**', name), refuse: true }));
    const downloads = this.#names.flatMap((name) => DOWNLOADS.map((row) => ruleOf(row, name, basic)));
    // The website does not know tokens. What it shows to everybody passes.
    const pages = this.#names.map((name) => ruleOf('GET /**', name));
    this.#add(host, [...refused, ...downloads, ...pages]);
  }

  #addFiles(): void {
    const { raw, archives, storage } = this.#options.server;
    for (const place of raw) this.#addBelow(place, this.#uses.basic);
    for (const place of archives) this.#addBelow(place);
    for (const { host, prefix } of storage) this.#add(host, [ruleOf('GET /**', prefix)]);
  }

  /** Everything of the repositories, for reading. */
  #addBelow({ host, prefix }: Place, credential?: CredentialUse): void {
    this.#add(
      host,
      this.#names.map((name) => ruleOf('GET /**', `${prefix}${name}`, credential)),
    );
  }

  /** For hosts that the user has allowed anyway. They come last, so that the repositories' own rules decide first. */
  #addPublic(): void {
    const { server, isAllowed } = this.#options;
    for (const [host, { rules }] of this.#hosts) {
      if (!isAllowed(host)) continue;
      const rows = [...(host === server.web.host ? PUBLIC_GIT : []), 'GET /**'];
      rules.push(...rows.map((row) => ({ ...ruleOf(row, ''), source: 'allow-domains' })));
    }
  }
}

/**
 * GitHub's hosts, with the rules for the command's access. Names of owners and repositories are compared without regard to
 * case, as GitHub does.
 */
export const githubHosts = (options: GithubOptions): NamedHost[] => new GithubRules(options).build();

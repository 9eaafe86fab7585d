/**
 * What is known about services that many workflows have a credential for: how they take it, what reading them takes, and
 * what their clients insist on. Each row is data.
 */

import type { EndpointMethod } from '../shared/endpoints.ts';
import { words } from '../shared/words.ts';

/** How a service takes the credential. */
export type CredentialForm =
  | { readonly header: string; readonly prefix: string }
  /** Basic authentication. The user is the one in front of the credential's first colon, else this one. */
  | { readonly user: string }
  /** It is the rest of a path that begins so. Requests for the placeholder in its place are sent there. */
  | { readonly pathBelow: string };

export interface TemplateRule {
  readonly method: EndpointMethod;
  readonly path: string;
  readonly query?: string;
  /** The usual form, unless it is another one. */
  readonly form?: CredentialForm;
  /** Set if such a request is refused, although a later rule would let it pass. */
  readonly refuse?: true;
}

export interface HostTemplate {
  /** The word in the place of `bearer`. */
  readonly name: string;
  /** For people: which services it is for. */
  readonly services: string;
  readonly form: CredentialForm;
  /** What passes unless `host-rules` has rules for the host. */
  readonly rules: readonly TemplateRule[];
  /** What the command's environment has for clients that insist on a credential. `HOST` stands for the host. */
  readonly variables: Readonly<Record<string, string>>;
  readonly source: string;
}

const PLACEHOLDER = 'placeholder';

const BEARER: CredentialForm = { header: 'authorization', prefix: 'Bearer ' };
const READ: TemplateRule = { method: 'GET', path: '/**' };

/**
 * What answers a `GET` with a credential: the caller's own in another form, a new one, or those of others. With one of them,
 * the command would need no api-proxy any more.
 */
const handsOut = (...paths: readonly string[]): readonly TemplateRule[] =>
  paths.map((path) => ({ method: 'GET', path, refuse: true }));

/**
 * Of Artifactory's own API, only what clients of packages ask for (https://jfrog.com/help/r/jfrog-rest-apis). The rest has API
 * keys (`/api/security`), logins (`/api/npm/auth`) and plugins that a `GET` runs.
 */
const ARTIFACTORY_PACKAGES = words(
  'alpine bower cargo chef cocoapods composer conan conda cran deb gems go helm helmoci huggingfaceml lfs npm nuget ' +
    'opkg pub puppet pypi rpm search storage swift system/ping system/version terraform vagrant',
);

const artifactory = (root: string): readonly TemplateRule[] => [
  ...handsOut(`${root}/api/npm/auth/**`, `${root}/api/npm/*/auth/*`, `${root}/api/docker/*/v2/token/**`),
  ...[...ARTIFACTORY_PACKAGES, 'docker'].map((name): TemplateRule => ({
    method: 'GET',
    path: `${root}/api/${name}/**`,
  })),
  ...handsOut(`${root}/api/**`),
];

/** GitLab's variables, tokens and the like, of a project or of a group (https://docs.gitlab.com/api/rest). */
const GITLAB_SECRETS = words(
  'access_tokens cluster_agents clusters deploy_tokens hooks integrations runners secure_files terraform triggers ' +
    'variables',
);

/** Fetching from git over HTTPS, and nothing more. */
const gitFetch = (form: CredentialForm): readonly TemplateRule[] =>
  ['/*/*', '/*/*/*', '/*/*/*/*'].flatMap((repository): TemplateRule[] => [
    { method: 'GET', path: `${repository}/info/refs`, query: 'service=git-upload-pack', form },
    { method: 'POST', path: `${repository}/git-upload-pack`, form },
  ]);

export const HOST_TEMPLATES: readonly HostTemplate[] = [
  {
    name: 'npm',
    services: 'registries that npm, pnpm and yarn read',
    form: BEARER,
    rules: [...handsOut('/-/npm/v1/tokens/**'), READ, { method: 'POST', path: '/-/npm/v1/security/**' }],
    // setup-node writes an .npmrc that refers to it, and npm stops without it.
    variables: { NODE_AUTH_TOKEN: PLACEHOLDER },
    source: 'https://docs.npmjs.com/cli/v11/configuring-npm/npmrc#auth-related-configuration',
  },
  {
    name: 'github-packages',
    services: 'npm.pkg.github.com, maven.pkg.github.com, nuget.pkg.github.com, rubygems.pkg.github.com',
    form: { user: 'x-access-token' },
    rules: [READ],
    variables: { NODE_AUTH_TOKEN: PLACEHOLDER },
    source: 'https://docs.github.com/en/packages/learn-github-packages/about-permissions-for-github-packages',
  },
  {
    name: 'pypi',
    services: 'indexes that pip, uv and poetry read',
    form: { user: '__token__' },
    rules: [READ],
    variables: {},
    source: 'https://packaging.python.org/en/latest/specifications/pypirc/',
  },
  {
    name: 'artifactory',
    services: 'JFrog Artifactory, with an access token',
    form: BEARER,
    rules: [
      ...['', '/artifactory'].flatMap(artifactory),
      ...handsOut('/access/**', '/ui/**', '/artifactory/ui/**', '/v2/token/**', '/artifactory/v2/token/**'),
      READ,
    ],
    variables: {},
    source: 'https://jfrog.com/help/r/jfrog-rest-apis/authentication',
  },
  {
    name: 'nexus',
    services: 'Sonatype Nexus Repository, with a user token as USER:VALUE',
    form: { user: '' },
    rules: [
      ...words('assets components search status').map((name): TemplateRule => ({
        method: 'GET',
        path: `/service/rest/v1/${name}/**`,
      })),
      ...handsOut('/service/**'),
      READ,
    ],
    variables: {},
    source: 'https://help.sonatype.com/en/user-tokens.html',
  },
  {
    name: 'gitlab',
    services: 'GitLab: its API, and git over HTTPS',
    form: { header: 'private-token', prefix: '' },
    rules: [
      ...['/api/v4/projects/*', '/api/v4/groups/*'].flatMap((of) =>
        handsOut(...GITLAB_SECRETS.flatMap((name) => [`${of}/${name}/**`, `${of}/${name}.*`])),
      ),
      ...handsOut('/api/v4/projects/*/pipelines/*/variables/**', '/api/v4/projects/*/pipeline_schedules/**'),
      ...handsOut(
        ...words('admin application hooks personal_access_tokens runners').map((name) => `/api/v4/${name}/**`),
      ),
      { method: 'GET', path: '/api/v4/**' },
      ...gitFetch({ user: 'oauth2' }),
    ],
    variables: { GITLAB_TOKEN: PLACEHOLDER },
    source: 'https://docs.gitlab.com/api/rest/authentication/',
  },
  {
    name: 'hugging-face',
    services: 'huggingface.co: models and data sets',
    form: BEARER,
    // huggingface_hub asks for the paths of a snapshot with POST.
    rules: [
      ...handsOut('/api/*/*/xet-write-token/**', '/api/*/*/*/xet-write-token/**'),
      READ,
      { method: 'POST', path: '/api/*/*/*/paths-info/*' },
    ],
    variables: { HF_TOKEN: PLACEHOLDER },
    source: 'https://huggingface.co/docs/hub/security-tokens',
  },
  {
    name: 'slack-webhook',
    services: "hooks.slack.com; the value is what follows /services/ in the webhook's URL",
    form: { pathBelow: '/services/' },
    rules: [{ method: 'POST', path: `/services/${PLACEHOLDER}` }],
    variables: { SLACK_WEBHOOK_URL: `https://HOST/services/${PLACEHOLDER}` },
    source: 'https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/',
  },
];

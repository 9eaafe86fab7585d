/**
 * What is known about services that many workflows have a credential for: how they take it, what reading them takes, and
 * what their clients insist on. Each row is data.
 */

import type { EndpointMethod } from '../shared/endpoints.ts';

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
    rules: [READ, { method: 'POST', path: '/-/npm/v1/security/**' }],
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
    rules: [READ],
    variables: {},
    source: 'https://jfrog.com/help/r/jfrog-rest-apis/authentication',
  },
  {
    name: 'nexus',
    services: 'Sonatype Nexus Repository, with a user token as USER:VALUE',
    form: { user: '' },
    rules: [READ],
    variables: {},
    source: 'https://help.sonatype.com/en/user-tokens.html',
  },
  {
    name: 'gitlab',
    services: 'GitLab: its API, and git over HTTPS',
    form: { header: 'private-token', prefix: '' },
    rules: [{ method: 'GET', path: '/api/v4/**' }, ...gitFetch({ user: 'oauth2' })],
    variables: { GITLAB_TOKEN: PLACEHOLDER },
    source: 'https://docs.gitlab.com/api/rest/authentication/',
  },
  {
    name: 'hugging-face',
    services: 'huggingface.co: models and data sets',
    form: BEARER,
    // huggingface_hub asks for the paths of a snapshot with POST.
    rules: [READ, { method: 'POST', path: '/api/*/*/*/paths-info/*' }],
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

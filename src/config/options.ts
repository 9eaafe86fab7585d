import { COPILOT_MODES } from '../shared/copilot-host.ts';
import { GITHUB_ACCESS_LEVELS } from '../shared/github-access.ts';
import type { AuthHeader } from '../shared/injection.ts';
import { PROVIDER_TOOLS } from '../shared/provider-tools.ts';
import { PROVIDERS, type ProviderId } from '../shared/providers.ts';
import type { Target } from '../shared/sidecar-config.ts';
import { allowedEndpoint } from './allow-endpoints.ts';
import { EGRESS } from './egress-options.ts';
import { requestedVariable, userMount } from './entries.ts';
import { GITHUB_TOKEN_SECRET, repositoryName } from './github-token.ts';
import { hostCredential } from './host-credentials.ts';
import { hostRule } from './host-rules.ts';
import { imageRegistry } from './image-registry.ts';
import { memory } from './memory.ts';
import { NETWORK } from './network-options.ts';
import type { Option, ValueOf } from './option.ts';
import {
  anyText,
  authHeader,
  dollars,
  label,
  minutes,
  path,
  providerTool,
  shell,
  target,
  workingDirectory,
} from './parsers.ts';
import { ownPrice } from './prices.ts';
import { DEFAULT_PATHS, protectEntry } from './protect-paths.ts';
import { REPORT } from './report-options.ts';
import type { FrontEndKind } from './source.ts';

const COMMAND = [
  { name: 'run', kind: 'script', only: 'action', description: 'the command, a script of any number of lines' },
  {
    name: 'shell',
    kind: 'text',
    parse: shell,
    only: 'action',
    default: 'bash',
    description: 'bash, sh, or a template with {0}',
  },
  {
    name: 'working-directory',
    kind: 'text',
    parse: workingDirectory,
    description: 'where the command starts, inside the workspace',
  },
  {
    name: 'label',
    kind: 'text',
    parse: label,
    description: 'a name for the summary and the log',
  },
] as const satisfies readonly Option[];

const CREDENTIALS: readonly Option[] = PROVIDERS.flatMap(({ credentials }) =>
  credentials.map(({ input, variable, label, refuses }): Option => ({
    name: input,
    kind: 'secret',
    only: 'action',
    variable,
    description: label,
    ...(refuses && { refuses }),
  })),
);

const TARGETS: readonly Option[] = PROVIDERS.map(({ targetInput, targetVariable, name }): Option => ({
  name: targetInput,
  kind: 'text',
  parse: target,
  variable: targetVariable,
  description: `upstream for ${name}: host[:port][/base/path]`,
}));

const AUTH_HEADERS: readonly Option[] = PROVIDERS.map(({ authHeaderInput, authHeaderVariable, name }): Option => ({
  name: authHeaderInput,
  kind: 'text',
  parse: authHeader,
  variable: authHeaderVariable,
  description: `header for ${name}'s credential, with an optional scheme: api-key, Authorization: Bearer`,
}));

const GITHUB_TOKEN: Option = {
  name: 'github-token',
  kind: 'secret',
  only: 'action',
  variable: GITHUB_TOKEN_SECRET,
  description: "a token for the job's repository, which the command uses without having it",
};

/**
 * The largest limit that the kernel accepts for a control group on 64-bit machines (PID_MAX_LIMIT, linux/threads.h).
 */
const MAX_PIDS = 4_194_304;

const OTHERS = [
  {
    name: 'allow-endpoints',
    kind: 'lines',
    parse: allowedEndpoint,
    description: 'provider METHOD /path/pattern, beside the inference endpoints that pass the api-proxy',
  },
  {
    name: 'allow-provider-tools',
    kind: 'commas',
    parse: providerTool,
    description: `what a provider may do for the command: ${PROVIDER_TOOLS.join(', ')}`,
  },
  {
    name: 'copilot-mode',
    kind: 'choice',
    choices: COPILOT_MODES,
    default: 'github',
    description: "how Copilot CLI works with a token: as GitHub's own client, or with a provider of the user's own",
  },
  {
    name: 'github-access',
    kind: 'choice',
    choices: [...GITHUB_ACCESS_LEVELS, 'custom'],
    default: 'read',
    description: "what the command may do with GitHub's token: read, comment, write, or what host-rules say",
  },
  {
    name: 'github-repositories',
    kind: 'lines',
    parse: repositoryName,
    description: 'further repositories that the token is for, OWNER/NAME',
  },
  {
    name: 'host-credentials',
    kind: 'secret-lines',
    only: 'action',
    variable: 'AWF_HOST_CREDENTIALS',
    parse: hostCredential,
    description: 'HOST bearer VALUE, HOST basic USER:VALUE or HOST header NAME VALUE',
  },
  {
    name: 'host-rules',
    kind: 'lines',
    parse: hostRule,
    description: 'HOST METHOD /path/pattern[?query]: the only requests that pass to that host',
  },
  ...NETWORK,
  { name: 'env', kind: 'variables', parse: requestedVariable, description: 'NAME or NAME=value for the command' },
  {
    name: 'env-all',
    kind: 'boolean',
    default: 'false',
    description: 'pass the whole environment, except what is withheld',
  },
  { name: 'mounts', flag: 'mount', kind: 'lines', parse: userMount, description: 'source[:target][:rw]' },
  {
    name: 'protect-paths',
    kind: 'lines',
    parse: protectEntry,
    default: DEFAULT_PATHS,
    description:
      'paths of the workspace that are read-only, or with report: before them compared; default for the usual ones, none for no path',
  },
  { name: 'agent-image', kind: 'text', parse: anyText, description: "an image instead of the host's toolchain" },
  {
    name: 'image-registry',
    kind: 'text',
    parse: imageRegistry,
    description: "REGISTRY/PATH that AWF's own images are pulled from, instead of being built here",
  },
  {
    name: 'memory',
    kind: 'text',
    parse: memory,
    description: "the command's memory limit; by default 6g, or 75 % of the machine's memory if that is less",
  },
  { name: 'pids', kind: 'count', max: MAX_PIDS, default: '4096', description: "the command's process limit" },
  {
    name: 'timeout-minutes',
    kind: 'text',
    parse: minutes,
    description: 'stop the command after this time; it gets SIGTERM, then SIGKILL 10 seconds later',
  },
  {
    name: 'check-keys',
    kind: 'boolean',
    default: 'true',
    description: 'ask the providers at the start whether they know the keys, and warn if not',
  },
  { name: 'max-requests', kind: 'count', description: 'requests to the providers that the run may make' },
  { name: 'max-tokens', kind: 'count', description: "tokens that the run may use, the prompts' and the answers'" },
  {
    name: 'max-cost-usd',
    kind: 'text',
    parse: dollars,
    description: 'US dollars that the run may cost; a model without a known price ends the budget',
  },
  {
    name: 'prices',
    flag: 'price',
    kind: 'lines',
    parse: ownPrice,
    description: 'MODEL INPUT OUTPUT [CACHED [WRITE [HOUR-WRITE]]], dollars per million tokens',
  },
  ...REPORT,
  {
    name: 'enable-api-proxy',
    kind: 'boolean',
    only: 'cli',
    description: 'start the api-proxy; by default, if the environment has a key or a host has rules',
  },
  {
    name: 'tty',
    short: 't',
    kind: 'boolean',
    only: 'cli',
    description: 'give the command a terminal; by default, if awf has one for its input and output',
  },
  { name: 'proxy-logs-dir', kind: 'text', parse: path, only: 'cli', description: "where Squid's logs go" },
  {
    name: 'keep-containers',
    kind: 'boolean',
    only: 'cli',
    default: 'false',
    description: 'leave the containers behind',
  },
] as const satisfies readonly Option[];

/**
 * Every option, once. The inputs, the flags, the types of the values and the check of `action.yml` derive from this
 * table.
 */
export const OPTIONS: readonly Option[] = [
  ...COMMAND,
  ...CREDENTIALS,
  GITHUB_TOKEN,
  ...TARGETS,
  ...AUTH_HEADERS,
  ...EGRESS,
  ...OTHERS,
];

type Row = (typeof COMMAND)[number] | (typeof EGRESS)[number] | (typeof OTHERS)[number];
type TargetName = `${ProviderId}-api-target`;
type AuthHeaderName = `${ProviderId}-auth-header`;

/** The names of the options, except the credentials: their values are in {@link Secrets}. */
export type OptionName = Row['name'] | TargetName | AuthHeaderName;

/** The value of each option: the user's, else the variable's, else the default. */
export type OptionValues = { readonly [R in Row as R['name']]: ValueOf<R> } & Readonly<
  Record<TargetName, Target | undefined> & Record<AuthHeaderName, AuthHeader | undefined>
>;

/** A front end's name for an option: `memory` or `--memory`. */
export function nameIn(frontEnd: FrontEndKind, { name, flag = name }: Pick<Option, 'name' | 'flag'>): string {
  return frontEnd === 'action' ? name : `--${flag}`;
}

/** Like {@link nameIn}, but takes the option's name. */
export function optionName(frontEnd: FrontEndKind, name: OptionName): string {
  return nameIn(frontEnd, optionNamed(name));
}

/** An option with a value, as a front end writes it: `egress-policy: block` or `--egress-policy block`. */
export function settingText(frontEnd: FrontEndKind, name: OptionName, value: string | number): string {
  return `${optionName(frontEnd, name)}${frontEnd === 'action' ? ':' : ''} ${value}`;
}

/** @throws Error if there is no such option, which is a bug in AWF */
export function optionNamed(name: string): Option {
  const option = OPTIONS.find((candidate) => candidate.name === name);
  if (!option) throw new Error(`no option is named ${name}`);
  return option;
}

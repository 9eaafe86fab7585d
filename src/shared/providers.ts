/**
 * The provider table: the only place that knows a provider's port, host, header, key names, placeholders, base-URL
 * variables, error shape and managed settings. Adding a provider is a file in `providers/` and a line in {@link TABLE};
 * everything else derives from them.
 */

import { PLACEHOLDER_CLAUDE_KEY } from './contract.ts';
import type { Credential, ProviderEntry } from './provider-entry.ts';
import { anthropic } from './providers/anthropic.ts';
import { copilot } from './providers/copilot.ts';
import { gemini } from './providers/gemini.ts';
import { openai } from './providers/openai.ts';

/** By port. */
const TABLE = [openai, anthropic, copilot, gemini] as const;

export type ProviderId = (typeof TABLE)[number]['id'];

export interface Provider extends ProviderEntry {
  readonly id: ProviderId;
  readonly targetInput: `${ProviderId}-api-target`;
  readonly authHeaderInput: `${ProviderId}-auth-header`;
}

/** All providers, by port. */
export const PROVIDERS: readonly Provider[] = TABLE;

/**
 * The provider's host for those who name no other.
 *
 * @param serverUrl value of `GITHUB_SERVER_URL`
 * @throws ValueError naming the variable, where the host depends on it and it cannot be understood
 */
export function ownHost({ byServer, defaultTarget }: Provider, serverUrl: string | undefined): string {
  return byServer ? byServer.host(serverUrl) : defaultTarget;
}

/** True for a host of the provider's own, in whatever way it was named; any other may be anybody's gateway. */
export function isOwnHost({ byServer, defaultTarget }: Provider, host: string): boolean {
  return host === defaultTarget || (byServer?.includes(host) ?? false);
}

/** Every credential that a run can be given. */
export const CREDENTIALS: readonly Credential[] = PROVIDERS.flatMap((provider) => provider.credentials);

/** Providers with a single key first: theirs are the names that most users look for. */
const ALL_KEYS = PROVIDERS.map(({ credentials }) => credentials.filter(({ isSubstitute }) => isSubstitute !== true))
  .toSorted((a, b) => a.length - b.length)
  .flatMap((keys) => keys.map(({ variable }) => variable));

/** Said when the api-proxy has nothing to inject. */
export const NO_CREDENTIALS = `API proxy enabled but no API keys found in environment. Set ${ALL_KEYS.slice(0, -1).join(', ')}, or ${ALL_KEYS.at(-1) ?? ''} to use the proxy`;

const WITHHELD = PROVIDERS.map(({ withheld }) => withheld);
const ALIASES: readonly string[] = WITHHELD.flatMap(({ aliases }) => aliases);

/** Names under which programs take a credential that the api-proxy cannot inject. A `*` stands for anything. */
export const CREDENTIAL_PATTERNS: readonly string[] = WITHHELD.flatMap(({ patterns }) => patterns);

const PLACEHOLDERS = PROVIDERS.flatMap(({ agentVariables }) =>
  agentVariables.filter(({ role }) => role === 'placeholder'),
);

/** Values that a user may put into a credential variable of the agent, for SDKs that insist on one. */
export const ACCEPTED_PLACEHOLDERS: readonly string[] = [
  ...new Set(['placeholder', PLACEHOLDER_CLAUDE_KEY, ...PLACEHOLDERS.map(({ value }) => value)]),
];

/** Names that never reach the agent with a value of the user's. */
export const CREDENTIAL_VARIABLES: readonly string[] = [
  ...CREDENTIALS.map((credential) => credential.variable),
  ...ALIASES,
];

/** Names under which a program could find a credential: a placeholder is all that they ever hold in the agent. */
export const CREDENTIAL_NAMES: readonly string[] = [
  ...new Set([
    ...CREDENTIAL_VARIABLES,
    ...WITHHELD.flatMap(({ wellKnown }) => wellKnown),
    ...PLACEHOLDERS.map(({ name }) => name),
  ]),
];

/**
 * Names that the one-shot-token library protects in the agent: tokens that users pass, and names that hold nothing.
 *
 * Not the placeholders: they are worth nothing, and programs need them in children. Measured: npm 11 hands none of these
 * variables on, so that a program on an SDK fails under `npm start`; Gemini CLI 0.61.0 reads its key, starts itself again
 * without it, and ends with exit code 41.
 */
export const ONE_SHOT_TOKENS: readonly string[] = [
  ...['COPILOT_GITHUB_TOKEN', 'GITHUB_TOKEN', 'GH_TOKEN', 'GITHUB_API_TOKEN', 'GITHUB_PAT'],
  ...ALIASES,
];

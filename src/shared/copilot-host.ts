import { ValueError } from './value-error.ts';

/** The variable in which a runner says which GitHub server it works for. */
export const SERVER_URL_VARIABLE = 'GITHUB_SERVER_URL';

/** How Copilot CLI works with a token: as GitHub's own client, or with a provider of its user's own. */
export const COPILOT_MODES = ['github', 'provider'] as const;
export type CopilotMode = (typeof COPILOT_MODES)[number];

/** Copilot's host for everybody who is licensed on github.com, whatever the plan. */
export const COPILOT_HOST = 'api.githubcopilot.com';

/** GitHub Enterprise Cloud with data residency: each enterprise has one label below this domain. */
export const RESIDENCY_DOMAIN = 'ghe.com';
const RESIDENCY_SERVICE = 'copilot-api';

/** An enterprise's: letters, digits and inner hyphens; never an internationalised one. */
const SUBDOMAIN = '(?!xn--)(?<subdomain>[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)';
const escapedDomain = RegExp.escape(RESIDENCY_DOMAIN);
/** The host of an enterprise's server. */
export const RESIDENCY_SERVER = new RegExp(`^${SUBDOMAIN}\\.${escapedDomain}$`);
const RESIDENCY_HOST = new RegExp(`^${RegExp.escape(RESIDENCY_SERVICE)}\\.${SUBDOMAIN}\\.${escapedDomain}$`);

/** Every host of GitHub's own that serves Copilot: of all plans, and with data residency. */
export const GITHUB_COPILOT_HOST = new RegExp(`^(?:[a-z0-9.-]+\\.)?githubcopilot\\.com$|${RESIDENCY_HOST.source}`);

/** From a server's origin to Copilot's host, undefined where no server can be; the first row that matches decides. */
const HOST_BY_SERVER: readonly { readonly origin: RegExp; readonly host: string | undefined }[] = [
  { origin: /^https:\/\/github\.com$/, host: COPILOT_HOST },
  {
    origin: new RegExp(`^https://${SUBDOMAIN}\\.${escapedDomain}$`),
    host: `${RESIDENCY_SERVICE}.$<subdomain>.${RESIDENCY_DOMAIN}`,
  },
  // Prompts that have to stay in a region would leave it if a mistyped address were taken for any other server.
  { origin: new RegExp(`^https?://(?:.+\\.)?${escapedDomain}(?::.+)?$`), host: undefined },
  // Enterprise Server has no Copilot of its own; its users are licensed on github.com.
  { origin: /^https?:.+$/, host: COPILOT_HOST },
];

/** An address as a runner states it. A URL parser would take a backslash for a slash, and decode escapes. */
const FORM = /^(?<scheme>https?):\/\/(?<name>[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*)\.?(?<port>:\d{1,5})?\/?$/i;

/** In lower case, without a trailing dot and without the port that the scheme implies. */
function originOf(serverUrl: string): string | undefined {
  const { scheme, name, port = '' } = FORM.exec(serverUrl)?.groups ?? {};
  if (scheme === undefined || name === undefined) return undefined;
  const implied = scheme.toLowerCase() === 'https' ? ':443' : ':80';
  return `${scheme}://${name}${port === implied ? '' : port}`.toLowerCase();
}

/**
 * The host of Copilot's API for the users of a GitHub server. Whatever the address is, the host is one of GitHub's.
 *
 * - github.com: `api.githubcopilot.com`.
 * - SUBDOMAIN.ghe.com: `copilot-api.SUBDOMAIN.ghe.com`, the name that
 *   https://docs.github.com/en/copilot/how-tos/provide-context/use-mcp-in-your-ide/enterprise-configuration gives. The
 *   hosts of github.com are not used (https://docs.github.com/en/copilot/reference/copilot-allowlist-reference).
 * - Enterprise Server: as github.com. Licences are assigned on GitHub's cloud platforms only, and users authenticate there
 *   (https://docs.github.com/en/enterprise-server@latest/copilot/copilot-on-ghes/about-copilot-on-ghes). Not
 *   `api.enterprise.githubcopilot.com`: by the allow-list reference it serves users of the plan Copilot Enterprise.
 *
 * @param serverUrl value of {@link SERVER_URL_VARIABLE}; an empty one counts as absent, which is github.com
 * @throws ValueError that names the variable and does not quote it, since an address can hold a password
 */
export function copilotHost(serverUrl: string | undefined): string {
  const text = serverUrl?.trim() ?? '';
  if (text === '') return COPILOT_HOST;
  const origin = originOf(text);
  const row = origin === undefined ? undefined : HOST_BY_SERVER.find((candidate) => candidate.origin.test(origin));
  if (origin === undefined || row?.host === undefined) {
    throw new ValueError(
      `${SERVER_URL_VARIABLE} is not a GitHub server's address, such as https://github.com or https://SUBDOMAIN.${RESIDENCY_DOMAIN}.`,
    );
  }
  return origin.replace(row.origin, row.host);
}

/** True for every host that {@link copilotHost} gives, and for no other. */
export function isCopilotHost(host: string): boolean {
  return host === COPILOT_HOST || RESIDENCY_HOST.test(host);
}

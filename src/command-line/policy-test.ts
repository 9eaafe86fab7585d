import { isIPv4 } from 'node:net';
import { buildConfig } from '../config/build.ts';
import { DEFAULT_PORTS, SCHEMES, type Scheme } from '../config/egress-entry.ts';
import { decide, type EgressRules } from '../config/egress-rules.ts';
import { canonicalHost, looksLikeAddress } from '../config/domain.ts';
import type { NamedHosts, NamedProviderHost } from '../config/named-hosts.ts';
import type { Service } from '../config/services.ts';
import { placeOf } from '../config/source.ts';
import { UserError } from '../errors.ts';
import { loadPolicy } from '../policy/load.ts';
import { cidr, contains } from '../shared/cidr.ts';
import { ENDPOINT_METHODS } from '../shared/endpoints.ts';
import type { NamedHost } from '../shared/named-host.ts';
import { PROVIDERS } from '../shared/providers.ts';
import { HostRules } from '../shared/rule-matcher.ts';
import type { AllowedEndpoint } from '../shared/sidecar-config.ts';
import { privateRanges } from '../squid/private-ranges.ts';
import { flagsFrontEnd, type FlagTexts } from './flags.ts';
import type { Answer } from './subcommand.ts';

/** A request that a user asks about. */
interface Asked {
  readonly text: string;
  readonly method: string;
  readonly scheme: Scheme;
  readonly host: string;
  readonly port: number;
  /** Absent for an address, which has no canonical form. */
  readonly path: string;
  readonly query: string;
}

interface Verdict {
  readonly url: string;
  readonly verdict: 'allowed' | 'refused';
  /** The entry or the rule that decides, with its place, or why there is none. */
  readonly reason: string;
}

/** What decides about requests in a run with the same flags. */
export interface Judge {
  readonly rules: EgressRules;
  readonly hosts: NamedHosts;
  /** Endpoints beside the table's. */
  readonly allowed: readonly AllowedEndpoint[];
  /** The hosts to which the api-proxy sends the requests for models. */
  readonly upstreams: readonly string[];
  readonly services: readonly Service[];
  /** Private networks that may be reached, in CIDR notation. */
  readonly networks: readonly string[];
}

/**
 * `awf policy test URL...`: tells which entry of a run's configuration decides about a request. It asks nobody, so a name that
 * is allowed may still have no address, or a private one.
 *
 * @throws UserError for a mistake in the flags, in the policy, or in a URL
 */
export function testPolicy(
  urls: readonly string[],
  flags: FlagTexts,
  environment: NodeJS.ProcessEnv,
  workspace: string,
  asJson: boolean,
): Answer {
  const frontEnd = flagsFrontEnd(flags, environment);
  const policy = loadPolicy(frontEnd, environment, workspace);
  // What a run would decide, and so what AWF itself answers for: providers' hosts, and GitHub's.
  const { config } = buildConfig(frontEnd, { argv: ['true'], environment, workspace, policy });
  const judge: Judge = {
    ...{ rules: config.egress, hosts: config.namedHosts, allowed: config.allowEndpoints, services: config.services },
    ...{ upstreams: config.providers.map(({ target }) => target.host), networks: config.network.allowPrivate },
  };
  const verdicts = urls.map((url) => judged(asked(url), judge));
  const exitCode = verdicts.every(({ verdict }) => verdict === 'allowed') ? 0 : 1;
  const lines = verdicts.map(({ url, verdict, reason }) => `${verdict}  ${url}  ${reason}`);
  return { text: asJson ? `${JSON.stringify(verdicts)}\n` : `${lines.join('\n')}\n`, exitCode };
}

/** `[METHOD ]URL`, or a host name for HTTPS. */
export function asked(text: string): Asked {
  const fail = (problem: string): never => {
    throw new UserError(`"${text}" ${problem}.`, {
      hint: 'Write a URL such as "https://example.com/path", with a method in front if it matters: "POST https://...".',
    });
  };
  const [, method = 'GET', rest = ''] = /^(?:([A-Za-z]+)\s+)?(\S+)$/.exec(text.trim()) ?? [];
  if (!ENDPOINT_METHODS.some((known) => known === method))
    return fail(`has no method that is one of ${ENDPOINT_METHODS.join(', ')}`);
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(rest) ? rest : `https://${rest}`;
  if (!URL.canParse(full)) return fail('is not a URL');
  const url = new URL(full);
  const scheme = SCHEMES.find((known) => `${known}:` === url.protocol);
  if (scheme === undefined) return fail('is neither https nor http');
  const port = url.port === '' ? DEFAULT_PORTS[scheme] : Number(url.port);
  const path = url.pathname.replace(/%[0-9a-f]{2}/gi, (escape) => escape.toUpperCase());
  return { text, method, scheme, host: url.hostname, port, path, query: url.search };
}

/** What becomes of a request, as Squid and the api-proxy of a run decide. */
export function judged(request: Asked, judge: Judge): Verdict {
  const [isAllowed, reason] = judgement(request, judge);
  return { url: request.text, verdict: isAllowed ? 'allowed' : 'refused', reason };
}

type Judgement = readonly [isAllowed: boolean, reason: string];

/** In the order of the rules that a run has. */
function judgement(request: Asked, judge: Judge): Judgement {
  const { rules, hosts, upstreams, services } = judge;
  const { scheme, port } = request;
  const service = services.find(({ name, port: its }) => name === request.host && its === port);
  if (service !== undefined) return [true, `by the service ${service.name}:${service.port}, around the firewall`];
  const host = canonicalHost(request.host);
  if (host === undefined) return unnamed(request.host, judge);
  const { isAllowed, entry } = decide(rules, { scheme, host, port });
  const by: Judgement | undefined = entry && [isAllowed, `by "${entry.text}" (${placeOf(entry.source)})`];
  if (by !== undefined && !isAllowed) return by;
  const named = hosts.others.find(({ name }) => name === host);
  if (named !== undefined) return ruled(request, named);
  const provider = hosts.providers.find(({ name }) => name === host);
  if (provider !== undefined) return inferred(request, provider, judge.allowed);
  if (upstreams.includes(host)) return [false, 'the upstream of a provider, which only the api-proxy reaches'];
  if (by !== undefined) return by;
  return rules.mode === 'audit' ? AUDITED : [false, 'no entry allows it'];
}

const AUDITED: Judgement = [true, 'by the audit mode, which reports it: no entry allows it'];

/** An address, or what is no name of a host. */
function unnamed(host: string, { rules, networks }: Judge): Judgement {
  const isAudit = rules.mode === 'audit';
  if (isIPv4(host) && isAudit) {
    const isPrivate = privateRanges({ hostAddresses: [], permittedNetworks: networks }).some((range) =>
      contains(cidr(range), cidr(host)),
    );
    return isPrivate ? [false, 'an address that is private, which stays closed in an audit'] : AUDITED;
  }
  if (looksLikeAddress(host)) return [false, 'an address: only names can be reached'];
  return [false, 'not the name of a host'];
}

/** A host that the api-proxy answers for, which no entry for domains opens. */
function ruled({ method, scheme, port, path, query }: Asked, { name, rules }: NamedHost): Judgement {
  if (scheme !== 'https' || port !== DEFAULT_PORTS.https)
    return [false, `${name} has rules, and is served as https at port 443 only`];
  if (!isPlain(path)) return [false, 'a path that servers may read in different ways'];
  const rule = new HostRules(rules).find({ method, path, query });
  if (rule === undefined) return [false, `no rule for ${name} allows this`];
  const pattern = `${rule.method} ${rule.path}${rule.query === undefined ? '' : `?${rule.query}`}`;
  return [true, `by the rule "${pattern}" (${rule.source})`];
}

/** A provider's host, for which the api-proxy answers: only inference passes. */
function inferred(
  { method, scheme, port, path }: Asked,
  { name, provider: id }: NamedProviderHost,
  allowed: readonly AllowedEndpoint[],
): Judgement {
  const provider = PROVIDERS.find((one) => one.id === id);
  if (provider === undefined || scheme !== 'https' || port !== DEFAULT_PORTS.https)
    return [false, `the api-proxy answers for ${name}, as https at port 443 only`];
  const known = [...provider.endpoints, ...allowed.filter((one) => one.provider === id)];
  const rules = new HostRules(known.map((endpoint) => ({ method: endpoint.method, path: endpoint.path })));
  const isKnown = rules.find({ method, path, query: '' }) !== undefined;
  if (isKnown) return [true, `answered by the api-proxy, with the key for ${provider.name}`];
  return [false, `not among the inference endpoints of ${provider.name}; --allow-endpoints could add it`];
}

/** Whether the api-proxy takes such a path at all: `request-target.ts` there decides. */
function isPlain(path: string): boolean {
  const characters = /^(?:\/(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-F]{2})+)*\/?$/;
  const refused = /%(?:[01][0-9A-F]|7F|25|3B|3F|23|5C)|\/\.{1,2}(?:\/|$)|\/\//;
  return characters.test(path) && !refused.test(path.replaceAll('%2F', '/'));
}

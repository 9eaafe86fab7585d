import type { OwnPrice } from '../../../../src/shared/prices.ts';
import { PROVIDERS } from '../../../../src/shared/providers.ts';
import {
  normaliseCredential,
  type SidecarBudget,
  type SidecarConfig,
  type SidecarProvider,
} from '../../../../src/shared/sidecar-config.ts';
import { checkTarget } from '../../../../src/shared/target.ts';
import { requireProxyUrl } from './proxy-url.ts';

const FIELDS = [
  ...['providers', 'proxyUrl', 'upstreamCa', 'maxBodyBytes', 'allowEndpoints', 'allowProviderTools', 'budget'],
  ...['prices', 'logLevel', 'hosts', 'tls', 'transparent'],
];

const INJECTION_FIELDS = ['header', 'prefix', 'defaults', 'entries', 'ids'];

/** Refuses unknown fields: a limit that nobody enforces must not be accepted. */
function requireObject<T extends object>(name: string, value: T | undefined, fields: readonly string[]): T {
  if (!(value instanceof Object) || Array.isArray(value)) throw new Error(`${name} must be an object.`);
  if (Object.keys(value).some((field) => !fields.includes(field))) throw new Error(`${name} has an unknown field.`);
  return value;
}

/** A limit that is not a number would compare as false, and so limit nothing. */
function requireCount(name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value <= 0) throw new Error(`${name} must be a positive whole number.`);
  return value;
}

function checkProvider(name: string, value: SidecarProvider | undefined): SidecarProvider {
  const { credential, target, injection, checksKey, model } = requireObject(name, value, [
    ...['credential', 'target', 'injection', 'checksKey', 'model'],
  ]);
  if (typeof credential !== 'string') throw new Error(`${name}.credential must be a string.`);
  const normalised = normaliseCredential(`${name}.credential`, credential);
  if (normalised === undefined) throw new Error(`${name}.credential is empty.`);
  const fields = requireObject(`${name}.target`, target, ['host', 'port', 'basePath']);
  // Without a header's name, the credential would go nowhere and every request would fail at the provider.
  const { header, prefix } = requireObject(`${name}.injection`, injection, INJECTION_FIELDS);
  if (typeof header !== 'string' || header === '' || typeof prefix !== 'string') {
    throw new Error(`${name}.injection must name a header and a prefix.`);
  }
  return {
    ...{ credential: normalised, target: checkTarget(`${name}.target`, { ...fields }), injection },
    ...(checksKey === true && { checksKey }),
    ...(model && { model }),
  };
}

/** A host without a certificate, or with a credential that no rule could name, would fail with each request. */
function checkHosts({ hosts = [], tls, providers }: SidecarConfig): void {
  for (const host of hosts) {
    const name = `The configuration's host ${host.name}`;
    if (tls?.chains[host.name] === undefined) throw new Error(`${name} has no certificate.`);
    if ('provider' in host) {
      if (providers[host.provider] === undefined) throw new Error(`${name} has a provider that is not configured.`);
    } else if (
      host.rules.some(({ credential }) => credential !== undefined && host.credentials[credential] === undefined)
    ) {
      throw new Error(`${name} has a rule for a credential that it does not have.`);
    }
  }
}

function checkBudget(name: string, value: SidecarBudget): SidecarBudget {
  const budget = requireObject(name, value, ['maxRequests', 'maxTokens', 'maxCostUsd']);
  const { maxCostUsd, ...counts } = budget;
  for (const [field, limit] of Object.entries(counts)) requireCount(`${name}.${field}`, limit);
  if (maxCostUsd !== undefined && !(Number.isFinite(maxCostUsd) && maxCostUsd > 0)) {
    throw new Error(`${name}.maxCostUsd must be a positive number.`);
  }
  return budget;
}

const PRICES = ['input', 'output', 'cachedInput', 'cacheWrite', 'hourCacheWrite'] as const;

/** A price that is not a number would make every cost one, and so limit nothing. */
function checkPrice(name: string, value: OwnPrice): OwnPrice {
  const price = requireObject(name, value, ['model', ...PRICES]);
  if (PRICES.some((field) => !Number.isFinite(price[field]) || price[field] < 0)) {
    throw new Error(`${name} must consist of numbers that are not negative.`);
  }
  return price;
}

function parseDocument(document: string): SidecarConfig {
  try {
    return JSON.parse(document) as SidecarConfig;
  } catch {
    // Without the cause: the parser's message quotes the document.
    throw new Error('The configuration on standard input is not JSON.');
  }
}

/**
 * Reads the document that a run writes. The runner composes it from a checked configuration of the same build, so this
 * checks again only what keeps a secret or a limit. The form of the rest is the type's business.
 *
 * @throws Error that names the field and never quotes its value
 */
export function configFromDocument(document: string): SidecarConfig {
  const config = requireObject('The configuration', parseDocument(document), FIELDS);
  const { providers, proxyUrl, maxBodyBytes, budget, prices } = config;
  checkHosts(config);
  const ids = PROVIDERS.map(({ id }) => id);
  const configured = Object.entries(requireObject("The configuration's providers", providers, ids));
  return {
    ...config,
    providers: Object.fromEntries(
      configured.map(([id, value]) => [id, checkProvider(`The configuration's providers.${id}`, value)]),
    ),
    proxyUrl: requireProxyUrl("The configuration's proxyUrl", proxyUrl),
    maxBodyBytes: requireCount("The configuration's maxBodyBytes", maxBodyBytes),
    ...(budget && { budget: checkBudget("The configuration's budget", budget) }),
    ...(prices && { prices: prices.map((price, at) => checkPrice(`The configuration's prices[${at}]`, price)) }),
  };
}

import { SERVER_URL_VARIABLE } from '../../../src/shared/copilot-host.ts';
import { checkEndpoint } from '../../../src/shared/endpoints.ts';
import { LOG_LEVELS, type LogLevel } from '../../../src/shared/log-level.ts';
import { addressesIn, DEFAULT_SUBNET, squidUrl } from '../../../src/shared/network.ts';
import { ownHost, PROVIDERS, type Provider, type ProviderId } from '../../../src/shared/providers.ts';
import {
  DEFAULT_MAX_BODY_BYTES,
  normaliseCredential,
  type AllowedEndpoint,
  type SidecarBudget,
  type SidecarConfig,
  type SidecarProvider,
} from '../../../src/shared/sidecar-config.ts';
import { checkTarget, parseTarget } from '../../../src/shared/target.ts';

/** Octets of the document on standard input, a bundle of CA certificates included. */
const MAX_DOCUMENT = 4 * 1024 * 1024;

type Environment = Readonly<Record<string, string | undefined>>;
type JsonObject = Readonly<Record<string, unknown>>;

/** Standard input, or what stands in for it. */
export interface ConfigInput extends AsyncIterable<Buffer> {
  readonly isTTY?: boolean;
}

/**
 * The configuration from standard input; where that is empty or a terminal, from the environment.
 *
 * @throws Error that names the field or variable and never quotes a value, since any of them may be a credential
 */
export async function readStartConfig(input: ConfigInput, env: Environment): Promise<SidecarConfig> {
  const document = input.isTTY === true ? '' : await readDocument(input);
  return document.trim() === '' ? configFromEnvironment(env) : configFromDocument(document);
}

async function readDocument(input: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input) {
    length += chunk.length;
    if (length > MAX_DOCUMENT) {
      throw new Error(`The configuration on standard input is larger than ${String(MAX_DOCUMENT)} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** As a header's value, and with nothing that Node would refuse later, once per request. */
function requireCredential(name: string, value: string | undefined): string | undefined {
  const credential = normaliseCredential(name, value);
  if (credential !== undefined && !/^[ -~]+$/.test(credential)) {
    throw new Error(`${name} contains a character outside ASCII. Copy it again from where it was issued.`);
  }
  return credential;
}

function requireProxyUrl(name: string, value: string | undefined): string {
  const url = value !== undefined && URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'http:' || url.username !== '' || url.pathname !== '/' || url.search !== '') {
    throw new Error(`${name} must be Squid's address, as in ${squidUrl(addressesIn(DEFAULT_SUBNET))}.`);
  }
  return url.origin;
}

function providerFromEnvironment(provider: Provider, env: Environment): SidecarProvider | undefined {
  for (const { variable } of provider.credentials) {
    const credential = requireCredential(variable, env[variable]);
    if (credential === undefined) continue;
    const target = env[provider.targetVariable]?.trim() ?? '';
    return {
      credential,
      target: parseTarget(
        provider.targetVariable,
        target === '' ? ownHost(provider, env[SERVER_URL_VARIABLE]) : target,
      ),
    };
  }
  return undefined;
}

function configFromEnvironment(env: Environment): SidecarConfig {
  const providers: Partial<Record<ProviderId, SidecarProvider>> = {};
  for (const provider of PROVIDERS) {
    const configured = providerFromEnvironment(provider, env);
    if (configured) providers[provider.id] = configured;
  }
  return {
    providers,
    proxyUrl: requireProxyUrl('HTTPS_PROXY', env['HTTPS_PROXY']),
    maxBodyBytes: DEFAULT_MAX_BODY_BYTES,
  };
}

/** Refuses what it does not know: a limit that is not enforced must not be accepted. */
function requireObject(name: string, value: unknown, fields: readonly string[]): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`The configuration's ${name} must be an object.`);
  }
  const unknown = Object.keys(value).find((field) => !fields.includes(field));
  if (unknown !== undefined) throw new Error(`The configuration's ${name} has an unknown field.`);
  return value as JsonObject;
}

function requireString(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new Error(`The configuration's ${name} must be a string.`);
  return value;
}

function providerFromDocument(id: ProviderId, value: unknown): SidecarProvider {
  const name = `providers.${id}`;
  const { credential, target } = requireObject(name, value, ['credential', 'target']);
  const normalised = requireCredential(`${name}.credential`, requireString(`${name}.credential`, credential));
  if (normalised === undefined) throw new Error(`The configuration's ${name}.credential is empty.`);
  const fields = requireObject(`${name}.target`, target, ['host', 'port', 'basePath']);
  return { credential: normalised, target: checkTarget(`${name}.target`, fields) };
}

function requireCount(name: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) <= 0) {
    throw new Error(`The configuration's ${name} must be a positive whole number.`);
  }
  return value as number;
}

function requireBudget(value: unknown): SidecarBudget {
  const { maxRequests, maxTokens } = requireObject('budget', value, ['maxRequests', 'maxTokens']);
  return {
    ...(maxRequests === undefined ? {} : { maxRequests: requireCount('budget.maxRequests', maxRequests) }),
    ...(maxTokens === undefined ? {} : { maxTokens: requireCount('budget.maxTokens', maxTokens) }),
  };
}

function requireLogLevel(value: unknown): LogLevel {
  const level = LOG_LEVELS.find((known) => known === value);
  if (level === undefined) throw new Error(`The configuration's logLevel must be one of ${LOG_LEVELS.join(', ')}.`);
  return level;
}

function requireEndpoints(value: unknown): AllowedEndpoint[] {
  if (!Array.isArray(value)) throw new Error("The configuration's allowEndpoints must be a list.");
  return value.map((entry: unknown, index): AllowedEndpoint => {
    const name = `allowEndpoints[${String(index)}]`;
    const { provider, method, path } = requireObject(name, entry, ['provider', 'method', 'path']);
    const known = PROVIDERS.find(({ id }) => id === provider);
    if (!known) throw new Error(`The configuration's ${name} has an unknown provider.`);
    return { provider: known.id, ...checkEndpoint(`The configuration's ${name}`, method, path) };
  });
}

function parseDocument(document: string): unknown {
  try {
    return JSON.parse(document);
  } catch {
    // Without its cause: the parser's message quotes the document.
    throw new Error('The configuration on standard input is not JSON.');
  }
}

function configFromDocument(document: string): SidecarConfig {
  const fields = requireObject('document', parseDocument(document), [
    'providers',
    'proxyUrl',
    'upstreamCa',
    'maxBodyBytes',
    'allowEndpoints',
    'budget',
    'logLevel',
  ]);
  const given = requireObject(
    'providers',
    fields['providers'],
    PROVIDERS.map(({ id }) => id),
  );
  const providers: Partial<Record<ProviderId, SidecarProvider>> = {};
  for (const { id } of PROVIDERS) {
    if (given[id] !== undefined) providers[id] = providerFromDocument(id, given[id]);
  }
  const { upstreamCa, allowEndpoints, budget, logLevel } = fields;
  return {
    providers,
    proxyUrl: requireProxyUrl('proxyUrl', requireString('proxyUrl', fields['proxyUrl'])),
    maxBodyBytes: requireCount('maxBodyBytes', fields['maxBodyBytes']),
    ...(upstreamCa === undefined ? {} : { upstreamCa: requireString('upstreamCa', upstreamCa) }),
    ...(allowEndpoints === undefined ? {} : { allowEndpoints: requireEndpoints(allowEndpoints) }),
    ...(budget === undefined ? {} : { budget: requireBudget(budget) }),
    ...(logLevel === undefined ? {} : { logLevel: requireLogLevel(logLevel) }),
  };
}

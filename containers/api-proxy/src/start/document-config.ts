import { checkEndpoint } from '../../../../src/shared/endpoints.ts';
import { LOG_LEVELS, type LogLevel } from '../../../../src/shared/log-level.ts';
import { PROVIDERS, type ProviderId } from '../../../../src/shared/providers.ts';
import {
  normaliseCredential,
  type AllowedEndpoint,
  type SidecarBudget,
  type SidecarConfig,
  type SidecarProvider,
} from '../../../../src/shared/sidecar-config.ts';
import { checkTarget } from '../../../../src/shared/target.ts';
import { requireProxyUrl } from './config-values.ts';

type JsonObject = Readonly<Record<string, unknown>>;

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
  const normalised = normaliseCredential(`${name}.credential`, requireString(`${name}.credential`, credential));
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

/** For a run, which writes one {@link SidecarConfig}. @throws Error that names the field and never quotes its value */
export function configFromDocument(document: string): SidecarConfig {
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

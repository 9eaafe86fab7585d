/**
 * Checks that need more than the text of one option. Each takes the values read, and returns every mistake that it
 * finds.
 */

import { collectProblems, UserError, withHint } from '../errors.ts';
import { ownHost, PROVIDERS, type Provider } from '../shared/providers.ts';
import type { VariableEntry } from './entries.ts';
import { denialOf, type EgressRules } from './egress-rules.ts';
import { optionName, type OptionValues } from './options.ts';
import { checkProtectedPaths } from './protect-paths.ts';
import type { ConfiguredProvider } from './providers.ts';
import type { Secrets } from './secrets.ts';
import type { ServiceEntry } from './services.ts';
import { placeOf, type FrontEndKind } from './source.ts';

/** The action's command is its script, which must not be empty. */
export function checkScript({ run }: OptionValues): UserError[] {
  if (run.trim() !== '') return [];
  return [new UserError('run is empty.', { hint: 'Give the command to run in the sandbox, in one or more lines.' })];
}

/** What the entries of a list must not do together, whoever checks them: a run, or `awf policy check`. */
export function checkEntries(values: OptionValues): UserError[] {
  return [
    ...checkVariables(values.env),
    ...checkProtectedPaths(values['protect-paths']),
    ...checkServices(values['allow-services']),
  ];
}

/** A variable may be named only once. */
export function checkVariables(entries: readonly VariableEntry[]): UserError[] {
  return entries.flatMap(({ name, source }, index) => {
    const first = entries.findIndex((other) => other.name === name);
    const other = entries[first];
    if (other === undefined || first === index) return [];
    const text = `${placeOf(source)}: ${name} is already in ${placeOf(other.source)}.`;
    return [new UserError(text, { hint: 'Name each variable once.' })];
  });
}

/** All services are at one address in the sandbox, so each needs a port of its own. */
function checkServices(entries: readonly ServiceEntry[]): UserError[] {
  return entries.flatMap(({ name, port, source }) => {
    const other = entries.find((one) => one.port === port);
    if (other === undefined || other.name === name) return [];
    const text = `${placeOf(source)}: ${name}:${port} has the same port as ${other.name}:${port}, in ${placeOf(other.source)}.`;
    return [
      new UserError(text, {
        hint: 'Both would be at 127.0.0.1 in the sandbox. Give one of them another port.',
      }),
    ];
  });
}

/**
 * A host may have one credential, and a provider's own host has the provider's.
 *
 * @param providerNames the names of the configured providers' hosts
 * @param endpointsOption the front end's name for `allow-endpoints`
 */
export function checkNamedHosts(
  { 'host-credentials': credentials, 'host-rules': rules }: OptionValues,
  providerNames: readonly string[],
  endpointsOption: string,
): UserError[] {
  const twice = credentials.flatMap(({ name, source }, index) => {
    const first = credentials.find((other) => other.name === name);
    if (first === undefined || first === credentials[index]) return [];
    const text = `${source}: ${name} already has a credential, in ${first.source}.`;
    return [new UserError(text, { hint: 'Remove one of the two.' })];
  });
  const entries = [...credentials, ...rules.map(({ name, rule }) => ({ name, source: rule.source }))];
  const taken = entries
    .filter(({ name }) => providerNames.includes(name))
    .map(({ name, source }) => {
      const hint = `Remove it. ${endpointsOption} adds to what may be asked of a provider.`;
      return new UserError(`${source}: ${name} is the host of a provider, which has a key already.`, { hint });
    });
  return [...twice, ...taken];
}

/** Only the api-proxy applies rules. Without it, an entry in `allow-domains` would open what they limit. */
export function checkUnruled({ 'host-rules': rules }: OptionValues): UserError[] {
  return rules.slice(0, 1).map(({ name, rule }) => {
    const text = `${rule.source}: ${name} has rules, which only the api-proxy applies, and --enable-api-proxy=false turns it off.`;
    return new UserError(text, { hint: 'Leave out --enable-api-proxy=false, or remove the rules.' });
  });
}

/** What has a credential or rules must not be denied: every request for it would fail, and the reason would be hard to find. */
export function checkDenied(
  egress: EgressRules,
  { 'host-credentials': credentials, 'host-rules': rules }: OptionValues,
  providers: readonly ConfiguredProvider[],
): UserError[] {
  const needed = [
    ...providers.map(({ provider, target: { host } }) => ({
      host,
      what: `the host of ${provider.name}, which has a key`,
    })),
    ...credentials.map(({ name, source }) => ({ host: name, what: `which ${source} is for` })),
    ...rules.map(({ name, rule }) => ({ host: name, what: `which ${rule.source} is for` })),
  ];
  return needed.flatMap(({ host, what }) => {
    const entry = denialOf(egress, host);
    if (entry === undefined) return [];
    const text = `${placeOf(entry.source)}: "${entry.text}" denies ${host}, ${what}.`;
    return [new UserError(text, { hint: 'Remove one of the two.' })];
  });
}

/** The GitHub server decides the host of a configured provider, unless the user names a target. */
export function checkServerUrl(
  values: OptionValues,
  secrets: Secrets,
  serverUrl: string | undefined,
  frontEnd: FrontEndKind,
): UserError[] {
  const isUsed = ({ credentials }: Provider): boolean => credentials.some(({ variable }) => secrets.has(variable));
  const affected = PROVIDERS.filter((provider) => isUsed(provider) && values[provider.targetInput] === undefined);
  const problems: UserError[] = [];
  for (const provider of affected) {
    const hint = `The host of ${provider.name} depends on it. Correct the variable, or name the host in ${optionName(frontEnd, provider.targetInput)}.`;
    collectProblems(problems, () => withHint(hint, () => ownHost(provider, serverUrl)));
  }
  return problems;
}

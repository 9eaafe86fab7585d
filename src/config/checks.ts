/**
 * Checks that need more than the text of one option. Each takes the values read, and returns every mistake that it
 * finds.
 */

import { collectProblems, UserError, withHint } from '../errors.ts';
import { ownHost, PROVIDERS, type Provider } from '../shared/providers.ts';
import type { VariableEntry } from './entries.ts';
import { optionName, type OptionValues } from './options.ts';
import type { Secrets } from './secrets.ts';
import { placeOf, type FrontEndKind } from './source.ts';

/** The action's command is its script, which must not be empty. */
export function checkScript({ run }: OptionValues): UserError[] {
  if (run.trim() !== '') return [];
  return [new UserError('run is empty.', { hint: 'Give the command to run in the sandbox, in one or more lines.' })];
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

import * as core from '@actions/core';
import { buildConfig } from '../config/build.ts';
import type { Config } from '../config/config.ts';
import { stepLabel } from '../config/label.ts';
import { hostProxy } from '../config/network-build.ts';
import { PROXY_OPTION_VARIABLE, proxyPasswords } from '../config/upstream-proxy.ts';
import { OPTIONS, type OptionName } from '../config/options.ts';
import { label } from '../config/parsers.ts';
import type { FrontEnd } from '../config/read.ts';
import type { Secrets } from '../config/secrets.ts';
import { UserError } from '../errors.ts';
import { loadPolicy } from '../policy/load.ts';

/** What the post step does with the logs. */
export interface UploadSettings {
  readonly when: 'always' | 'on-failure' | 'never';
  /** Undefined for `awf-logs` with a unique suffix. */
  readonly artifactName: string | undefined;
  /** Undefined for the repository's default. */
  readonly retentionDays: number | undefined;
}

/** What a step was given. */
export interface Inputs {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly upload: UploadSettings;
}

/** The one option whose value may have a password in it. */
const PROXY_OPTION: OptionName = 'upstream-proxy';

/** With its white space: it belongs to a script, and a secret is masked as it was given. */
const textOf = (name: string): string => core.getInput(name, { trimWhitespace: false });

const INPUTS: FrontEnd = {
  kind: 'action',
  given: ({ name }) => [{ text: textOf(name), source: { kind: 'input', name } }],
};

/**
 * Reads the action's inputs. Masks the credentials in the job's log first.
 *
 * @throws UserError naming the inputs and the remedies
 */
export function loadInputs(environment: NodeJS.ProcessEnv = process.env): Inputs {
  maskSecrets(environment);
  const workspace = environment['GITHUB_WORKSPACE'] ?? '';
  if (workspace === '') {
    throw new UserError('GITHUB_WORKSPACE is not set.', { hint: 'Run this as a step of a GitHub Actions job.' });
  }
  const policy = loadPolicy(INPUTS, environment, workspace);
  const { config, secrets, values } = buildConfig(INPUTS, { environment, workspace, policy });
  return {
    config,
    secrets,
    upload: {
      when: values['upload-logs'],
      artifactName: values['artifact-name'],
      retentionDays: values['retention-days'],
    },
  };
}

/** What people call the step, also if its inputs are not valid. @returns undefined if it has no name */
export function stepName(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  return label({ text: textOf('label'), source: { kind: 'input', name: 'label' } }) ?? stepLabel(environment);
}

/** The runner replaces exact texts: the value as it was given, and the trimmed one that AWF uses. */
function maskSecrets(environment: NodeJS.ProcessEnv): void {
  const given = OPTIONS.filter(({ kind }) => kind === 'secret').map(({ name }) => textOf(name));
  const lists = OPTIONS.filter(({ kind }) => kind === 'secret-lines').map(({ name }) => textOf(name));
  const secrets = [...given.flatMap((value) => [value, value.trim()]), ...lists.flatMap(secretParts)];
  const proxies = [textOf(PROXY_OPTION), environment[PROXY_OPTION_VARIABLE], hostProxy(environment)?.text];
  secrets.push(...proxies.flatMap((address) => proxyPasswords(address ?? '')));
  for (const text of new Set(secrets)) {
    if (text.trim() !== '') core.setSecret(text);
  }
}

/** What may be the credential of a line: everything behind its second word, the last word, what follows a colon. */
function secretParts(list: string): string[] {
  return list
    .split('\n')
    .map((line) => /^\s*[^\s#]\S*\s+\S+\s+(.*\S)\s*$/.exec(line)?.[1] ?? '')
    .flatMap((rest) => [rest, rest.split(/\s+/).at(-1) ?? '', rest.slice(rest.indexOf(':') + 1)]);
}

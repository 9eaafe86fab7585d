import * as core from '@actions/core';
import { UserError } from '../errors.ts';
import { SERVER_URL_VARIABLE } from '../shared/copilot-host.ts';
import { CREDENTIALS } from '../shared/providers.ts';
import { buildConfig, choice, count, optionNamed, shellArgv, type RawOptions } from '../config/build.ts';
import type { Config } from '../config/config.ts';
import type { Secrets } from '../config/secrets.ts';

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

/**
 * Reads the action's inputs. Masks the credentials in the job's log first.
 *
 * @throws UserError naming the input and the remedy
 */
export function loadInputs(environment: NodeJS.ProcessEnv = process.env): Inputs {
  const given = new Map(CREDENTIALS.map(({ variable, input }) => [variable, core.getInput(input)]));
  // The runner masks line by line; the value as a whole and its trimmed form are what could be printed.
  for (const value of given.values()) if (value.trim() !== '') core.setSecret(value);

  const raw: RawOptions = (name) => {
    const option = optionNamed(name);
    if (option.only === 'cli') return option.default ?? '';
    const value = core.getInput(name, { trimWhitespace: name !== 'run' });
    if (value !== '') return value;
    return (option.variable === undefined ? undefined : environment[option.variable]?.trim()) ?? option.default ?? '';
  };
  const script = raw('run');
  if (script.trim() === '') {
    throw new UserError('run is empty.', { hint: 'Give the command that the sandbox is to run, one or more lines.' });
  }
  const workspace = environment['GITHUB_WORKSPACE'];
  if (workspace === undefined || workspace === '') {
    throw new UserError('GITHUB_WORKSPACE is not set.', { hint: 'Run this as a step of a GitHub Actions job.' });
  }
  const built = buildConfig(raw, {
    command: { kind: 'script', script, shell: shellArgv(raw('shell')) },
    credentials: given,
    apiProxy: true,
    serverUrl: environment[SERVER_URL_VARIABLE],
    workspace,
  });
  return {
    ...built,
    upload: {
      when: choice('upload-logs', raw) as UploadSettings['when'],
      artifactName: raw('artifact-name') === '' ? undefined : raw('artifact-name'),
      retentionDays: count('retention-days', raw),
    },
  };
}

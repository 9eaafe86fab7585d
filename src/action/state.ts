import { getState, saveState } from '@actions/core';
import { UserError } from '../errors.ts';
import type { UploadSettings } from './inputs.ts';
import { appending } from './runner-file.ts';
import type { LogDirectories } from '../host/log-directories.ts';
import type { PriceSource } from '../shared/prices.ts';

/** What the main step leaves for the post step. It is written before anything is created, so a kill loses nothing. */
export interface State {
  readonly runId: string;
  readonly upload: UploadSettings;
  readonly logs?: LogDirectories;
  readonly prices: PriceSource;
  /** Set when the run has ended. Without it, the main step was killed. */
  readonly succeeded?: boolean;
  /** False if the engine never answered, so that there is nothing to remove. Set when the run has ended. */
  readonly started?: boolean;
}

const KEY = 'awf';

/** Writes the state; a later call replaces an earlier one. @throws UserError when the runner's file cannot be written */
export function writeState(state: State): void {
  try {
    appending('GITHUB_STATE', () => saveState(KEY, state));
  } catch (cause) {
    throw new UserError('GITHUB_STATE cannot be written: the post step reads there what to clean up.', {
      cause,
    });
  }
}

/** @returns undefined when the main step ended before it wrote any */
export function readState(): State | undefined {
  const text = getState(KEY);
  return text === '' ? undefined : (JSON.parse(text) as State);
}
